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
mod error;
mod explain;
mod plan_text;
mod reads;
mod rows;

pub use error::PreviewError;
pub use explain::{Explained, explain};
pub use reads::TableRead;
pub use rows::{Wanted, preview};
