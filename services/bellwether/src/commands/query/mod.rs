//! `query list|new|check|test|run|explain|reference`.

mod check;
mod converge;
mod excerpts;
mod explain;
mod list;
mod named;
mod new;
mod next;
mod reference;
mod run;
mod test;

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    output::Format,
};
use std::path::PathBuf;

/// Metric queries.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Every metric with its kind, target and owner
    List {
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Writes a metric to begin with, and its test, into the configured folder
    New(new::Arguments),
    /// Tells every fault of query files, without any data
    Check(check::Arguments),
    /// Runs the test beside each query: NAME.slt beside NAME.sql
    Test(test::Arguments),
    /// What one metric returns, a row a week, site and label set; nothing is stored
    Run(run::Arguments),
    /// What one metric's query would do, and the files that it would read; nothing is run
    Explain(explain::Arguments),
    /// Everything that a query can name, as Markdown: tables, columns, functions, keys, families
    Reference,
}

/// Runs it.
pub async fn run(command: Command, context: Context) -> Result<Outcome, Failure> {
    match command {
        Command::List { format } => list::run(format, context).await,
        Command::Check(arguments) => check::run(arguments, context).await,
        Command::Test(arguments) => test::run(arguments, context).await,
        Command::Run(arguments) => run::run(arguments, context).await,
        Command::Explain(arguments) => explain::run(arguments, context).await,
        Command::New(arguments) => new::run(arguments, context).await,
        Command::Reference => reference::run(context),
    }
}

/// The paths that were named, or else the configured folder. A metric's name stands for its file in that folder.
fn paths(named: &[PathBuf], context: &Context) -> Result<Vec<PathBuf>, Failure> {
    let folder = &context.settings.indicators.queries;
    let file = |path: &PathBuf| match path.to_str().filter(|_| !path.exists()) {
        Some(name) => named::path(name, folder),
        None => Ok(path.clone()),
    };
    if named.is_empty() { Ok(vec![folder.clone()]) } else { named.iter().map(file).collect() }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn queries(number: usize) -> String {
    count(number, "query", "queries")
}
