//! One version of a table, for reading.

use crate::{
    EVENT_DATE, LakeError, TableStatus,
    active::ActiveFiles,
    log,
    provider::ActiveFilesProvider,
    table::{Table, blocking},
};
use arrow::datatypes::SchemaRef;
use buoyant_kernel::SnapshotRef;
use datafusion::catalog::TableProvider;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// A version of a table: the active files and nothing else. Cheap to clone.
#[derive(Clone)]
pub struct TableSnapshot {
    table: Table,
    snapshot: SnapshotRef,
    columns: SchemaRef,
    files: Arc<ActiveFiles>,
    last_commit_ms: i64,
}

impl fmt::Debug for TableSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TableSnapshot({} at version {})", self.table.url, self.version())
    }
}

impl TableSnapshot {
    pub(crate) async fn load(table: Table) -> Result<Self, LakeError> {
        blocking("loading a table", move || Self::read(&table, || table.load())).await?
    }

    /// The table as it was; an error where the log no longer reaches back.
    pub(crate) async fn at(table: Table, version: u64) -> Result<Self, LakeError> {
        blocking("loading a table", move || Self::read(&table, || table.load_at(version))).await?
    }

    fn read(table: &Table, load: impl Fn() -> Result<SnapshotRef, LakeError>) -> Result<Self, LakeError> {
        table.repairing(|| {
            let read = Self::of(table, load()?)?;
            match !read.files.agree_with(&read.snapshot) && table.leave_out_damaged() {
                true => Self::of(table, load()?),
                false => Ok(read),
            }
        })
    }

    fn of(table: &Table, snapshot: SnapshotRef) -> Result<Self, LakeError> {
        let files = ActiveFiles::load(table, &snapshot)?;
        Self::with(table.clone(), snapshot, files)
    }

    fn with(table: Table, snapshot: SnapshotRef, files: ActiveFiles) -> Result<Self, LakeError> {
        let columns = table.columns(&snapshot)?;
        let committed = snapshot.get_timestamp(table.engine());
        let last_commit_ms = committed.map_err(|e| table.broken(e))?;
        Ok(Self { table, snapshot, columns, files: Arc::new(files), last_commit_ms })
    }

    /// Delta version.
    pub fn version(&self) -> u64 {
        self.snapshot.version()
    }

    /// The table's own id: one that was made anew in its place has another.
    pub fn id(&self) -> &str {
        self.snapshot.table_configuration().metadata().id()
    }

    /// Time of this version's commit, milliseconds since the epoch. Reads nothing.
    pub fn last_commit_ms(&self) -> i64 {
        self.last_commit_ms
    }

    /// All columns, partition columns included, in the table's order. Text is plain Utf8; a list's field is named
    /// `element`, a map's entries `key_value` with `key` and `value`.
    pub fn schema(&self) -> SchemaRef {
        self.columns.clone()
    }

    /// A mark as of this version.
    pub async fn mark(&self, name: &str) -> Result<Option<i64>, LakeError> {
        let (table, snapshot, mark) = (self.table.clone(), self.snapshot.clone(), name.to_string());
        blocking("reading a mark", move || table.mark(&snapshot, &mark)).await?
    }

    /// Active files.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// A Parquet scan over the active files; filters on partition columns and statistics prune files. Any session can
    /// register it as it is (a local lake needs no object store registered).
    pub fn provider(&self) -> Result<Arc<dyn TableProvider>, LakeError> {
        let provider = ActiveFilesProvider::new(self.table.clone(), self.columns.clone(), self.files.clone());
        Ok(Arc::new(provider.map_err(|e| self.table.failed("preparing a scan", e))?))
    }

    /// Rows by event date (days since the epoch), from statistics; `None` for tables without that partition.
    pub fn rows_by_date(&self) -> Option<BTreeMap<i32, u64>> {
        self.files.rows_by_date(EVENT_DATE)
    }

    /// The newest value of a timestamp column, microseconds since the epoch, to the millisecond; none counts as newer than the
    /// file that it is in. From statistics: reads nothing. `None` where no file has any of that column.
    pub fn newest(&self, column: &str) -> Option<i64> {
        self.files.newest(column)
    }

    /// The latest version of the same table, which may be this one.
    pub async fn latest(&self) -> Result<Self, LakeError> {
        let (table, from) = (self.table.clone(), self.snapshot.clone());
        // Log clean-up can take away what lies between: then start from nothing.
        let snapshot = blocking("refreshing", move || table.advance(&from).or_else(|_| table.load())).await??;
        if snapshot.version() == self.version() {
            return Ok(self.clone());
        }
        match self.files_at(snapshot.version()).await? {
            Some(files) => {
                let table = self.table.clone();
                blocking("refreshing", move || Self::with(table, snapshot, files)).await?
            }
            None => Self::load(self.table.clone()).await,
        }
    }

    /// The active files of a later version, where they follow from these and the log.
    async fn files_at(&self, version: u64) -> Result<Option<ActiveFiles>, LakeError> {
        if version < self.version() {
            return Ok(None); // another table in the place of this one
        }
        let Some(actions) = log::actions(&self.table, self.version(), version).await? else { return Ok(None) };
        self.files.after(&actions).map_err(|e| self.table.failed("reading the log", e))
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    #[cfg(test)]
    pub(crate) fn active(&self) -> &ActiveFiles {
        &self.files
    }

    pub(crate) fn partition_by(&self) -> &[String] {
        self.files.partition_by()
    }

    pub(crate) fn status(&self) -> TableStatus {
        let all: Vec<usize> = (0..self.files.len()).collect();
        TableStatus {
            table: self.table.name.to_string(),
            version: self.version(),
            files: self.files.len() as u64,
            rows: self.files.rows(&all).unwrap_or(0),
            bytes: self.files.bytes(),
            last_commit_ms: self.last_commit_ms,
        }
    }
}
