//! `query check`: every fault of every query file, with its place and the line that it is in.

use super::{
    faults::{count, excerpts, summary},
    named,
    test::{read, test_of, untested},
};
use crate::{
    commands::Context,
    configured,
    failure::{Failure, Outcome},
    logging::Progress,
    output::Format,
};
use contracts::Contracts;
use evaluation::Limits;
use indicators::Metric;
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use workbench::{ConvergeError, Fault, QueryTest, check_queries, converge, doubts, find_readable};

/// Under so many rows what two events of different weeks have in common can well have been missed.
const FEW_ROWS: usize = 200;

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
    /// computed step by step must be what is computed all at once, or its horizon is too short
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
    let contracts = configured::contracts(&context.settings)?;
    let (files, mut faults) = find_readable(&named::paths(&arguments.paths, &context)?).map_err(Failure::usage)?;
    let found = files.len() + faults.len();
    let tests = arguments.require_tests || std::env::var("CI").is_ok_and(|value| value == "true");
    let limits = configured::limits(&context.settings);
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
        Some(name) => check_convergence(&name, arguments.histories, &metrics, &contracts, &mut context).await,
        None => Ok(Outcome::Done),
    }
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

/// `--converge`: random histories, computed step by step and all at once.
async fn check_convergence(
    name: &str,
    histories: u64,
    metrics: &[Arc<Metric>],
    contracts: &Contracts,
    context: &mut Context,
) -> Result<Outcome, Failure> {
    let known = || metrics.iter().map(|metric| metric.name.as_str()).collect::<Vec<_>>().join(", ");
    let metric = metrics
        .iter()
        .find(|metric| metric.name == name)
        .ok_or_else(|| Failure::misuse(format!("there is no metric `{name}`; there are {}", known())))?;
    let progress = Progress::new("histories played", histories);
    let played = move || progress.advance(1);
    match converge(metric, contracts, 1, histories, &configured::limits(&context.settings), played).await {
        Ok(done) => {
            let few = done.rows < FEW_ROWS;
            let histories = count(usize::try_from(done.histories).unwrap_or(usize::MAX), "history", "histories");
            let rows = count(done.rows, "row", "rows");
            let more = if few { "; that is few for a query that joins rows: try --histories 500" } else { "" };
            context.out.text(&format!(
                "{name} converges: {rows} of {histories} are the same step by step and all at once{more}"
            ))?;
            Ok(Outcome::Done)
        }
        Err(found @ (ConvergeError::Differs(_) | ConvergeError::Empty | ConvergeError::Query(_))) => {
            context.out.text(&format!("not shown to converge: {found}"))?;
            Ok(Outcome::Found)
        }
        Err(other) => Err(anyhow::Error::from(other).into()),
    }
}
