//! The text of a test: the part of the sqllogictest format that tests of queries need.
//!
//! ```text
//! # comment
//! statement ok | statement error WORDS
//! SQL
//!
//! query TTR [rowsort] | query error WORDS
//! SQL
//! ----
//! expected rows
//! ```

use super::{TestFailure, database::Output};

/// A parsed file.
pub(super) struct Script<'a> {
    lines: Vec<&'a str>,
    pub checks: Vec<Check>,
}

/// One statement or query.
pub(super) struct Check {
    /// Line of its first word, from 1.
    pub line: usize,
    pub sql: String,
    pub expected: Expected,
    /// Lines (from 0) of the expected rows, those of `----` included; empty where there are none.
    results: std::ops::Range<usize>,
}

/// What a check expects.
pub(super) enum Expected {
    Done,
    /// An error that contains these words.
    Error(String),
    /// Rows as lines, spaces made single.
    Rows {
        types: String,
        rows: Vec<String>,
        sorted: bool,
    },
}

const RESULTS: &str = "----";

impl<'a> Script<'a> {
    /// Parses a file.
    ///
    /// # Errors
    /// Every line that opens nothing known.
    pub(super) fn parse(text: &'a str) -> Result<Self, Vec<TestFailure>> {
        let lines: Vec<&str> = text.lines().collect();
        let (mut checks, mut faults, mut at) = (Vec::new(), Vec::new(), 0);
        while at < lines.len() {
            let opening = lines[at].trim();
            if opening.is_empty() || opening.starts_with('#') {
                at += 1;
                continue;
            }
            let end = (at..lines.len()).find(|line| lines[*line].trim().is_empty()).unwrap_or(lines.len());
            match check(&lines, at, end) {
                Ok(check) => checks.push(check),
                Err(message) => faults.push(TestFailure { line: at + 1, message }),
            }
            at = end;
        }
        if checks.is_empty() && faults.is_empty() {
            faults
                .push(TestFailure {
                    line: 1, message: "holds no check: write `query …` or `statement ok`".to_owned()
                });
        }
        if faults.is_empty() { Ok(Self { lines, checks }) } else { Err(faults) }
    }

    /// The text with the results that were given; what failed stays as it is.
    pub(super) fn completed(&self, given: &[Option<Output>]) -> String {
        let (mut out, mut copied) = (Vec::new(), 0);
        for (check, given) in self.checks.iter().zip(given) {
            let (Expected::Rows { sorted, .. }, Some(Output::Rows { types, rows })) = (&check.expected, given) else {
                continue;
            };
            let opening = check.line - 1;
            out.extend(self.lines[copied..opening].iter().map(|line| (*line).to_owned()));
            out.push(format!("query {types}{}", if *sorted { " rowsort" } else { "" }));
            out.extend(self.lines[opening + 1..check.results.start].iter().map(|line| (*line).to_owned()));
            out.push(RESULTS.to_owned());
            out.extend(ordered(rows, *sorted));
            copied = check.results.end;
        }
        out.extend(self.lines[copied..].iter().map(|line| (*line).to_owned()));
        out.join("\n") + "\n"
    }
}

/// Rows in the order in which they are compared.
pub(super) fn ordered(rows: &[String], sorted: bool) -> Vec<String> {
    let mut rows = rows.to_vec();
    if sorted {
        rows.sort();
    }
    rows
}

/// The check of the lines `at..end`.
fn check(lines: &[&str], at: usize, end: usize) -> Result<Check, String> {
    let opening = lines[at].trim();
    let results = (at..end).find(|line| lines[*line].trim() == RESULTS).unwrap_or(end);
    let sql = lines[at + 1..results].join("\n");
    let rows = lines.get(results + 1..end).unwrap_or_default().iter().map(|line| single_spaced(line)).collect();
    if sql.trim().is_empty() {
        return Err(format!("`{opening}` has no SQL below it"));
    }
    let expected = match opening.split_once(' ').map(|(word, rest)| (word, rest.trim())) {
        Some(("statement", "ok")) => Expected::Done,
        Some(("statement" | "query", rest)) if rest.starts_with("error") => {
            Expected::Error(rest["error".len()..].trim().to_owned())
        }
        Some(("query", rest)) => rows_of(rest, rows)?,
        _ => {
            return Err(format!(
                "`{opening}` is none of: statement ok, statement error, query TYPES [rowsort], # comment"
            ));
        }
    };
    if !matches!(expected, Expected::Rows { .. }) && results < end {
        return Err(format!("`{opening}` gives no rows: take {RESULTS} away"));
    }
    Ok(Check { line: at + 1, sql, expected, results: results..end })
}

fn rows_of(rest: &str, rows: Vec<String>) -> Result<Expected, String> {
    let (types, sort) = rest.split_once(' ').map_or((rest, ""), |(types, sort)| (types, sort.trim()));
    if !types.chars().all(|c| matches!(c, 'T' | 'I' | 'R')) {
        return Err(format!("columns `{types}`: write T for text, I for an integer, R for another number"));
    }
    let sorted = match sort {
        "" | "nosort" => false,
        "rowsort" => true,
        other => return Err(format!("unknown order `{other}`: rowsort, or nothing")),
    };
    Ok(Expected::Rows { types: types.to_owned(), rows: ordered(&rows, sorted), sorted })
}

/// Spaces made single, as results are compared.
pub(super) fn single_spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
