//! A lake as a whole.

use crate::{LakeError, TableSnapshot, TableSpec, TableWriter};

/// A folder (or bucket prefix) of tables, with one file of its own: layout version and privacy key fingerprint.
#[derive(Debug, Clone)]
pub struct Lake {}

/// One line of `lake status`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct TableStatus {
    /// Table name.
    pub table: String,
    /// Delta version.
    pub version: u64,
    /// Active files.
    pub files: u64,
    /// Rows in them, from statistics.
    pub rows: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Time of the last commit, milliseconds since the epoch.
    pub last_commit_ms: i64,
}

impl Lake {
    /// Opens an existing lake (`file:///…`, `file://./…` or a path). Refuses a layout newer than this program's.
    pub async fn open(_url: &str) -> Result<Self, LakeError> {
        todo!()
    }
    /// Opens the lake, laying out a new one where there is none.
    pub async fn create(_url: &str) -> Result<Self, LakeError> {
        todo!()
    }
    /// Remembers the fingerprint of the privacy key, or refuses one that differs from the remembered.
    pub async fn bind_key(&self, _fingerprint: &str) -> Result<(), LakeError> {
        todo!()
    }
    /// Opens a table for writing, creating it where it is missing. Optional columns that the spec adds are added to
    /// the table without a rewrite; any other difference is refused and named.
    pub async fn writer(&self, _spec: &TableSpec) -> Result<TableWriter, LakeError> {
        todo!()
    }
    /// The latest snapshot of a table, `None` where there is no such table.
    pub async fn snapshot(&self, _table: &str) -> Result<Option<TableSnapshot>, LakeError> {
        todo!()
    }
    /// All tables, by name.
    pub async fn status(&self) -> Result<Vec<TableStatus>, LakeError> {
        todo!()
    }
}
