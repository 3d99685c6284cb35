//! Faults of query files, with their places.

use std::{fmt, ops::Range, path::Path};

/// One fault: what is wrong, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// Why query files were refused.
#[derive(Debug, thiserror::Error)]
pub enum QueryFileError {
    /// All faults of all files.
    #[error("{}", lines(.0))]
    Faults(Vec<Fault>),
    /// The folder itself.
    #[error("query folder {folder}: {message}")]
    Folder {
        /// The folder.
        folder: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The engine could not be set up to check queries.
    #[error("cannot check queries: {0}")]
    Engine(String),
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

/// Collects the faults of one file.
pub(super) struct Faults<'a> {
    file: String,
    text: &'a str,
    found: Vec<Fault>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(file: &Path, text: &'a str) -> Self {
        Self { file: file.display().to_string(), text, found: Vec::new() }
    }

    /// A fault at a range of bytes of the file.
    pub(super) fn at(&mut self, span: Range<usize>, message: impl Into<String>) {
        let mut end = span.start.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        self.at_line(line, column, message);
    }

    /// A fault at a line and column of the file, both from 1.
    pub(super) fn at_line(&mut self, line: usize, column: usize, message: impl Into<String>) {
        self.found.push(Fault { file: self.file.clone(), line, column, message: message.into() });
    }

    pub(super) fn into_vec(mut self) -> Vec<Fault> {
        self.found.sort();
        self.found.dedup();
        self.found
    }
}
