//! `demo`: the whole way, from events to the board, on an embedded broker.
//!
//! ```text
//!  simulator ─feed─► embedded broker ─► ingest ─► lake ─► evaluation ─► board (and, without --once, the exporter)
//!      ▲  no faster than it is consumed: the broker keeps 5 MiB a partition
//! ```

mod arguments;
mod feed;
mod stage;

pub use arguments::Arguments;

use super::Context;
use crate::{
    board,
    error_code::ErrorCode,
    failure::{Failure, Outcome},
    output::{Format, Out},
    rollout,
    services::{self, Serving},
};
use evaluation::Results;
use feed::Feed;
use indicators::{
    Scope, Tally, Values, WindowKind,
    board::{Board, words},
};
use jiff::{SignedDuration, Timestamp};
use stage::{KEY, Stage};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Between two evaluations, in real time.
const STEP: Duration = Duration::from_secs(5);
/// An hour of the data's own clock in a second of ours.
const MINUTES_A_SECOND: u128 = 60;

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let stop = services::stop_signal()?;
    let (stage, mut ingesting) = Stage::set(&arguments, &mut context.settings).await?;
    // Bound before the work, so that a taken port is told at once; there is nothing to serve with --once.
    let serving = if arguments.once { None } else { Some(stage.serve(&context.settings, &stop).await?) };
    let shown = tokio::select! {
        shown = show(&stage, &arguments, &mut context, serving.as_ref(), &stop) => shown,
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
        "\nThe lake is kept: with BELLWETHER__LAKE__URL={folder} `board`, `sql` and `query run` read it, and `run` \
         serves it with BELLWETHER__PRIVACY__KEY_FILE={folder}/{KEY}"
    )
}

async fn show(
    stage: &Stage,
    arguments: &Arguments,
    context: &mut Context,
    serving: Option<&Serving>,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let mut feed = Feed::new(stage).await?;
    let simulation = Arc::clone(&stage.simulation);
    feed.send(simulation.arrivals(), true).await?;
    feed.settle().await?;
    tracing::info!(as_of = %simulation.plan.end, "evaluating");
    let (results, evaluation) = stage.queries.store(&stage.evaluator, None, simulation.plan.end).await?;
    if !evaluation.failed.is_empty() {
        let failed = anyhow::anyhow!("these queries failed, see the log: {}", evaluation.failed.join(", "));
        return Err(Failure::from(failed).coded(ErrorCode::QueryFailed));
    }
    board::write(&mut context.out, Format::Table, &Board::new(&evaluation.values))?;
    if let Some(folder) = &arguments.data {
        context.out.text(&again(folder))?;
    }
    let Some(Serving { address, scheme, .. }) = serving else { return Ok(()) };
    rollout::publish(&stage.exporter, Arc::new(evaluation.values));
    context.out.text(&format!(
        "\nThe pages are at {scheme}://{address}/, metrics at {scheme}://{address}/metrics. From now on an hour passes each second; Ctrl-C ends."
    ))?;
    go_on(stage, results, &mut feed, &mut context.out, stop).await
}

/// Plays the weeks after the simulation's end until they are over, then serves on until `stop`.
pub async fn go_on(
    stage: &Stage,
    mut results: Results,
    feed: &mut Feed,
    out: &mut Out,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let start = stage.simulation.plan.end;
    let last = stage.simulation.afterwards().last().map_or(start, |delivery| delivery.arrives);
    let (began, mut clock) = (Instant::now(), start);
    let mut steps = interval(STEP);
    steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    steps.tick().await;
    while clock < last {
        steps.tick().await;
        let now = later(start, began.elapsed()).min(last);
        feed.send(stage.simulation.between(clock, now), false).await?;
        feed.settle().await?;
        clock = now;
        let evaluation;
        (results, evaluation) = stage.queries.store(&stage.evaluator, Some(results), clock).await?;
        out.text(&line(&evaluation.values, feed.total()))?;
        rollout::publish(&stage.exporter, Arc::new(evaluation.values));
    }
    out.text("The simulated weeks are over; the metrics are still served. Ctrl-C ends.")?;
    stop.cancelled().await;
    Ok(())
}

/// The data's own clock, in whole minutes.
fn later(start: Timestamp, elapsed: Duration) -> Timestamp {
    let minutes = i64::try_from(elapsed.as_millis() * MINUTES_A_SECOND / 1_000).unwrap_or(i64::MAX);
    start.checked_add(SignedDuration::from_secs(minutes.saturating_mul(60))).unwrap_or(start)
}

/// The company's running week in the core metrics, in one line; what may not be shown before it is over, as it was last week.
fn line(values: &Values, events: u64) -> String {
    let core = values.metrics.iter().filter(|m| m.metric.group.is_none());
    let company = core.filter_map(|m| {
        let series = m.series.iter().find(|s| s.scope == Scope::Company && s.labels.is_empty())?;
        let running = series.windows.get(&WindowKind::WeekToDate).map(|window| (window, "this week so far"));
        let (window, which) = running.or(series.windows.get(&WindowKind::Week).map(|window| (window, "last week")))?;
        Some(format!("{} {} {which}", words::title(&m.metric), words::tenths(&m.metric, window.value)))
    });
    let company: Vec<String> = company.collect();
    let clock = values.as_of.strftime("%a %-d %b %H:%M");
    let Tally { lagging, silent, .. } = Tally::of(values);
    format!("{clock}  {}  |  {lagging} lagging, {silent} silent  |  {events} events", company.join(" · "))
}
