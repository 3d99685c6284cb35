//! The files that make up a web configuration.

use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where files are, and what was read of them.
pub(super) struct Source {
    folder: PathBuf,
    seen: Sha256,
}

impl Source {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), seen: Sha256::new() }
    }

    /// Of all texts that were read.
    pub fn digest(&self) -> [u8; 32] {
        self.seen.clone().finalize().into()
    }

    /// PEM given as it is, or by the file that it is in; `None`: neither.
    pub fn pem(&mut self, key: &str, given: Option<&str>, file: Option<&Path>) -> Result<Option<String>, String> {
        match (given, file) {
            (Some(_), Some(_)) => Err(format!("tls_server_config has both {key} and {key}_file: expected one of them")),
            (Some(text), None) => Ok(Some(text.to_owned())),
            (None, None) => Ok(None),
            (None, Some(file)) => {
                let path = self.folder.join(file);
                let told = |error| format!("tls_server_config.{key}_file {}: {error}", path.display());
                self.text(&path).map(Some).map_err(told)
            }
        }
    }

    pub fn text(&mut self, path: &Path) -> std::io::Result<String> {
        let text = fs::read_to_string(path)?;
        self.seen.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.seen.update(&text);
        Ok(text)
    }
}
