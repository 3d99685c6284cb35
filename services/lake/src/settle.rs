//! What was promised stays: bytes and names are on the disk before a commit is reported.

use std::{fs::File, io, path::Path};
use url::Url;

/// Waits until a local file, its name and a folder made for it are on the disk. Object stores promise that themselves.
///
/// Without it a power failure can leave log entries of no bytes behind, and a table with such an entry does not open.
pub(crate) async fn settle(file: Url) -> io::Result<()> {
    let Some(path) = (file.scheme() == "file").then(|| file.to_file_path().ok()).flatten() else { return Ok(()) };
    tokio::task::spawn_blocking(move || path.ancestors().take(3).try_for_each(sync)).await.map_err(io::Error::other)?
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_not_there_is_not_settled() {
        let dir = tempfile::tempdir().unwrap();
        let url = |name: &str| Url::from_file_path(dir.path().join(name)).unwrap();
        std::fs::write(dir.path().join("a b"), "x").unwrap();
        settle(url("a b")).await.unwrap();
        assert_eq!(settle(url("missing")).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        settle(Url::parse("s3://bucket/key").unwrap()).await.unwrap();
    }
}
