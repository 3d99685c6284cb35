//! Marks, and one attempt at a commit: the marks are compared with the very snapshot that the commit is then made on.

use crate::table::Table;
use arrow::{
    array::{ArrayRef, StringArray},
    record_batch::RecordBatch,
};
use buoyant_kernel::{
    DeltaResult, EngineData, Error, SnapshotRef,
    committer::Committer,
    engine::arrow_data::ArrowEngineData,
    schema::{DataType, StructField, StructType},
    transaction::CommitResult,
};
use std::sync::Arc;
use uuid::Uuid;

/// Names this program in the table's history.
const ENGINE: &str = concat!("bellwether/", env!("CARGO_PKG_VERSION"));
/// Field of the commit's information that says whose it is.
const COMMIT_ID: &str = "bellwetherCommit";

/// A named number that is committed together with rows, and only from the value that it is expected to have. In Delta it is
/// a transaction id (a `txn` action): the name is its application id, the number its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Delta's application id, e.g. `kafka/bellwether.sites/0/offset`.
    pub name: String,
    /// What the table must hold for the commit to happen; `None`: it must not be set yet.
    pub expected: Option<i64>,
    /// What it holds afterwards.
    pub value: i64,
}

/// Makes committers: the transaction uses one up.
pub(crate) type Committers = Arc<dyn Fn() -> Box<dyn Committer> + Send + Sync>;

/// What is to be committed, unchanged over all attempts.
pub(crate) struct Attempt {
    pub(crate) table: Table,
    pub(crate) committers: Committers,
    /// One-row batches of add actions.
    pub(crate) adds: Vec<RecordBatch>,
    pub(crate) marks: Vec<Mark>,
    /// Written into the log entry, so that a commit whose outcome is unknown can be recognised.
    pub(crate) id: Uuid,
}

/// How an attempt ended.
pub(crate) enum Outcome {
    /// Committed; the snapshot after it.
    Done(SnapshotRef),
    /// This mark holds `found`, not what is expected: nothing was written.
    Fenced { mark: usize, found: Option<i64> },
    /// That table version is taken, perhaps by an earlier attempt of ours.
    Conflict,
    /// Something failed while that version was being written: it may or may not exist.
    Unknown(Error),
}

impl Attempt {
    /// Compares and commits on this snapshot. Blocks.
    pub(crate) fn run(&self, snapshot: &SnapshotRef) -> Outcome {
        match self.fence(snapshot) {
            Ok(None) => self.commit(snapshot).unwrap_or_else(Outcome::Unknown),
            Ok(Some(fenced)) => fenced,
            Err(e) => Outcome::Unknown(e),
        }
    }

    fn fence(&self, snapshot: &SnapshotRef) -> DeltaResult<Option<Outcome>> {
        for (index, mark) in self.marks.iter().enumerate() {
            let found = snapshot.get_app_id_version(&mark.name, self.table.engine())?;
            if found != mark.expected {
                return Ok(Some(Outcome::Fenced { mark: index, found }));
            }
        }
        Ok(None)
    }

    fn commit(&self, snapshot: &SnapshotRef) -> DeltaResult<Outcome> {
        let engine = self.table.engine();
        let (information, schema) = self.information()?;
        let mut transaction = snapshot
            .clone()
            .transaction((self.committers)(), engine)?
            .with_operation("STREAMING UPDATE".into())
            .with_engine_info(ENGINE)
            .with_data_change(true)
            .with_commit_info(information, Arc::new(schema));
        if !self.adds.is_empty() {
            transaction = transaction.with_blind_append();
        }
        for mark in &self.marks {
            transaction = transaction.with_transaction_id(mark.name.clone(), mark.value);
        }
        for add in &self.adds {
            transaction.add_files(Box::new(ArrowEngineData::new(add.clone())));
        }
        Ok(match transaction.commit(engine)? {
            CommitResult::CommittedTransaction(done) => match done.post_commit_snapshot() {
                Some(after) => Outcome::Done(after.clone()),
                None => Outcome::Done(self.table.advance(snapshot)?),
            },
            CommitResult::ConflictedTransaction(_) => Outcome::Conflict,
            CommitResult::RetryableTransaction(failed) => Outcome::Unknown(failed.error),
        })
    }

    fn information(&self) -> DeltaResult<(Box<dyn EngineData>, StructType)> {
        let id: ArrayRef = Arc::new(StringArray::from(vec![self.id.to_string()]));
        let row = RecordBatch::try_from_iter([(COMMIT_ID, id)])?;
        let schema = StructType::try_new([StructField::nullable(COMMIT_ID, DataType::STRING)])?;
        Ok((Box::new(ArrowEngineData::new(row)), schema))
    }

    /// Whether a log entry is this commit's. The id is random and written nowhere else.
    pub(crate) fn wrote(&self, log_entry: &[u8]) -> bool {
        let id = self.id.to_string();
        log_entry.windows(id.len()).any(|part| part == id.as_bytes())
    }
}
