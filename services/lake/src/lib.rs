//! The lake: Delta tables on a local disk (object storage later). The only importer of `deltalake` and its kernel.
//!
//! ```text
//!  TableWriter:  rows ─write─► Parquet files (invisible) ─commit─► ONE log entry: files + marks
//!  TableSnapshot: version ──► active files ──► DataFusion scan, partitions pruned
//! ```
//!
//! Invariant: a commit happens only on the very snapshot whose marks it was compared with, so a mark (a Kafka offset,
//! an evaluation's number) moves exactly once from each value to the next, whoever else is writing.

mod active;
mod attempt;
mod error;
mod file;
mod fit;
mod lake;
mod layout;
mod manifest;
mod opening;
mod place;
mod provider;
mod rows;
mod snapshot;
mod table;
#[cfg(test)]
mod tests;
mod upkeep;
mod writer;

pub use error::LakeError;
pub use lake::{Lake, TableStatus};
pub use layout::{EVENT_DATE, INGESTED_AT, KAFKA_CLUSTER, OFFSET, PARTITION, TableSpec};
pub use snapshot::TableSnapshot;
pub use writer::{Commit, Mark, Pending, TableWriter};
