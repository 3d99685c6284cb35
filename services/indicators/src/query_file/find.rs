//! Paths that people name → query files and their texts.

use super::QueryFileError;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

const EXTENSION: &str = "sql";

/// The query files that these paths name, each once, by path: files, or folders that hold some.
///
/// # Errors
/// A path that cannot be read, a folder without a query, a file that is none.
pub fn find_queries(paths: &[PathBuf]) -> Result<Vec<(PathBuf, String)>, QueryFileError> {
    let mut files = BTreeMap::new();
    for path in paths {
        for file in expand(path)? {
            let text = text_of(&file).map_err(|error| unreadable(&file, &error))?;
            files.insert(file, text);
        }
    }
    Ok(files.into_iter().collect())
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
        if is_query(&file) && !is_hidden(&file) {
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
