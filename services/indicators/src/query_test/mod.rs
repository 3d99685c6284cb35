//! Tests of a query: `.slt` files (the sqllogictest format) over raw streams that the test itself fills.
//!
//! ```text
//! NAME.slt ─script─► INSERT ─insert─► events, held to their contract ─► raw rows (revisions and duplicates stay)
//!                    SET as_of = '…' ─► the clock
//!                    query … ─database─► evaluate, derive ─► metric_NAME, metric_NAME_values ─► expected rows
//! ```
//!
//! Every file starts with empty tables and no clock, so that no test depends on another.

mod database;
mod diff;
mod insert;
mod script;
mod tables;

use crate::{Limits, Metric};
use contracts::Contracts;
use database::{Database, Output};
use script::{Check, Expected, Script};
use std::sync::Arc;

/// How a test file fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// Statements and queries in the file.
    pub checks: usize,
    /// Those that did not do what the file says, in order.
    pub failures: Vec<TestFailure>,
    /// The file with the results that the queries gave in the place of those expected.
    pub completed: String,
}

/// A statement or query that did not do what the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFailure {
    /// Line of the file, from 1.
    pub line: usize,
    /// What happened instead; for results a difference, `-` expected and `+` given.
    pub message: String,
}

/// Runs the test file of a metric from its first line to its last, whatever fails in between.
pub async fn test_query(metric: &Arc<Metric>, contracts: &Contracts, text: &str, limits: &Limits) -> Tested {
    let script = match Script::parse(text) {
        Ok(script) => script,
        Err(failures) => return Tested { checks: 0, failures, completed: text.to_owned() },
    };
    let mut database = Database::new(Arc::clone(metric), contracts.clone(), limits.clone());
    let mut failures = Vec::new();
    let mut given = Vec::new();
    for check in &script.checks {
        let output = database.run(&check.sql).await;
        failures.extend(judge(check, &output).map(|message| TestFailure { line: check.line, message }));
        given.push(output.ok());
    }
    Tested { checks: script.checks.len(), failures, completed: script.completed(&given) }
}

/// What is wrong with what a check gave.
fn judge(check: &Check, output: &Result<Output, String>) -> Option<String> {
    match (&check.expected, output) {
        (Expected::Error(words), Err(message)) if message.contains(words.as_str()) => None,
        (Expected::Error(words), Err(message)) => Some(format!("expected the error «{words}», got: {message}")),
        (Expected::Error(words), Ok(_)) => Some(format!("expected the error «{words}», but it succeeded")),
        (_, Err(message)) => Some(message.clone()),
        (Expected::Done, Ok(_)) => None,
        (Expected::Rows { .. }, Ok(Output::Done)) => Some("gives no rows: write `statement ok`".to_owned()),
        (Expected::Rows { types, rows, sorted }, Ok(Output::Rows { types: given_types, rows: given })) => {
            if types != given_types {
                return Some(format!("the columns are `{given_types}`, not `{types}` (T text, I integer, R number)"));
            }
            let given = script::ordered(given, *sorted);
            (*rows != given)
                .then(|| format!("other rows than expected (- expected, + given):\n{}", diff::of(rows, &given)))
        }
    }
}
