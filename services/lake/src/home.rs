//! The lake's folder, and what reaches it: the object store, and the kernel's engine.

use crate::{damage::MaskingEngine, error::LakeError};
use deltalake::logstore::{StorageConfig, logstore_for};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use std::{fmt, fs, io, sync::Arc};
use url::Url;

/// The lake's folder and the stores that reach it. Prints as its URL.
pub(crate) struct Home {
    pub(crate) url: Url,
    /// Reaches every path below the URL's authority, by absolute path.
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) engine: Arc<MaskingEngine>,
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
    pub(crate) fn at(url: Url) -> Result<Self, LakeError> {
        let log_store = logstore_for(&url, StorageConfig::default())
            .map_err(|e| LakeError::storage(format!("lake at {url}"), e))?;
        let (store, engine) = (log_store.root_object_store(None), MaskingEngine::new(log_store.engine(None)));
        Ok(Self { url, store, engine: Arc::new(engine) })
    }

    /// A file of the lake, as the store names it.
    pub(crate) fn path(&self, file: &str) -> Path {
        self.root().join(file)
    }

    /// The lake's folder, as the store names it.
    pub(crate) fn root(&self) -> Path {
        Path::from_url_path(self.url.path()).unwrap_or_default()
    }

    /// Bytes of a file, `None` where there is none (any more).
    pub(crate) async fn read(&self, file: &Path) -> Result<Option<Vec<u8>>, object_store::Error> {
        match self.store.get(file).await {
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            found => Ok(Some(found?.bytes().await?.to_vec())),
        }
    }
}

/// Waits until a local file, its name and a folder made for it are on the disk. Object stores promise that themselves.
///
/// Without it a power failure can leave log entries of no bytes behind, and a table with such an entry does not open.
pub(crate) async fn sync_to_disk(file: Url) -> io::Result<()> {
    let Some(path) = (file.scheme() == "file").then(|| file.to_file_path().ok()).flatten() else { return Ok(()) };
    tokio::task::spawn_blocking(move || path.ancestors().take(3).try_for_each(sync)).await.map_err(io::Error::other)?
}

fn sync(path: &std::path::Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_not_there_is_not_on_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let url = |name: &str| Url::from_file_path(dir.path().join(name)).unwrap();
        std::fs::write(dir.path().join("a b"), "x").unwrap();
        sync_to_disk(url("a b")).await.unwrap();
        assert_eq!(sync_to_disk(url("missing")).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        sync_to_disk(Url::parse("s3://bucket/key").unwrap()).await.unwrap();
    }
}
