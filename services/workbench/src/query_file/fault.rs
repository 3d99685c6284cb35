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
    /// Characters of the line that the fault is about; at least 1.
    pub width: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right, where that is known.
    pub help: Option<String>,
    /// The line of the file.
    pub source: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, ": {help}"))
    }
}

/// Why query files were refused.
#[derive(Debug, thiserror::Error)]
pub enum QueryFileError {
    /// All faults of all files.
    #[error("{}", lines(.0))]
    Faults(Vec<Fault>),
    /// A folder or file itself.
    #[error("queries {path}: {message}")]
    Path {
        /// As it was named.
        path: String,
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

/// Line and column from 1, and how many characters from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub line: usize,
    pub column: usize,
    pub width: usize,
}

/// Collects the faults of one file.
pub(crate) struct Faults<'a> {
    file: String,
    text: &'a str,
    found: Vec<Fault>,
}

impl<'a> Faults<'a> {
    pub(crate) fn new(file: &Path, text: &'a str) -> Self {
        Self { file: file.display().to_string(), text, found: Vec::new() }
    }

    /// A fault at a range of bytes of the file.
    pub(crate) fn at(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.helped(span, message, None);
    }

    /// The same, with what would be right.
    pub(crate) fn helped(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let start = self.boundary(span.start);
        let end = self.boundary(span.end.max(start));
        let before = &self.text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let width = self.text[start..end].chars().take_while(|c| *c != '\n').count();
        self.at_line(Place { line, column, width }, message, help);
    }

    /// A fault at a place of the file.
    pub(crate) fn at_line(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
        let Place { line, column, width } = place;
        let source = self.text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
        let width = width.min((source.chars().count() + 1).saturating_sub(column)).max(1);
        let (file, message) = (self.file.clone(), message.into());
        self.found.push(Fault { file, line, column, width, message, help, source });
    }

    /// Whether the text is UTF-8: a fault where it is not. What was not is U+FFFD, as [`super::text_of`] reads it.
    pub(crate) fn require_utf8(&mut self) -> bool {
        let Some(at) = self.text.find(char::REPLACEMENT_CHARACTER) else { return true };
        self.helped(at..at + 1, "this character is not UTF-8", Some("save the file as UTF-8".to_owned()));
        false
    }

    /// The nearest character's beginning at or before a byte.
    fn boundary(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    pub(crate) fn into_vec(mut self) -> Vec<Fault> {
        self.found.sort();
        self.found.dedup();
        self.found
    }
}
