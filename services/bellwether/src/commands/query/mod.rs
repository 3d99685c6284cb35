//! `query list|new|check|test|run|explain|reference`.

mod check;
mod explain;
mod faults;
mod list;
mod named;
mod new;
mod reference;
mod run;
mod test;

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    output::Format,
};

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
