//! `ingest`: Kafka to the lake, as a service or until caught up.

use super::Context;
use crate::{
    configured, disk,
    failure::{Failure, Outcome},
    output::{Format, Out},
    services::{self, Serving},
};
use ::ingest::{Ingestion, Report, Until};
use ::lake::Lake;
use exporter::Exporter;
use prometheus::Registry;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// Arguments.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Arguments {
    /// End when everything that the topics hold is committed (nothing is served meanwhile)
    #[arg(long)]
    until_caught_up: bool,
    /// Resume partitions whose topic was truncated or recreated, at their earliest record, and tables that another engine
    /// has restored to an earlier version, behind the gap
    #[arg(long)]
    accept_gap: bool,
}

/// Runs it.
pub async fn run(arguments: Arguments, context: Context) -> Result<Outcome, Failure> {
    let contracts = configured::contracts(&context.settings)?;
    let settings = configured::ingest(&context.settings, arguments.accept_gap)?;
    let (registry, stop) = (Registry::new(), services::stop_signal()?);
    let ingestion = Ingestion::new(settings, &contracts, &registry)?;
    if arguments.until_caught_up {
        return catch_up(&ingestion, context, &stop).await;
    }
    serve(&ingestion, context, &registry, &stop).await
}

/// Ends with what fails it: whoever waits for its end wants to know.
async fn catch_up(ingestion: &Ingestion, mut context: Context, stop: &CancellationToken) -> Result<Outcome, Failure> {
    let lake = Lake::create(&context.settings.lake.0).await?;
    let report = ingestion.run(&lake, Until::CaughtUp, stop.clone()).await?;
    tell(&mut context.out, &report)?;
    if stop.is_cancelled() {
        return Err(
            anyhow::anyhow!("stopped by a signal before everything was caught up; run it again to go on").into()
        );
    }
    Ok(Outcome::Done)
}

/// Waits out what fails it.
async fn serve(
    ingestion: &Ingestion,
    mut context: Context,
    registry: &Registry,
    stop: &CancellationToken,
) -> Result<Outcome, Failure> {
    disk::register(registry, &context.settings.lake.0)?;
    let exporter = Exporter::without_values(registry.clone())?;
    let serving = Serving::start(&context.settings, exporter.clone(), stop.clone()).await?;
    let ended = services::ingest(ingestion, &context.settings, &exporter, stop).await;
    serving.finish().await?;
    if let Some(report) = ended? {
        tell(&mut context.out, &report)?;
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
