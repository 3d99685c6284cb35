//! `ingest`: Kafka to the lake, as a service or until caught up.

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    output::{Format, Out},
    serving::Serving,
    shutdown, wiring,
};
use ::ingest::{Report, Until};
use ::lake::Lake;
use exporter::Exporter;
use prometheus::Registry;
use serde::Serialize;

/// Arguments.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// End when everything that the topics hold is committed (nothing is served meanwhile)
    #[arg(long)]
    until_caught_up: bool,
    /// Resume partitions whose topic was truncated or recreated, at their earliest record, and tables that another engine
    /// has restored to an earlier version, behind the hole
    #[arg(long)]
    accept_gap: bool,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = wiring::contracts(&context.settings)?;
    let settings = wiring::ingest(&context.settings, arguments.accept_gap)?;
    let (registry, stop) = (Registry::new(), shutdown::token()?);
    let serving = if arguments.until_caught_up {
        None
    } else {
        let exporter = Exporter::without_values(registry.clone())?;
        Some(Serving::start(context.settings.listen, exporter, stop.clone()).await?)
    };
    let until = if arguments.until_caught_up { Until::CaughtUp } else { Until::Stopped };
    let lake = Lake::create(&context.settings.lake.0).await?;
    let report = ::ingest::run(settings, &contracts, &lake, &registry, until, stop.clone()).await?;
    tell(&mut context.out, &report)?;
    if arguments.until_caught_up && stop.is_cancelled() {
        return Err(
            anyhow::anyhow!("stopped by a signal before everything was caught up; run it again to go on").into()
        );
    }
    stop.cancel();
    if let Some(serving) = serving {
        serving.finish().await?;
    }
    Ok(Outcome::Done)
}

#[derive(Serialize)]
struct Line<'a> {
    stream: &'a str,
    rows: u64,
    bytes: u64,
    dead_letters: u64,
    commits: u64,
}

/// What was done, by stream.
fn tell(out: &mut Out, report: &Report) -> std::io::Result<()> {
    let lines: Vec<Line<'_>> = report
        .streams
        .iter()
        .map(|(stream, done)| Line {
            stream,
            rows: done.rows,
            bytes: done.bytes,
            dead_letters: done.dead_letters,
            commits: done.commits,
        })
        .collect();
    out.list(Format::Table, &["stream", "rows", "bytes", "dead_letters", "commits"], &lines)
}
