//! What those who write metrics meet: query files, their checks, tests and previews, and the reference.
//!
//! ```text
//!  queries/*.sql ─query_file─► Metric ─┬─ preview (rows and values of one week)
//!  queries/*.slt ─query_test─► Tested  ├─ converge (do other orders of arrival agree?)
//!                                      └─ evaluation
//! ```
//!
//! Invariant: every fault names its file, line and column, and all faults are told in one run.

mod calls;
mod converge;
mod impure;
mod preview;
mod query_file;
mod query_test;

pub mod reference;

pub use converge::{ConvergeError, Converged, Difference, converge};
pub use preview::{Explained, PreviewError, TableRead, Wanted, explain, preview};
pub use query_file::{
    Fault, KEYS, Key, Listing, Presence, QueryFileError, QuerySet, Shape, check_queries, doubts, find_queries,
    find_readable, load_queries, name_fault, read_queries, text_of,
};
pub use query_test::{QueryTest, TestFailure, Tested};
