//! Appends with marks, exactly once.

use crate::LakeError;
use arrow::record_batch::RecordBatch;

/// One writer of one table. Not shared: a second writer is a second `TableWriter`, in this process or another.
#[derive(Debug)]
pub struct TableWriter {}

/// Parquet files written but not yet part of the table. Dropping it leaves orphans to vacuum, never deletes.
#[derive(Debug, Default)]
pub struct Pending {}

/// A named number that moves with the rows of a commit (a Delta application transaction).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Application id, e.g. `kafka/bellwether.sites/0/offset`.
    pub name: String,
    /// What the table must hold for the commit to happen; `None`: it must not be set yet.
    pub expected: Option<i64>,
    /// What it holds afterwards.
    pub value: i64,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commit {
    /// Rows and marks are in the table, at this version.
    Done(u64),
    /// Somebody else moved a mark: nothing was written to the table. Start again from it.
    Fenced {
        /// The mark.
        name: String,
        /// What the caller expected.
        expected: Option<i64>,
        /// What the table holds.
        found: Option<i64>,
    },
}

impl TableWriter {
    /// Version of the snapshot this writer stands on.
    pub fn version(&self) -> u64 {
        todo!()
    }
    /// A mark, as of that snapshot.
    pub fn mark(&self, _name: &str) -> Result<Option<i64>, LakeError> {
        todo!()
    }
    /// Moves to the table's latest version.
    pub async fn refresh(&mut self) -> Result<u64, LakeError> {
        todo!()
    }
    /// Writes rows as zstd Parquet, one file a partition value, with statistics. Invisible until `commit`.
    pub async fn write(&self, _rows: &[RecordBatch]) -> Result<Pending, LakeError> {
        todo!()
    }
    /// Commits files and marks as one version. Compares every mark with the snapshot the commit is made on, before every attempt;
    /// a conflict with another writer, or any error whose outcome is unknown, refreshes and compares again.
    /// `pending` may be empty: marks alone are progress too.
    pub async fn commit(&mut self, _pending: Pending, _marks: &[Mark]) -> Result<Commit, LakeError> {
        todo!()
    }
}
