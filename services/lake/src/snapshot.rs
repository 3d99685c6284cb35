//! One version of a table, for reading, and what came into it and left it since an earlier one.

use crate::{
    active::{ActiveFiles, listed},
    error::LakeError,
    log::{self, Add},
    scan::ActiveFilesProvider,
    spec::EVENT_DATE,
    table::{Table, blocking},
};
use arrow::{
    datatypes::{DataType, Field, Fields, Schema, SchemaRef},
    error::ArrowError,
};
use buoyant_kernel::SnapshotRef;
use datafusion::catalog::TableProvider;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

/// A version of a table: the active files and nothing else. Cheap to clone.
#[derive(Clone)]
pub struct TableSnapshot {
    pub(crate) table: Table,
    snapshot: SnapshotRef,
    columns: SchemaRef,
    pub(crate) files: Arc<ActiveFiles>,
    last_commit_ms: i64,
}

/// One line of `lake status`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TableStatus {
    /// Table name.
    pub table: String,
    /// Table version.
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

/// The difference between two versions of a table.
#[derive(Debug, Clone)]
pub enum Changes {
    /// The log no longer reaches back to the earlier version: anything may have changed.
    Unknown,
    /// Every row that came, and the partitions that rows left.
    Known {
        /// The files that brought rows; `None` where none did.
        added: Option<Arc<dyn TableProvider>>,
        /// Values of the first partition column (as the log writes them) of files whose rows were taken away;
        /// of an unpartitioned table the empty string.
        removed: BTreeSet<String>,
    },
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

    /// Table version.
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

    /// What changed after version `since`, up to this one. Files that compaction rewrote hold the rows that they held before
    /// and do not count: their log entries say so (`dataChange`).
    pub async fn changes_since(&self, since: u64) -> Result<Changes, LakeError> {
        if since > self.version() {
            return Ok(Changes::Unknown);
        }
        let Some(actions) = log::actions(&self.table, since, self.version()).await? else {
            return Ok(Changes::Unknown);
        };
        let (mut adds, mut removed) = (Vec::new(), BTreeSet::new());
        for action in actions {
            adds.extend(action.add.filter(|add| add.data_change));
            if let Some(gone) = action.remove.filter(|remove| remove.data_change) {
                let Some(values) = gone.partition_values else { return Ok(Changes::Unknown) };
                removed.insert(values.into_values().next().flatten().unwrap_or_default());
            }
        }
        let added = match adds.is_empty() {
            true => None,
            false => Some(self.files_of(&adds)?),
        };
        Ok(Changes::Known { added, removed })
    }

    /// A scan of these files, whether they still are active or not: compaction leaves them in place until vacuum.
    fn files_of(&self, adds: &[Add]) -> Result<Arc<dyn TableProvider>, LakeError> {
        let failed = |error: ArrowError| self.table.failed("reading the log", error);
        let columns = columns(self.files.partition_by(), &self.columns).map_err(failed)?;
        let list = listed(&adds.iter().collect::<Vec<_>>(), &Arc::new(columns)).map_err(failed)?;
        let files = Arc::new(ActiveFiles::of(list, self.files.partition_by().to_vec()));
        let provider = ActiveFilesProvider::new(self.table.clone(), self.columns.clone(), files);
        Ok(Arc::new(provider.map_err(|e| self.table.failed("preparing a scan", e))?))
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

/// The columns of a list of active files, without statistics.
fn columns(partition_by: &[String], columns: &Schema) -> Result<Schema, ArrowError> {
    let typed = |name: &String| Ok(Field::new(name, columns.field_with_name(name)?.data_type().clone(), true));
    let partitions: Fields = partition_by.iter().map(typed).collect::<Result<Vec<_>, ArrowError>>()?.into();
    Ok(Schema::new(vec![
        Field::new("path", DataType::Utf8, true),
        Field::new("size", DataType::Int64, true),
        Field::new("modificationTime", DataType::Int64, true),
        Field::new("partitionValues_parsed", DataType::Struct(partitions), true),
    ]))
}
