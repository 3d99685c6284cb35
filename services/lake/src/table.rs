//! A table's place in the lake, and its snapshots. All calls into the kernel block, so they run on blocking threads.

use crate::{
    damage::Findings,
    error::{Cause, LakeError, is_of_the_place},
    home::Home,
};
use arrow::datatypes::{Schema, SchemaRef};
use buoyant_kernel::{
    DeltaResult, Engine, Snapshot, SnapshotRef, engine::arrow_conversion::TryIntoArrow, snapshot::IncrementalReplay,
};
use futures::StreamExt;
use object_store::ObjectStore;
use std::sync::Arc;
use url::Url;

/// A table of the lake: it need not exist.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) home: Arc<Home>,
    pub(crate) name: Arc<str>,
    /// Ends in a slash, as all URLs of folders here.
    pub(crate) url: Url,
    /// Its transaction log.
    pub(crate) log: Url,
}

impl Table {
    pub(crate) fn new(home: &Arc<Home>, name: &str) -> Result<Self, LakeError> {
        let valid = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let folder = |path: String| home.url.join(&path).ok().filter(|_| valid);
        let urls = folder(format!("{name}/")).zip(folder(format!("{name}/_delta_log/")));
        let (url, log) = urls.ok_or_else(|| LakeError::Storage {
            context: format!("table name {name:?}"),
            source: "use lower-case letters, digits and _".into(),
        })?;
        Ok(Self { home: home.clone(), name: name.into(), url, log })
    }

    pub(crate) fn engine(&self) -> &dyn Engine {
        self.home.engine.as_ref()
    }

    /// Whether there is anything where the transaction log belongs.
    pub(crate) async fn exists(&self) -> Result<bool, LakeError> {
        let log = self.home.path(&self.name).join("_delta_log");
        match self.home.store.list(Some(&log)).next().await {
            None => Ok(false),
            Some(Ok(_)) => Ok(true),
            Some(Err(e)) => Err(LakeError::storage(format!("listing {}_delta_log", self.url), e)),
        }
    }

    /// The latest snapshot, from nothing. Blocks.
    pub(crate) fn load(&self) -> Result<SnapshotRef, LakeError> {
        let built = || Snapshot::builder_for(&self.url).with_incremental_crc_replay(IncrementalReplay::Unlimited);
        self.repairing(|| built().build(self.engine()).map_err(|e| self.broken(e)))
    }

    /// The snapshot of one version. Blocks.
    pub(crate) fn load_at(&self, version: u64) -> Result<SnapshotRef, LakeError> {
        let built = || Snapshot::builder_for(&self.url).at_version(version);
        self.repairing(|| built().build(self.engine()).map_err(|e| self.broken(e)))
    }

    /// The latest snapshot, from an earlier one. Blocks.
    pub(crate) fn advance(&self, from: &SnapshotRef) -> DeltaResult<SnapshotRef> {
        let built = Snapshot::builder_from(from.clone()).with_incremental_crc_replay(IncrementalReplay::Unlimited);
        built.build(self.engine())
    }

    /// The Arrow schema of a snapshot: plain Utf8, Timestamp(Microsecond, "UTC"), List with `element`, Map with `key_value`.
    pub(crate) fn columns(&self, snapshot: &Snapshot) -> Result<SchemaRef, LakeError> {
        let schema: Schema = snapshot.schema().as_ref().try_into_arrow().map_err(|e| self.broken(e))?;
        Ok(Arc::new(schema))
    }

    /// Work that reads the log from nothing; once more without the log's damaged files, where they can be left out. Otherwise
    /// the error names them. Blocks.
    pub(crate) fn repairing<T>(&self, work: impl Fn() -> Result<T, LakeError>) -> Result<T, LakeError> {
        match work() {
            Err(LakeError::Corrupt { table, location, files, source }) if files.is_empty() => {
                let Ok(found) = self.home.engine.examine(&self.log) else {
                    return Err(LakeError::Corrupt { table, location, files, source });
                };
                match self.leave_out(&found) {
                    true => work(),
                    false => Err(LakeError::Corrupt { table, location, files: found.to_string(), source }),
                }
            }
            read => read,
        }
    }

    /// Work on a snapshot that may read its log; once more on the same version without the log's damaged files, where they
    /// can be left out. Blocks.
    pub(crate) fn on<T>(
        &self,
        snapshot: &SnapshotRef,
        work: impl Fn(&SnapshotRef) -> Result<T, Cause>,
    ) -> Result<T, Cause> {
        match work(snapshot) {
            // The snapshot can be older than what somebody else has found.
            Err(e) if !is_of_the_place(e.as_ref()) && (self.leave_out_damaged() || self.leaves_out()) => {
                work(&self.load_at(snapshot.version())?)
            }
            done => done,
        }
    }

    /// A mark as of a snapshot. Blocks.
    pub(crate) fn mark(&self, snapshot: &SnapshotRef, name: &str) -> Result<Option<i64>, LakeError> {
        let found = self.on(snapshot, |snapshot| Ok(snapshot.get_app_id_version(name, self.engine())?));
        found.map_err(|e| self.failed(&format!("reading mark {name}"), e))
    }

    /// Leaves out damaged files of the log that only repeat what sound ones say; whether there are any more than were left
    /// out before. Blocks.
    pub(crate) fn leave_out_damaged(&self) -> bool {
        self.home.engine.examine(&self.log).is_ok_and(|found| self.leave_out(&found))
    }

    fn leave_out(&self, found: &Findings) -> bool {
        let files = self.home.engine.leave_out(&found.replaceable()).join(", ");
        if files.is_empty() {
            return false;
        }
        tracing::warn!(
            table = %self.name, log = %self.log, files,
            "damaged files of the table's log are left out; nothing is lost, sound ones say the same. The next writer of \
             the table writes a checkpoint in their place"
        );
        true
    }

    /// Whether files of the log are left out.
    pub(crate) fn leaves_out(&self) -> bool {
        self.home.engine.leaves_out(&self.log)
    }

    /// Sees all files of the log again: nothing depends on the damaged ones any more.
    pub(crate) fn see_all(&self) {
        self.home.engine.see_all(&self.log);
    }

    /// The log cannot be read.
    pub(crate) fn broken(&self, source: impl Into<Cause>) -> LakeError {
        LakeError::corrupt(&self.name, &self.url, source)
    }

    pub(crate) fn failed(&self, doing: &str, source: impl Into<Cause>) -> LakeError {
        LakeError::storage(format!("table {} at {}: {doing}", self.name, self.url), source)
    }

    /// Where a file of the transaction log is.
    pub(crate) fn log_url(&self, file: &str) -> Result<Url, url::ParseError> {
        self.log.join(file)
    }

    /// Bytes of a log entry, `None` where there is no such version (any more).
    pub(crate) async fn log_entry(&self, version: u64) -> Result<Option<Vec<u8>>, object_store::Error> {
        let path = self.home.path(&self.name).join("_delta_log").join(format!("{version:020}.json"));
        self.home.read(&path).await
    }
}

/// Runs kernel work on a blocking thread (which has the runtime entered, as the kernel's engine wants it).
pub(crate) async fn blocking<T: Send + 'static>(
    doing: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, LakeError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| LakeError::storage(doing.to_string(), e))
}
