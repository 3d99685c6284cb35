//! Appends with marks, exactly once: a commit that fails is tried again until it is known whether it took place.

use crate::{
    checkpoint,
    commit::{Attempt, Committers, Mark, Outcome},
    data_files::{self, DataFile, PartitionRows, now_ms},
    error::{Cause, LakeError},
    home::sync_to_disk,
    log::{self, ACCEPTED, Restored},
    opening,
    spec::TableSpec,
    table::{Table, blocking},
};
use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use buoyant_kernel::{SnapshotRef, committer::FileSystemCommitter, transaction::BoundWriteContext};
use futures::{StreamExt, TryStreamExt, stream};
use std::{collections::HashSet, fmt, sync::Arc, time::Duration};
use uuid::Uuid;

/// Files written longer ago are not committed: far below the week that vacuum leaves to files which no table version names.
const MAX_FILE_AGE: Duration = Duration::from_secs(24 * 3600);
/// Failures in a row (not conflicts, each of which is another writer's progress) until a commit gives up.
const MAX_FAILURES: u32 = 6;
/// Files encoded and stored at a time: memory is bounded by this many files.
const PARALLEL_FILES: usize = 4;

/// One writer of one table. Not shared: a second writer is a second `TableWriter`, in this process or another.
pub struct TableWriter {
    table: Table,
    columns: SchemaRef,
    snapshot: SnapshotRef,
    committers: Committers,
    max_file_age: Duration,
}

impl fmt::Debug for TableWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TableWriter({} at version {})", self.table.url, self.version())
    }
}

/// Parquet files written but not yet part of the table. Dropping it leaves orphans to vacuum, never deletes.
#[derive(Debug, Default)]
pub struct Pending {
    files: Vec<DataFile>,
}

