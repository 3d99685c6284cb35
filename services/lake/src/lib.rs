//! The lake: Delta tables on a local disk (object storage later). The only importer of `deltalake` and its kernel.
//!
//! ```text
//!  TableWriter:  rows ─write─► Parquet files (invisible) ─commit─► ONE log entry: files + marks
//!  TableSnapshot: version ──► active files ──► DataFusion scan, partitions pruned
//! ```
//!
//! Invariant: a commit happens only on the very snapshot whose marks it was compared with, so a mark (a Kafka offset,
//! an evaluation's number) moves exactly once from each value to the next, whoever else is writing.

mod error;
mod lake;
mod layout;
mod snapshot;
mod writer;

pub use error::LakeError;
pub use lake::{Lake, TableStatus};
pub use layout::{EVENT_DATE, INGESTED_AT, OFFSET, PARTITION, TableSpec};
pub use snapshot::TableSnapshot;
pub use writer::{Commit, Mark, Pending, TableWriter};
