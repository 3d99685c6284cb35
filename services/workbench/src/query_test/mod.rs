//! Tests of a query: `.slt` files (the sqllogictest format) over raw streams that the test itself fills.
//!
//! ```text
//! NAME.slt ─script─► records ─► sqllogictest's Runner ─command─► INSERT ─insert─► events, held to their contract ─► raw rows
//!              │                                                 SET as_of = '…' ─► the clock
//!              │                                                 SELECT … ─database─► evaluate, derive ─► metric_NAME, metric_NAME_values
//!              └─cases─► the empty table, late event, revision, duplicate, week boundary that no record shows
//! ```
//!
//! Every file starts with empty tables and no clock, so that no test depends on another.

mod cases;
mod column;
mod command;
mod database;
mod insert;
mod rows;
mod script;
mod tables;

use crate::query_file::{Fault, Faults};
use command::Command;
use contracts::Contracts;
use database::{Database, Refused};
use evaluation::Limits;
use indicators::Metric;
use script::Line;
use sqllogictest::{
    QueryExpect, Record, RecordOutput, Runner, StatementExpect, TestErrorKind, default_normalizer, default_validator,
    strict_column_validator, update_record_with_output,
};
use std::{
    future::{Ready, ready},
    path::Path,
    sync::Arc,
};

/// A test file that could be read.
#[derive(Debug, Clone)]
pub struct QueryTest {
    file: std::path::PathBuf,
    text: String,
    records: Vec<Line>,
}

/// How a test file fared.
#[derive(Debug, Clone)]
pub struct Tested {
    /// Statements and queries in the file.
    pub checks: usize,
    /// Those that did not do what the file says, in order.
    pub failures: Vec<TestFailure>,
    /// Those below a statement that failed: without its rows they would say nothing, so they were not run.
    pub not_run: usize,
}

/// A statement or query that did not do what the file says.
#[derive(Debug, Clone)]
pub struct TestFailure {
    /// Line of the file, from 1.
    pub line: usize,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// What the library found.
    Found(TestErrorKind),
    /// `query` above a statement that gives no rows.
    NoRows,
}

impl TestFailure {
    /// What happened instead; for results a difference, `-` expected and `+` given.
    pub fn message(&self, colour: bool) -> String {
        match &self.what {
            What::Found(kind) => kind.display(colour).to_string(),
            What::NoRows => "the statement gives no rows: write `statement ok` in the place of `query …`".to_owned(),
        }
    }
}

impl QueryTest {
    /// Reads the text of a test file.
    ///
    /// # Errors
    /// Every line that is not of the format, or that a test must not hold.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::new(file, text);
        let records = script::parse(text, &mut faults);
        let faults = faults.into_vec();
        let test = Self { file: file.to_owned(), text: text.to_owned(), records };
        if faults.is_empty() { Ok(test) } else { Err(faults) }
    }

    /// The cases that every test must show and this one does not: an empty table, a late event, a revision, a duplicate,
    /// a week boundary in another time zone.
    pub async fn missing_cases(&self, metric: &Arc<Metric>, contracts: &Contracts, limits: &Limits) -> Vec<Fault> {
        let database = Database::new(Arc::clone(metric), contracts.clone(), limits.clone());
        let mut faults = Faults::new(&self.file, &self.text);
        cases::missing(&self.records, metric, database, &mut faults).await;
        faults.into_vec()
    }

    /// Runs the records from first to last, or to the first statement that should have succeeded: the rest builds on it.
    pub async fn run(&self, metric: &Arc<Metric>, contracts: &Contracts, limits: &Limits) -> Tested {
        let mut runner = runner(metric, contracts, limits);
        let checks = self.records.iter().filter(|record| script::is_check(record)).count();
        let (mut run, mut failures) = (0, Vec::new());
        for record in &self.records {
            run += usize::from(script::is_check(record));
            let found = match (runner.run_async(record.clone()).await, record) {
                (Err(error), _) => Some((error.location(), What::Found(error.kind()))),
                (Ok(RecordOutput::Statement { error: None, .. }), Record::Query { loc, .. }) => {
                    Some((loc.clone(), What::NoRows))
                }
                (Ok(_), _) => None,
            };
            let Some((loc, what)) = found else { continue };
            failures.push(TestFailure { line: number(loc.line()), what });
            if is_built_on(record) {
                break;
            }
        }
        Tested { checks, failures, not_run: checks - run }
    }

    /// The text with the results that the queries give in the place of those expected. What should have succeeded and
    /// failed, or the other way round, stays as it is: that is for people to mend, before anything that builds on it.
    pub async fn completed(&self, metric: &Arc<Metric>, contracts: &Contracts, limits: &Limits) -> String {
        let mut runner = runner(metric, contracts, limits);
        let (mut text, mut sound) = (String::new(), true);
        for record in &self.records {
            let output = runner.apply_record(record.clone()).await;
            let as_wanted = as_wanted(record, &output);
            sound &= as_wanted || !is_built_on(record);
            let given = (sound && as_wanted).then(|| {
                let columns = strict_column_validator;
                update_record_with_output(record, &output, " ", default_validator, default_normalizer, columns)
            });
            let record = given.flatten().unwrap_or_else(|| record.clone());
            text.push_str(&record.to_string());
            text.push('\n');
        }
        text.truncate(text.trim_end_matches('\n').len());
        text + "\n"
    }
}

/// Whether what stands below makes sense only where this succeeds: rows, and the clock.
fn is_built_on(record: &Line) -> bool {
    let Record::Statement { sql, expected, .. } = record else { return false };
    !matches!(expected, StatementExpect::Error(_)) && !matches!(Command::parse(sql), Ok(Command::Select(_)))
}

/// Whether a record succeeded or failed as the file says, be it with other results.
fn as_wanted(record: &Line, output: &RecordOutput<column::Column>) -> bool {
    let fails = match output {
        RecordOutput::Query { error, .. } | RecordOutput::Statement { error, .. } => error.is_some(),
        _ => false,
    };
    let rows = matches!(output, RecordOutput::Query { .. });
    match record {
        Record::Statement { expected, .. } => fails == matches!(expected, StatementExpect::Error(_)),
        Record::Query { expected, .. } => rows && fails == matches!(expected, QueryExpect::Error(_)),
        _ => true,
    }
}

fn runner(
    metric: &Arc<Metric>,
    contracts: &Contracts,
    limits: &Limits,
) -> Runner<Database, impl FnMut() -> Ready<Result<Database, Refused>>> {
    let (metric, contracts, limits) = (Arc::clone(metric), contracts.clone(), limits.clone());
    let mut runner =
        Runner::new(move || ready(Ok(Database::new(Arc::clone(&metric), contracts.clone(), limits.clone()))));
    runner.with_column_validator(strict_column_validator);
    runner
}

fn number(line: u32) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}
