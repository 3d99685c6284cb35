//! `query test`: the `.slt` file beside each query.

use super::{check, count};
use crate::{
    commands::Context,
    failure::{Failure, Outcome},
    wiring,
};
use indicators::{QueryFileError, Tested, find_queries, read_queries, test_query};
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Query files or their tests, or folders of them [default: the configured folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write the results that queries give into the test files, in the place of those expected
    #[arg(long)]
    complete: bool,
}

/// The test of a query file.
pub fn test_of(query: &Path) -> PathBuf {
    query.with_extension("slt")
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = wiring::contracts(&context.settings)?;
    let named: Vec<PathBuf> = super::paths(&arguments.paths, &context).into_iter().map(query_of).collect();
    let files = find_queries(&named).map_err(Failure::usage)?;
    let metrics = match read_queries(&files, &contracts).await {
        Ok(metrics) => metrics,
        Err(QueryFileError::Faults(faults)) => {
            context.out.text(&check::excerpts(&faults, files.len(), context.out.colour))?;
            return Ok(Outcome::Found);
        }
        Err(other) => return Err(other.into()),
    };
    let limits = wiring::limits(&context.settings);
    let (mut checks, mut failed) = (0, 0);
    for (query, _) in &files {
        let Some(metric) = metrics.iter().find(|metric| query.file_stem().is_some_and(|stem| *stem == *metric.name))
        else {
            continue;
        };
        let path = test_of(query);
        if !path.exists() {
            context.out.text(&format!("{}: no test: write {}", metric.name, path.display()))?;
            failed += 1;
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
        let mut tested = test_query(metric, &contracts, &text, &limits).await;
        if arguments.complete && tested.completed != text {
            std::fs::write(&path, &tested.completed).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
            context.out.text(&format!("{}: completed", path.display()))?;
            tested = test_query(metric, &contracts, &tested.completed, &limits).await;
        }
        context.out.text(&told(&path, &metric.name, &tested))?;
        (checks, failed) = (checks + tested.checks, failed + tested.failures.len());
    }
    context.out.text(&format!(
        "{}, {}, {failed} failed",
        count(files.len(), "query", "queries"),
        count(checks, "check", "checks")
    ))?;
    Ok(if failed == 0 { Outcome::Done } else { Outcome::Found })
}

/// The query that a test is beside.
fn query_of(path: PathBuf) -> PathBuf {
    if path.extension().is_some_and(|extension| extension == "slt") { path.with_extension("sql") } else { path }
}

fn told(path: &Path, metric: &str, tested: &Tested) -> String {
    if tested.failures.is_empty() {
        return format!("{metric}: {} as expected", count(tested.checks, "check", "checks"));
    }
    let failures =
        tested.failures.iter().map(|failure| format!("{}:{}: {}", path.display(), failure.line, failure.message));
    failures.collect::<Vec<_>>().join("\n")
}
