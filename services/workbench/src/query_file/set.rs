//! A folder of query files as a service meets it: a bad file harms no other.

use super::{Fault, QueryFileError, examine, find, stem};
use contracts::Contracts;
use indicators::Metric;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The query files of a folder with their texts, by path; in the place of a text why it could not be read. Two of them
/// are equal where nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    files: Vec<(PathBuf, Result<String, String>)>,
}

impl Listing {
    /// Reads `DIR/*.sql`. Blocks.
    ///
    /// # Errors
    /// A folder that cannot be read or holds no query.
    pub fn read(dir: &Path) -> Result<Self, QueryFileError> {
        let mut paths = find::expand(dir)?;
        paths.sort();
        let read = |path: PathBuf| {
            let text = find::text_of(&path).map_err(|error| error.to_string());
            (path, text)
        };
        Ok(Self { files: paths.into_iter().map(read).collect() })
    }
}

/// What query files hold: the metrics of the good ones, and every fault of the others.
#[derive(Debug, Clone, Default)]
pub struct QuerySet {
    /// Of the files without a fault, by name.
    pub metrics: Vec<Arc<Metric>>,
    /// Of the other files; by file, line and column within.
    pub faults: Vec<Fault>,
    /// Names of the metrics that have a file, good or bad.
    pub names: BTreeSet<String>,
}

impl QuerySet {
    /// Checks what was listed.
    ///
    /// # Errors
    /// When the engine that checks cannot be set up: faults are no error, they are in the set.
    pub async fn of(listing: &Listing, contracts: &Contracts) -> Result<Self, QueryFileError> {
        let texts: Vec<(PathBuf, String)> =
            listing.files.iter().filter_map(|(path, text)| Some((path.clone(), text.clone().ok()?))).collect();
        let mut set = examine(&texts, contracts).await?;
        for (path, error) in listing.files.iter().filter_map(|(path, text)| Some((path, text.as_ref().err()?))) {
            set.names.insert(stem(path));
            set.faults.push(find::unreadable_file(path, error));
        }
        set.faults.sort();
        Ok(set)
    }
}
