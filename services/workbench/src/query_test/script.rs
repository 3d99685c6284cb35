//! Text of a test → records of the sqllogictest format, those that a test of a query may hold.

use super::column::Column;
use crate::query_file::{Faults, Place};
use sqllogictest::{Condition, Connection, Control, QueryExpect, Record};

pub(super) type Line = Record<Column>;

const FORMAT: &str = "a test holds `statement ok`, `statement error REGEX`, `query TYPES [rowsort]` (T text, I integer, R \
                      other number), `control sortmode …` and # comments";

/// The records of a text, in order. Every line that is none, or that a test must not hold, is a fault.
pub(super) fn parse(text: &str, faults: &mut Faults<'_>) -> Vec<Line> {
    if !faults.require_utf8() {
        return Vec::new();
    }
    let mut readable = text.to_owned();
    let mut faulty = false;
    let records = loop {
        let error = match sqllogictest::parse::<Column>(&readable) {
            Ok(records) => break records,
            Err(error) => error,
        };
        faulty = true;
        // Of an end that comes too early the library names the line after the last one.
        let line = usize::try_from(error.location().line()).unwrap_or(usize::MAX).min(text.lines().count());
        at(line, text, faults, error.kind().to_string());
        match without_block(&readable, line) {
            Some(rest) => readable = rest,
            None => break Vec::new(),
        }
    };
    let mut above = 0;
    for record in &records {
        let line = line_of(record, text, above);
        if let Some(message) = refusal(record) {
            at(line, text, faults, message);
        }
        above = line.max(above);
    }
    if !faulty && !records.iter().any(is_check) {
        let help = Some("ask for the metric: query TTRR, and below it SELECT * FROM metric_NAME".to_owned());
        faults.at_line(Place { line: 1, column: 1, width: usize::MAX }, "the test holds no check", help);
    }
    records
}

/// Whether a record is run and compared.
pub(super) fn is_check(record: &Line) -> bool {
    matches!(record, Record::Statement { .. } | Record::Query { .. })
}

fn at(line: usize, text: &str, faults: &mut Faults<'_>, message: String) {
    let line = line.min(text.lines().count()).max(1);
    faults.at_line(Place { line, column: 1, width: usize::MAX }, message, Some(FORMAT.to_owned()));
}

/// The text with the block of a line made a comment, so that what follows can be read; `None` where nothing follows.
fn without_block(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let from = line.checked_sub(1).filter(|from| *from < lines.len())?;
    let to = (from..lines.len()).find(|at| lines[*at].is_empty()).unwrap_or(lines.len());
    let keep = |(at, line): (usize, &&str)| if (from..to).contains(&at) { "#".to_owned() } else { (*line).to_owned() };
    (to > from).then(|| lines.iter().enumerate().map(keep).collect::<Vec<_>>().join("\n"))
}

/// Why a test must not hold this, which the library would ignore, or run outside the test's own tables.
fn refusal(record: &Line) -> Option<String> {
    match record {
        Record::Statement { retry, .. } | Record::Query { retry, .. } if retry.is_some() => {
            Some("`retry` is refused: what a query gives depends on its rows alone".to_owned())
        }
        Record::Query { expected: QueryExpect::Results { label: Some(label), .. }, .. } => {
            Some(format!("unknown order `{label}`: rowsort, valuesort, or nothing"))
        }
        Record::Statement { .. } | Record::Query { .. } | Record::Comment(_) | Record::Newline => None,
        Record::Control(Control::SortMode(_)) => None,
        other => Some(format!("`{}` is refused in tests of queries", keyword(other))),
    }
}

/// The word that a record begins with.
fn keyword(record: &Line) -> &'static str {
    match record {
        Record::Include { .. } => "include",
        Record::System { .. } => "system",
        Record::Sleep { .. } => "sleep",
        Record::Subtest { .. } => "subtest",
        Record::Halt { .. } => "halt",
        Record::HashThreshold { .. } => "hash-threshold",
        Record::Let { .. } => "let",
        Record::Control(_) => "control",
        Record::Condition(Condition::OnlyIf { .. }) => "onlyif",
        Record::Condition(Condition::SkipIf { .. }) => "skipif",
        Record::Connection(Connection::Default | Connection::Named(_)) => "connection",
        _ => "this",
    }
}

/// Line of a record, from 1. The library knows it for most; the others are searched for below the one `above`.
fn line_of(record: &Line, text: &str, above: usize) -> usize {
    let known = match record {
        Record::Include { loc, .. }
        | Record::Statement { loc, .. }
        | Record::Query { loc, .. }
        | Record::System { loc, .. }
        | Record::Sleep { loc, .. }
        | Record::Subtest { loc, .. }
        | Record::Halt { loc }
        | Record::HashThreshold { loc, .. }
        | Record::Let { loc, .. } => usize::try_from(loc.line()).ok(),
        _ => None,
    };
    let word = keyword(record);
    let below = || text.lines().skip(above).position(|line| line.split_whitespace().next() == Some(word));
    known.or_else(|| below().map(|after| above + after + 1)).unwrap_or(above)
}
