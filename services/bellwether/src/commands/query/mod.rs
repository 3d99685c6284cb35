//! `query list|check|test`.

mod check;
mod list;
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
    /// Tells every fault of query files, without any data
    Check(check::Arguments),
    /// Runs the test beside each query: NAME.slt beside NAME.sql
    Test(test::Arguments),
}

/// Runs it.
pub async fn run(command: Command, context: Context) -> Result<Outcome, Failure> {
    match command {
        Command::List { format } => list::run(format, context).await,
        Command::Check(arguments) => check::run(arguments, context).await,
        Command::Test(arguments) => test::run(arguments, context).await,
    }
}

/// The paths that were named, or else the configured folder.
fn paths(named: &[PathBuf], context: &Context) -> Vec<PathBuf> {
    if named.is_empty() { vec![context.settings.indicators.queries.clone()] } else { named.to_vec() }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
