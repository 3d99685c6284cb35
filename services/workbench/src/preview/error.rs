//! Why nothing can be shown of a metric.

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

/// A failure of the engine.
pub(super) fn failed(error: DataFusionError) -> PreviewError {
    SqlError::Failed(error).into()
}
