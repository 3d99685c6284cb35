//! `query test`: the `.slt` file beside each query.

use super::{
    faults::{after_test, count, excerpts, fault_in_file, queries},
    named,
};
use crate::{
    commands::Context,
    configured,
    failure::{Failure, Outcome},
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
use workbench::{Fault, QueryTest, Tested, check_queries, find_queries, text_of};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Query files or their tests, or folders of them [default: the configured folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write the results that queries return into the test files, in the place of those expected
    #[arg(long)]
    complete: bool,
    /// How to write what is found; json and csv hold failures only: file, line, metric, message, help
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The test of a query file.
pub fn test_of(query: &Path) -> PathBuf {
    query.with_extension("slt")
}

/// The query that a test is beside.
fn query_of(path: PathBuf) -> PathBuf {
    if path.extension().is_some_and(|extension| extension == "slt") { path.with_extension("sql") } else { path }
}

/// What is wrong with a test, for scripts; lines from 1.
#[derive(Serialize)]
struct Line {
    file: String,
    line: usize,
    metric: String,
    message: String,
    help: Option<String>,
}

/// How the test of one query fared.
struct Report {
    metric: String,
    file: PathBuf,
    completed: bool,
    /// What is wrong with the query, or with the test before it is run.
    faults: Vec<Fault>,
    tested: Option<Tested>,
}

impl Report {
    fn failed(&self) -> usize {
        self.faults.len() + self.tested.as_ref().map_or(0, |tested| tested.failures.len())
    }

    fn checks(&self) -> usize {
        self.tested.as_ref().map_or(0, |tested| tested.checks)
    }

    fn text(&self, colour: bool) -> String {
        let file = self.file.display();
        let mut text = String::new();
        if self.completed {
            text.push_str(&format!("{file}: completed\n"));
        }
        for failure in self.tested.iter().flat_map(|tested| &tested.failures) {
            text.push_str(&format!("{file}:{}: {}\n\n", failure.line, failure.message(colour).trim_end()));
        }
        if let Some(not_run) = self.tested.as_ref().map(|tested| tested.not_run).filter(|not_run| *not_run > 0) {
            let below = count(not_run, "check", "checks");
            text.push_str(&format!(
                "{file}: {below} below were not run: without that statement they would say nothing\n\n"
            ));
        }
        text.push_str(&excerpts(&self.faults, colour));
        if self.failed() == 0 {
            text.push_str(&format!("{}: {} as expected\n", self.metric, count(self.checks(), "check", "checks")));
        }
        text
    }

    fn lines(&self) -> Vec<Line> {
        let metric = || self.metric.clone();
        let fault = |fault: &Fault| Line {
            file: fault.file.clone(),
            line: fault.line,
            metric: metric(),
            message: fault.message.clone(),
            help: fault.help.clone(),
        };
        let failures = self.tested.iter().flat_map(|tested| &tested.failures).map(|failure| Line {
            file: self.file.display().to_string(),
            line: failure.line,
            metric: metric(),
            message: failure.message(false).trim_end().to_owned(),
            help: None,
        });
        self.faults.iter().map(fault).chain(failures).collect()
    }
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = configured::contracts(&context.settings)?;
    let named: Vec<PathBuf> = named::paths(&arguments.paths, &context)?.into_iter().map(query_of).collect();
    let files = find_queries(&named).map_err(Failure::usage)?;
    let limits = configured::limits(&context.settings);
    let (mut checks, mut failed, mut lines) = (0, 0, Vec::new());
    for ((query, text), checked) in files.iter().zip(check_queries(&files, &contracts).await?) {
        let report = match checked {
            Ok(metric) => report(query, text, &metric, &contracts, &limits, arguments.complete).await?,
            Err(faults) => Report {
                metric: query.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                file: test_of(query),
                completed: false,
                faults,
                tested: None,
            },
        };
        (checks, failed) = (checks + report.checks(), failed + report.failed());
        match arguments.format {
            Format::Table => context.out.text(&report.text(context.out.colour))?,
            _ => lines.extend(report.lines()),
        }
    }
    match arguments.format {
        Format::Table => {
            let next = after_test(checks, failed, arguments.complete);
            let checks = count(checks, "check", "checks");
            context.out.text(&format!("{}, {checks}, {failed} failed{next}", queries(files.len())))?;
        }
        format => context.out.list(format, &["file", "line", "metric", "message", "help"], &lines)?,
    }
    Ok(if failed == 0 { Outcome::Done } else { Outcome::Found })
}

/// Runs the test of a query without a fault.
async fn report(
    query: &Path,
    sql: &str,
    metric: &Arc<Metric>,
    contracts: &Contracts,
    limits: &Limits,
    complete: bool,
) -> Result<Report, Failure> {
    let file = test_of(query);
    let mut report =
        Report { metric: metric.name.clone(), file: file.clone(), completed: false, faults: Vec::new(), tested: None };
    if !file.exists() {
        report.faults.push(untested(query, sql));
        return Ok(report);
    }
    let text = read(&file)?;
    let mut test = match QueryTest::parse(&file, &text) {
        Ok(test) => test,
        Err(faults) => return Ok(Report { faults, ..report }),
    };
    if complete {
        let completed = test.completed(metric, contracts, limits).await;
        if completed != text {
            std::fs::write(&file, &completed).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
            report.completed = true;
            test = match QueryTest::parse(&file, &completed) {
                Ok(test) => test,
                Err(faults) => return Ok(Report { faults, ..report }),
            };
        }
    }
    let tested = test.run(metric, contracts, limits).await;
    // What a test would show that ends half-way is not known.
    if tested.not_run == 0 {
        report.faults = test.missing_cases(metric, contracts, limits).await;
    }
    Ok(Report { tested: Some(tested), ..report })
}

/// The text of a test.
pub fn read(file: &Path) -> Result<String, Failure> {
    Ok(text_of(file).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?)
}

/// A query without a test, at its first line.
pub fn untested(query: &Path, text: &str) -> Fault {
    let help = format!("write {}", test_of(query).display());
    fault_in_file(query, text, "the query has no test", &help)
}
