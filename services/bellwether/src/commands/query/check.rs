//! `query check`: every fault of every query file, with its place and the line that it is in.

use super::{
    converge, count,
    excerpts::excerpts,
    next,
    test::{read, test_of, untested},
};
use crate::{
    commands::Context,
    failure::{Failure, Outcome},
    output::Format,
    wiring,
};
use contracts::Contracts;
use evaluation::Limits;
use indicators::Metric;
use serde::Serialize;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};
use workbench::{Fault, QueryTest, check_queries, doubts, find_readable};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Query files, folders of them, or names of metrics [default: the configured folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A query without a test is a fault, and so is a test that does not show an empty table, a late event, a revision, a
    /// duplicate and a week boundary in another time zone; so they are where the environment variable CI is `true`
    #[arg(long)]
    require_tests: bool,
    /// Also play random histories of the tables that this metric reads: late, revised, moved and repeated events. What is
    /// computed bit by bit must be what is computed at once, or its horizon is too short
    #[arg(long, value_name = "NAME")]
    converge: Option<String>,
    /// How many histories
    #[arg(long, value_name = "N", default_value_t = 20, requires = "converge")]
    histories: u64,
    /// How to write what is found; json and csv hold faults: file, line, column, end_column, message, help
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A fault for editors: lines and columns from 1, `end_column` behind the last character.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_column: usize,
    message: &'a str,
    help: Option<&'a str>,
}

impl<'a> From<&'a Fault> for Line<'a> {
    fn from(fault: &'a Fault) -> Self {
        Self {
            file: &fault.file,
            line: fault.line,
            column: fault.column,
            end_column: fault.column + fault.width,
            message: &fault.message,
            help: fault.help.as_deref(),
        }
    }
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = wiring::contracts(&context.settings)?;
    let (files, mut faults) = find_readable(&super::paths(&arguments.paths, &context)?).map_err(Failure::usage)?;
    let found = files.len() + faults.len();
    let tests = arguments.require_tests || std::env::var("CI").is_ok_and(|value| value == "true");
    let limits = wiring::limits(&context.settings);
    let mut metrics = Vec::new();
    for ((query, text), checked) in files.iter().zip(check_queries(&files, &contracts).await?) {
        let metric = checked.map_err(|here| faults.extend(here)).ok();
        if tests {
            faults.extend(faults_of_test(query, text, metric.as_ref(), &contracts, &limits).await?);
        }
        metrics.extend(metric);
    }
    match arguments.format {
        Format::Table => {
            let doubted = doubts(&metrics, &contracts).await?.into_iter();
            let notes: String = doubted.map(|(metric, why)| format!("note: {}: {why}\n\n", metric.name)).collect();
            let text = notes + &excerpts(&faults, context.out.colour) + &summary(&faults, found);
            context.out.text(&text)?;
        }
        format => {
            let lines: Vec<Line<'_>> = faults.iter().map(Line::from).collect();
            context.out.list(format, &["file", "line", "column", "end_column", "message", "help"], &lines)?;
        }
    }
    match arguments.converge {
        _ if !faults.is_empty() => Ok(Outcome::Found),
        Some(name) => converge::run(&name, arguments.histories, &metrics, &contracts, &mut context).await,
        None => Ok(Outcome::Done),
    }
}

/// `3 faults in 2 of 5 queries`, and what to do next.
pub(super) fn summary(faults: &[Fault], files: usize) -> String {
    let next = next::after_check(faults.len());
    if faults.is_empty() {
        return format!("{}, no fault{next}", super::queries(files));
    }
    let stems: BTreeSet<_> = faults.iter().map(|fault| Path::new(&fault.file).with_extension("")).collect();
    format!("{} in {} of {}{next}", count(faults.len(), "fault", "faults"), stems.len(), super::queries(files))
}

/// What is wrong with the test of a query, without running it.
async fn faults_of_test(
    query: &Path,
    sql: &str,
    metric: Option<&Arc<Metric>>,
    contracts: &Contracts,
    limits: &Limits,
) -> Result<Vec<Fault>, Failure> {
    let file = test_of(query);
    if !file.exists() {
        return Ok(vec![untested(query, sql)]);
    }
    let text = read(&file)?;
    Ok(match (QueryTest::parse(&file, &text), metric) {
        (Err(faults), _) => faults,
        (Ok(test), Some(metric)) => test.missing_cases(metric, contracts, limits).await,
        (Ok(_), None) => Vec::new(),
    })
}