impl Pending {
    /// Files.
    pub fn files(&self) -> usize {
        self.files.len()
    }
    /// Rows in them.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|f| f.rows).sum()
    }
    /// Bytes of them.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|f| f.bytes).sum()
    }
    /// Both, to be committed together. They must be of one table.
    pub fn merge(mut self, other: Self) -> Self {
        self.files.extend(other.files);
        self
    }
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commit {
    /// Rows and marks are in the table, at this table version.
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
    /// Refuses a table that another engine has restored since our last commit, unless that is accepted.
    pub(crate) async fn open(table: Table, spec: &TableSpec, accept_restore: bool) -> Result<Self, LakeError> {
        let snapshot = opening::open(&table, spec).await?;
        let restored = log::find_restore(&table, None, snapshot.version()).await?;
        let columns = table.columns(&snapshot)?;
        let committers: Committers = Arc::new(|| Box::new(FileSystemCommitter::new()));
        let mut writer = Self { table, columns, snapshot, committers, max_file_age: MAX_FILE_AGE };
        match restored {
            Some(restored) if !accept_restore => Err(restored.error(&writer.table)),
            Some(restored) => writer.accept(restored).await.map(|()| writer),
            None => Ok(writer),
        }
    }

    /// Commits that the RESTORE is accepted: rows and marks belong together from here on.
    async fn accept(&mut self, restored: Restored) -> Result<(), LakeError> {
        tracing::warn!(table = %self.table.name, version = restored.at, "RESTORE accepted: the rows that it removed are not written again");
        let value = i64::try_from(restored.at).unwrap_or(i64::MAX);
        let accepted = Mark { name: ACCEPTED.to_owned(), expected: self.mark(ACCEPTED)?, value };
        self.commit(Pending::default(), &[accepted]).await.map(drop)
    }

    /// Table version that this writer is at.
    pub fn version(&self) -> u64 {
        self.snapshot.version()
    }

    /// The table's columns, partition columns included.
    pub fn schema(&self) -> &SchemaRef {
        &self.columns
    }

    /// A mark, as of that snapshot. Reads nothing, unless the table was opened without write access to its log.
    pub fn mark(&self, name: &str) -> Result<Option<i64>, LakeError> {
        self.table.mark(&self.snapshot, name)
    }

    /// Moves to the table's latest version; not past a RESTORE by another engine.
    pub async fn refresh(&mut self) -> Result<u64, LakeError> {
        let (table, from) = (self.table.clone(), self.snapshot.clone());
        // Log clean-up can take away what lies between: then start from nothing.
        let latest = blocking("refreshing", move || table.advance(&from).or_else(|_| table.load())).await??;
        if latest.version() > self.version()
            && let Some(restored) = log::find_restore(&self.table, Some(self.version()), latest.version()).await?
        {
            return Err(restored.error(&self.table));
        }
        self.columns = self.table.columns(&latest)?;
        self.snapshot = latest;
        Ok(self.version())
    }

    /// Writes rows as zstd Parquet, one file a partition value, with statistics. Invisible until `commit`.
    pub async fn write(&self, rows: &[RecordBatch]) -> Result<Pending, LakeError> {
        let (table, snapshot) = (self.table.clone(), self.snapshot.clone());
        let (columns, rows, committers) = (self.columns.clone(), rows.to_vec(), self.committers.clone());
        let prepared = blocking("grouping rows", move || {
            let partition_by = snapshot.table_configuration().logical_partition_columns();
            let groups = data_files::group(&rows, &columns, partition_by)
                .map_err(|e| LakeError::Rows { table: table.name.to_string(), why: e.to_string() })?;
            let bound = |group: PartitionRows| Ok((bind(&snapshot, &table, &committers, &group)?, group));
            groups.into_iter().map(bound).collect::<Result<Vec<_>, LakeError>>()
        })
        .await??;
        let files = stream::iter(prepared).map(|(context, group)| self.write_file(context, group));
        Ok(Pending { files: files.buffer_unordered(PARALLEL_FILES).try_collect().await? })
    }

    async fn write_file(&self, context: BoundWriteContext, group: PartitionRows) -> Result<DataFile, LakeError> {
        let (context, encoded) = blocking("encoding Parquet", move || {
            data_files::encode(&group, &context).map(|encoded| (context, encoded))
        })
        .await?
        .map_err(|e| self.table.failed("encoding Parquet", e))?;
        data_files::store(&self.table, &context, encoded).await
    }

    /// Commits files and marks as one version. Compares every mark with the snapshot the commit is made on, before every attempt;
    /// a conflict with another writer, or any error whose outcome is unknown, refreshes and compares again.
    /// `pending` may be empty: marks alone are progress too.
    pub async fn commit(&mut self, pending: Pending, marks: &[Mark]) -> Result<Commit, LakeError> {
        self.check_marks(marks)?;
        if pending.files.is_empty() && marks.is_empty() {
            return Ok(Commit::Done(self.version()));
        }
        let written_ms = pending.files.iter().map(|f| f.written_ms).min();
        let attempt = Arc::new(Attempt {
            table: self.table.clone(),
            committers: self.committers.clone(),
            adds: pending.files.into_iter().map(|f| f.add).collect(),
            marks: marks.to_vec(),
            id: Uuid::new_v4(),
        });
        let mut failures = 0;
        // The version that an earlier attempt may have written without our knowing.
        let mut doubtful = None;
        let mut refused_at = None;
        loop {
            self.refuse_stale(written_ms)?;
            let ended = match self.step(&attempt, &mut doubtful).await {
                // A conflict is another writer's progress; the same one twice is a fault of the store.
                Ok(None) if refused_at.replace(self.version()) == Some(self.version()) => {
                    Err(format!("version {} is refused as existing, but is not listed", self.version() + 1).into())
                }
                ended => ended,
            };
            match ended {
                Ok(Some(commit)) => return Ok(commit),
                Ok(None) => failures = 0,
                // Trying again would not help.
                Err(source) if matches!(source.downcast_ref(), Some(LakeError::Restored { .. })) => {
                    return Err(source.downcast().map_or_else(|e| self.table.failed("committing", e), |e| *e));
                }
                Err(source) if failures + 1 >= MAX_FAILURES => {
                    return Err(LakeError::commit(&self.table.name, failures + 1, source));
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(table = %self.table.name, failures, %error, "commit failed; looking whether it took effect");
                    tokio::time::sleep(Duration::from_millis(50 << failures)).await;
                }
            }
        }
    }

    /// One round: find out what an earlier round left in doubt, compare, commit. `None`: another writer was faster.
    ///
    /// Why nothing is written twice. An attempt writes one log entry, "version N + 1 if absent". After a conflict or an error
    /// the only log entry that can be ours is that N + 1. If it exists, it is ours exactly if it holds our id: then we are done.
    /// If it is another writer's, ours can never be written. If none exists, ours may still arrive late; but then the next
    /// attempt is at N + 1 too, and either is written or conflicts, and this question is asked again.
    async fn step(&mut self, attempt: &Arc<Attempt>, doubtful: &mut Option<u64>) -> Result<Option<Commit>, Cause> {
        if let Some(version) = *doubtful {
            self.refresh().await?;
            if self.version() >= version {
                let entry = self.table.log_entry(version).await?;
                let entry = entry.ok_or_else(|| format!("log entry {version} is gone, cannot tell whose it was"))?;
                if attempt.wrote(&entry) {
                    return self.done(version).await.map(Some);
                }
            }
            *doubtful = None;
        }
        let (run, snapshot) = (attempt.clone(), self.snapshot.clone());
        let version = snapshot.version() + 1;
        *doubtful = Some(version);
        match blocking("committing", move || run.run(&snapshot)).await? {
            Outcome::Done(after) => {
                self.snapshot = after;
                self.done(version).await.map(Some)
            }
            Outcome::Fenced { mark, found } => {
                let mark = &attempt.marks[mark];
                Ok(Some(Commit::Fenced { name: mark.name.clone(), expected: mark.expected, found }))
            }
            Outcome::Conflict => Ok(None),
            Outcome::Unknown(error) => Err(error.into()),
        }
    }

    /// The commit has happened. A failure from here on leaves it in doubt again: the next round finds it.
    async fn done(&mut self, version: u64) -> Result<Commit, Cause> {
        sync_to_disk(self.table.log_url(&format!("{version:020}.json"))?).await?;
        if version.is_multiple_of(checkpoint::EVERY) {
            self.snapshot = checkpoint::write(&self.table, self.snapshot.clone()).await;
        }
        Ok(Commit::Done(version))
    }

    fn check_marks(&self, marks: &[Mark]) -> Result<(), LakeError> {
        let mut names = HashSet::new();
        match marks.iter().find(|mark| !names.insert(&mark.name)) {
            None => Ok(()),
            Some(twice) => Err(self.table.failed("committing", format!("mark {} is given twice", twice.name))),
        }
    }

    fn refuse_stale(&self, written_ms: Option<i64>) -> Result<(), LakeError> {
        let age_s = written_ms.map_or(0, |ms| now_ms() - ms) / 1000;
        let limit_s = i64::try_from(self.max_file_age.as_secs()).unwrap_or(i64::MAX);
        match age_s > limit_s {
            false => Ok(()),
            true => Err(LakeError::StaleFiles { table: self.table.name.to_string(), age_s, limit_s }),
        }
    }
}

/// Where files of this partition value go, and which columns they need statistics of.
fn bind(
    snapshot: &SnapshotRef,
    table: &Table,
    committers: &Committers,
    group: &PartitionRows,
) -> Result<BoundWriteContext, LakeError> {
    let bound = || {
        let state = snapshot.clone().transaction(committers(), table.engine())?.write_state()?;
        match group.partition.is_empty() {
            true => state.unpartitioned_write_context(),
            false => state.partitioned_write_context(group.partition.clone()),
        }
    };
    bound().map_err(|e| table.failed("preparing a file", e))
}

#[cfg(test)]
impl Pending {
    /// As if it had been written so long ago.
    pub(crate) fn aged(mut self, age: Duration) -> Self {
        let age = i64::try_from(age.as_millis()).unwrap();
        self.files.iter_mut().for_each(|file| file.written_ms -= age);
        self
    }
}

#[cfg(test)]
impl TableWriter {
    pub(crate) fn with_committers(mut self, committers: Committers) -> Self {
        self.committers = committers;
        self
    }
    pub(crate) fn with_max_file_age(mut self, age: Duration) -> Self {
        self.max_file_age = age;
        self
    }
}
