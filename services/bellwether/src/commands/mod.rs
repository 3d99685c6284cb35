//! One file a command.

pub mod backfill;
pub mod board;
pub mod config;
mod context;
pub mod dashboards;
pub mod dead_letters;
pub mod demo;
pub mod digest;
pub mod health;
pub mod indicators;
pub mod ingest;
pub mod lake;
pub mod publish;
pub mod query;
pub mod rules;
pub mod run;
pub mod schema;
pub mod simulate;
pub mod sql;
pub mod validate;
mod when;

pub use context::Context;

use crate::{
    cli::Command,
    configured,
    failure::{Failure, Outcome},
};

/// Runs one command to its end.
pub async fn run(command: Command, mut context: Context) -> Result<Outcome, Failure> {
    // With it goes the folder that the built-in metrics are in: it is held until the command has ended.
    let _brought = match shows_metrics(&command) {
        true => configured::built_in_queries(&mut context.settings, &context.entries)?,
        false => None,
    };
    match command {
        Command::Demo(arguments) => demo::run(arguments, context).await,
        Command::Run(arguments) => run::run(arguments, context).await,
        Command::Ingest(arguments) => ingest::run(arguments, context).await,
        Command::Indicators(arguments) => indicators::run(arguments, context).await,
        Command::Publish(arguments) => publish::run(arguments, context).await,
        Command::Simulate(arguments) => simulate::run(arguments, context).await,
        Command::Board(arguments) => board::run(arguments, context).await,
        Command::Digest(arguments) => digest::run(arguments, context).await,
        Command::Backfill(arguments) => backfill::run(arguments, context).await,
        Command::Dashboards(arguments) => dashboards::run(arguments, context),
        Command::Query(command) => query::run(command, context).await,
        Command::Rules(arguments) => rules::run(arguments, context).await,
        Command::Sql(arguments) => sql::run(arguments, context).await,
        Command::Validate(arguments) => validate::run(arguments, context).await,
        Command::Health(arguments) => health::run(arguments, context).await,
        Command::Schema(command) => schema::run(command, context),
        Command::DeadLetters(command) => dead_letters::run(command, context).await,
        Command::Lake(command) => lake::run(command, context).await,
        Command::Config(command) => config::run(command, context).await,
    }
}

/// Commands that show some metrics, whichever: the others are about files of the author.
fn shows_metrics(command: &Command) -> bool {
    use query::Command::{Explain, List, Run};
    match command {
        Command::Demo(_) | Command::Run(_) | Command::Indicators(_) => true,
        Command::Board(_) | Command::Digest(_) | Command::Backfill(_) | Command::Rules(_) => true,
        Command::Sql(_) | Command::Validate(_) => true,
        Command::Query(command) => matches!(command, Run(_) | List { .. } | Explain(_)),
        _ => false,
    }
}
