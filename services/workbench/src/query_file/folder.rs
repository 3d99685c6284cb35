//! Paths and folders → texts of query files → their metrics, and the faults of those that are bad: a bad file harms no other.

use super::{
    check::{check_queries, stem},
    fault::{Fault, QueryFileError},
};
use contracts::Contracts;
use indicators::Metric;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

const EXTENSION: &str = "sql";

/// Query files and their texts, by path.
pub type Texts = Vec<(PathBuf, String)>;

/// The query files that these paths name, each once, by path: files, or folders that hold some.
///
/// # Errors
/// A path that cannot be read, a folder without a query, a file that is none.
pub fn find_queries(paths: &[PathBuf]) -> Result<Texts, QueryFileError> {
    let (files, unreadable) = find_readable(paths)?;
    if unreadable.is_empty() { Ok(files) } else { Err(QueryFileError::Faults(unreadable)) }
}

/// The same, with a fault for each file of a folder that cannot be read, such as a link to nowhere: it stops no other.
///
/// # Errors
/// A path that cannot be read, a folder without a query, a file that is none.
pub fn find_readable(paths: &[PathBuf]) -> Result<(Texts, Vec<Fault>), QueryFileError> {
    let (mut files, mut unreadable) = (BTreeMap::new(), Vec::new());
    for path in paths {
        for file in expand(path)? {
            match text_of(&file) {
                Ok(text) => drop(files.insert(file, text)),
                Err(error) => unreadable.push(unreadable_file(&file, &error.to_string())),
            }
        }
    }
    Ok((files.into_iter().collect(), unreadable))
}

/// A file that cannot be read, at its beginning.
fn unreadable_file(path: &Path, error: &str) -> Fault {
    Fault {
        file: path.display().to_string(),
        line: 1,
        column: 1,
        width: 1,
        message: format!("cannot be read: {error}"),
        help: None,
        source: String::new(),
    }
}

/// The text of a query file or a test. What is not UTF-8 in it becomes U+FFFD, which is a fault of that file alone.
///
/// # Errors
/// A file that cannot be read.
pub fn text_of(path: &Path) -> std::io::Result<String> {
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn expand(path: &Path) -> Result<Vec<PathBuf>, QueryFileError> {
    let is_query = |path: &Path| path.extension().is_some_and(|extension| extension == EXTENSION);
    let found = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let advice = "name the folder of metric queries by `indicators.queries` (BELLWETHER__INDICATORS__QUERIES)";
            refused(path, &format!("cannot be read: {error}: {advice}"))
        }
        _ => unreadable(path, &error),
    })?;
    if !found.is_dir() {
        let other = || refused(path, "is no query file: its name must end in .sql");
        return if is_query(path) { Ok(vec![path.to_owned()]) } else { Err(other()) };
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
        let file = entry.map_err(|error| unreadable(path, &error))?.path();
        // A folder may have any name.
        if is_query(&file) && !is_hidden(&file) && !file.is_dir() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(refused(path, "holds no query file (*.sql): name the folder that holds the queries"));
    }
    Ok(files)
}

/// Editors and copiers keep such files beside those that they work on.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn unreadable(path: &Path, error: &std::io::Error) -> QueryFileError {
    refused(path, &format!("cannot be read: {error}"))
}

fn refused(path: &Path, message: &str) -> QueryFileError {
    QueryFileError::Path { path: path.display().to_string(), message: message.to_owned() }
}

/// Loads every `DIR/*.sql`, by name.
///
/// # Errors
/// Every fault of every file; a folder that cannot be read or holds no query.
pub async fn load_queries(dir: &Path, contracts: &Contracts) -> Result<Vec<Arc<Metric>>, QueryFileError> {
    read_queries(&find_queries(&[dir.to_owned()])?, contracts).await
}

/// Reads query files from their paths and texts.
///
/// # Errors
/// Every fault of every file.
pub async fn read_queries(
    files: &[(PathBuf, String)],
    contracts: &Contracts,
) -> Result<Vec<Arc<Metric>>, QueryFileError> {
    let set = examine(files, contracts).await?;
    if set.faults.is_empty() { Ok(set.metrics) } else { Err(QueryFileError::Faults(set.faults)) }
}

/// The metrics of the files that have no fault, and the faults of the others.
async fn examine(files: &[(PathBuf, String)], contracts: &Contracts) -> Result<QuerySet, QueryFileError> {
    let mut set = QuerySet::default();
    let mut bad: BTreeSet<String> = BTreeSet::new();
    for ((path, _), checked) in files.iter().zip(check_queries(files, contracts).await?) {
        let name = stem(path);
        match checked {
            Ok(metric) => set.metrics.push(metric),
            Err(faults) => {
                bad.insert(name.clone());
                set.faults.extend(faults);
            }
        }
        set.names.insert(name);
    }
    set.metrics.retain(|metric| !bad.contains(&metric.name));
    set.metrics.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(set)
}

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
        let mut paths = expand(dir)?;
        paths.sort();
        let read = |path: PathBuf| {
            let text = text_of(&path).map_err(|error| error.to_string());
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
            set.faults.push(unreadable_file(path, error));
        }
        set.faults.sort();
        Ok(set)
    }
}
