//! Paths that people name → query files and their texts.

use super::{Fault, QueryFileError};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
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

/// The same, with a fault for each file of a folder that gives no text, such as a link to nowhere: it stops no other.
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

/// A file that gives no text, at its beginning.
pub(super) fn unreadable_file(path: &Path, error: &str) -> Fault {
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

pub(super) fn expand(path: &Path) -> Result<Vec<PathBuf>, QueryFileError> {
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
