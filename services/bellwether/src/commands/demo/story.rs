//! What happens after the board: time goes on, and the numbers move.

use super::{feed::Feed, stage::Stage};
use crate::{board::words, failure::Failure, output::Out, service};
use evaluation::Results;
use indicators::{Scope, Tally, Values, WindowKind};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;

/// Between two evaluations, in real time.
const STEP: Duration = Duration::from_secs(5);
/// An hour of the data's own clock in a second of ours.
const MINUTES_A_SECOND: u128 = 60;

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
    steps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    steps.tick().await;
    while clock < last {
        steps.tick().await;
        let now = later(start, began.elapsed()).min(last);
        feed.send(stage.simulation.between(clock, now), false).await?;
        feed.settle().await?;
        clock = now;
        let evaluation;
        (results, evaluation) = stage.queries.store(&stage.evaluator, Some(results), clock).await?;
        service::publish(&stage.exporter, &evaluation.values);
        out.text(&line(&evaluation.values, feed.total()))?;
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
