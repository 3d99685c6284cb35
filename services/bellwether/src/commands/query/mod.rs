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
    /// List every metric with its kind, target and owner
    List {
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Write the query and the test of a new metric, to be edited, into the configured folder
    New(new::Arguments),
    /// Report every fault of query files; needs no data
    Check(check::Arguments),
    /// Run the test of each query: NAME.slt beside NAME.sql
    Test(test::Arguments),
    /// Print what one metric returns, a row a week, site and label set; nothing is stored
    Run(run::Arguments),
    /// Print the plan of one metric's query and the files that it would read; nothing is run
    Explain(explain::Arguments),
    /// Print everything that a query can name, as Markdown: tables, columns, functions, keys, families
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
