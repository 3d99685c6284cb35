//! `demo`: the whole way, from events to the board, on an embedded broker.
//!
//! ```text
//!  simulator ─feed─► embedded broker ─► ingest ─► lake ─► evaluation ─► board (and, without --once, the exporter)
//!      ▲  no faster than it is consumed: the broker keeps 5 MiB a partition
//! ```

mod feed;
mod stage;
mod story;

use super::{Context, simulate::PlanArgs};
use crate::{
    board,
    failure::{Failure, Outcome},
    output::Format,
    service, shutdown,
};
use feed::Feed;
use stage::{KEY, Stage};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// Arguments.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// End once the board is shown
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    plan: PlanArgs,
    /// The metrics of the catalogue, too (queries/CATALOGUE.md)
    #[arg(long)]
    catalogue: bool,
    /// Folder for the lake, empty or not there yet [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to serve /metrics (not with --once) [default: the setting http.listen]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let stop = shutdown::token()?;
    let (stage, mut ingesting) = Stage::set(&arguments, &mut context.settings).await?;
    // Bound before the work, so that a taken port is told at once; there is nothing to serve with --once.
    let serving = if arguments.once { None } else { Some(stage.serve(&context.settings, &stop).await?) };
    let shown = tokio::select! {
        shown = show(&stage, &arguments, &mut context, serving.as_ref().map(|s| s.address), &stop) => shown,
        failed = ingesting.failed() => Err(failed),
        () = stop.cancelled() => Ok(()),
    };
    stop.cancel();
    let ingested = ingesting.finish().await;
    if let Some(serving) = serving {
        serving.finish().await?;
    }
    shown?;
    ingested?;
    Ok(Outcome::Done)
}

/// What can be done with a lake that stays.
fn again(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "\nThe lake stays: with BELLWETHER__LAKE__URL={folder} `board`, `sql` and `query run` look at it, and `run` \
         serves it with BELLWETHER__PRIVACY__KEY_FILE={folder}/{KEY}"
    )
}

async fn show(
    stage: &Stage,
    arguments: &Arguments,
    context: &mut Context,
    address: Option<SocketAddr>,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let mut feed = Feed::new(stage).await?;
    let simulation = Arc::clone(&stage.simulation);
    feed.send(simulation.arrivals(), true).await?;
    feed.settle().await?;
    tracing::info!(as_of = %simulation.plan.end, "evaluating");
    let (results, evaluation) = stage.queries.store(&stage.evaluator, None, simulation.plan.end).await?;
    if !evaluation.failed.is_empty() {
        return Err(anyhow::anyhow!("these queries failed, see the log: {}", evaluation.failed.join(", ")).into());
    }
    board::write(&mut context.out, Format::Table, &evaluation.values)?;
    if let Some(folder) = &arguments.data {
        context.out.text(&again(folder))?;
    }
    let Some(address) = address else { return Ok(()) };
    service::publish(&stage.exporter, &evaluation.values);
    context
        .out
        .text(&format!("\nMetrics at http://{address}/metrics. Time goes on, an hour a second; Ctrl-C ends."))?;
    story::go_on(stage, results, &mut feed, &mut context.out, stop).await
}
