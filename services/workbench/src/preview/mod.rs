//! A metric looked at before it is shipped: what it returns, and what it would read. Nothing is stored.
//!
//! ```text
//!  query file ─► Metric ┬─ rows ────► compute ─► one row a week, site and label set ─ condition ─► Rows
//!                       └─ explain ─► the optimised plan, and the files that it would read
//! ```
//!
//! Invariant: a row of too few respondents shows no part, no value and no bound, whatever the condition asks, and not
//! whether it is bad.

mod condition;
mod explain;
mod plan_text;
mod reads;
mod rows;

pub use explain::{Explained, explain};
pub use reads::TableRead;
pub use rows::{Wanted, preview};

use crate::query_file::Fault;
use datafusion::error::DataFusionError;
use evaluation::{QueryFailure, SqlError};

/// Why nothing can be shown of a metric.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The condition on the rows.
    #[error("{0}")]
    Condition(Fault),
    /// Its query.
    #[error("metric `{metric}`: {failure}")]
    Query {
        /// Its name.
        metric: String,
        /// What happened.
        failure: QueryFailure,
    },
    /// Too slow, or the lake's tables.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

fn failed(error: DataFusionError) -> PreviewError {
    SqlError::Failed(error).into()
}
