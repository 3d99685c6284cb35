//! A table's place in the lake, and its snapshots. All calls into the kernel block, so they run on blocking threads.

use crate::{LakeError, damage};
use arrow::datatypes::{Schema, SchemaRef};
use buoyant_kernel::{
    DeltaResult, Engine, Snapshot, SnapshotRef, engine::arrow_conversion::TryIntoArrow, snapshot::IncrementalReplay,
};
use futures::StreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use std::{fmt, sync::Arc};
use tokio::runtime::Handle;
use url::Url;

/// The lake's folder and the stores that reach it. Prints as its URL.
pub(crate) struct Home {
    pub(crate) url: Url,
    /// Reaches every path below the URL's authority, by absolute path.
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) engine: Arc<dyn Engine>,
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str())
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Home({self})")
    }
}

impl Home {
    /// A file of the lake, as the store names it.
    pub(crate) fn path(&self, file: &str) -> Path {
        self.root().join(file)
    }

    /// The lake's folder, as the store names it.
    pub(crate) fn root(&self) -> Path {
        Path::from_url_path(self.url.path()).unwrap_or_default()
    }
}

/// A table of the lake: it need not exist.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) home: Arc<Home>,
    pub(crate) name: Arc<str>,
    /// Ends in a slash.
    pub(crate) url: Url,
}

impl Table {
    pub(crate) fn new(home: &Arc<Home>, name: &str) -> Result<Self, LakeError> {
        let valid = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let url = home.url.join(&format!("{name}/")).ok().filter(|_| valid);
        let url = url.ok_or_else(|| LakeError::Storage {
            context: format!("table name {name:?}"),
            source: "use lower-case letters, digits and _".into(),
        })?;
        Ok(Self { home: home.clone(), name: name.into(), url })
    }

    pub(crate) fn engine(&self) -> &dyn Engine {
        self.home.engine.as_ref()
    }

    /// Whether anything stands where the transaction log belongs.
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
        let built = Snapshot::builder_for(&self.url).with_incremental_crc_replay(IncrementalReplay::Unlimited);
        built.build(self.engine()).map_err(|e| self.broken(e))
    }

    /// The snapshot of one version. Blocks.
    pub(crate) fn load_at(&self, version: u64) -> Result<SnapshotRef, LakeError> {
        let built = Snapshot::builder_for(&self.url).at_version(version);
        built.build(self.engine()).map_err(|e| self.broken(e))
    }

    /// The latest snapshot, from an earlier one. Blocks.
    pub(crate) fn advance(&self, from: &SnapshotRef) -> DeltaResult<SnapshotRef> {
        let built = Snapshot::builder_from(from.clone()).with_incremental_crc_replay(IncrementalReplay::Unlimited);
        built.build(self.engine())
    }

    /// The Arrow schema of a snapshot: plain Utf8, Timestamp(Microsecond, "UTC"), List with `element`, Map with `key_value`.
    pub(crate) fn columns(&self, snapshot: &Snapshot) -> Result<SchemaRef, LakeError> {
        let schema: Schema =
            snapshot.schema().as_ref().try_into_arrow().map_err(|e| LakeError::corrupt(&self.name, &self.url, e))?;
        Ok(Arc::new(schema))
    }

    /// The log cannot be read: says which files can be removed where that mends it. Blocks.
    pub(crate) fn broken(&self, source: impl Into<crate::error::Cause>) -> LakeError {
        let error = LakeError::corrupt(&self.name, &self.url, source);
        let LakeError::Corrupt { table, location, source } = error else { return error };
        let files = Handle::try_current().map(|runtime| runtime.block_on(damage::removable(self))).unwrap_or_default();
        match files.is_empty() {
            true => LakeError::Corrupt { table, location, source },
            false => LakeError::DamagedLog { table, location, files, source },
        }
    }

    pub(crate) fn failed(&self, doing: &str, source: impl Into<crate::error::Cause>) -> LakeError {
        LakeError::storage(format!("table {} at {}: {doing}", self.name, self.url), source)
    }

    /// Where a file of the transaction log stands.
    pub(crate) fn log_url(&self, file: &str) -> Result<Url, url::ParseError> {
        self.url.join("_delta_log/")?.join(file)
    }

    /// Bytes of a log entry, `None` where there is no such version (any more).
    pub(crate) async fn log_entry(&self, version: u64) -> Result<Option<Vec<u8>>, object_store::Error> {
        let path = self.home.path(&self.name).join("_delta_log").join(format!("{version:020}.json"));
        match self.home.store.get(&path).await {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            found => Ok(Some(found?.bytes().await?.to_vec())),
        }
    }
}

/// Runs kernel work on a blocking thread (which has the runtime entered, as the kernel's engine wants it).
pub(crate) async fn blocking<T: Send + 'static>(
    doing: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, LakeError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| LakeError::storage(doing.to_string(), e))
}
