//! `bellwether`: from Kafka to a board of lagging sites.

use bellwether::{
    cli::{Cli, normalise},
    commands::{self, Context},
    failure::{Failure, Outcome, conclude},
    logging,
    output::Out,
    settings::Settings,
};
use clap::Parser;
use std::process::ExitCode;

/// DataFusion plans recursively, and unoptimised frames are large: tokio's 2 MiB overflow.
const STACK: usize = 16 << 20;

fn main() -> ExitCode {
    let cli = Cli::try_parse_from(normalise(std::env::args_os())).unwrap_or_else(|error| error.exit());
    conclude(run(cli))
}

fn run(cli: Cli) -> Result<Outcome, Failure> {
    let (settings, entries) = Settings::load(cli.config.as_deref(), environment())?;
    logging::start(&settings.log);
    let context = Context { settings, entries, out: Out::stdout() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build()?;
    // Spawned, because the main thread's own stack is not ours to size.
    let work = runtime.spawn(commands::run(cli.command, context));
    let result = runtime.block_on(work);
    // Never shut down: threads that are reading a table's log wait for tasks that a shutdown drops, and would panic. What still
    // runs ends with the process; results are one commit or none.
    std::mem::forget(runtime);
    result?
}

/// Variables that are not text cannot be settings.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
