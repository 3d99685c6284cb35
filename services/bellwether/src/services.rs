//! The services that a process can hold beside its exporter: each waits out what fails it, and ends by itself only for wrong
//! configuration (see [`crate::retry`]); then it tells the others to stop.

use crate::{
    error_code::ErrorCode,
    evaluation::Evaluator,
    failure::Failure,
    retry::{keep, until_done},
    rollout::Queries,
    service::{Clock, Service},
    settings::Settings,
};
use ::ingest::{Ingestion, Report, Until};
use ::lake::Lake;
use contracts::Contracts;
use evaluation::Telemetry;
use exporter::{Exporter, Recency};
use prometheus::Registry;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Ingestion that has run for so long without a failure works; for longer where batches grow older before they are written.
const STEADY: Duration = Duration::from_secs(30);

/// The exporter of a service that evaluates: ready while its values are recent by that clock.
pub fn exporter(settings: &Settings, registry: &Registry, clock: Clock) -> Result<Exporter, prometheus::Error> {
    Exporter::recent(registry.clone(), Recency::new(settings.ready_max_age, move || clock.now()))
}

/// Kafka to the lake, until `stop`. Lays the lake out where there is none.
pub async fn ingest(
    ingestion: &Ingestion,
    settings: &Settings,
    exporter: &Exporter,
    stop: &CancellationToken,
) -> Result<Option<Report>, Failure> {
    let (health, url) = (exporter.service("ingest"), &settings.lake.0);
    let running = async {
        // Only the first time: a volume that is unmounted later is no place for a new lake.
        let opened = until_done(&health, stop, || async { Ok(Lake::create(url).await?) });
        let Some(lake) = opened.await? else { return Ok(None) };
        let steady = STEADY.max(2 * settings.ingest.flush_age);
        keep(&health, steady, stop, || async { Ok(ingestion.run(&lake, Until::Stopped, stop.clone()).await?) }).await
    };
    let telling = ingestion.watch_broker(stop, |down| match down {
        Some(error) => exporter.note("Kafka", &error.to_string(), ErrorCode::of(error).map(ErrorCode::id)),
        None => exporter.clear("Kafka"),
    });
    tokio::join!(ending(stop, running), telling).0
}

/// What the evaluating service stands on.
pub struct Evaluation {
    /// The event contracts.
    pub contracts: Contracts,
    /// How queries fare.
    pub telemetry: Telemetry,
    /// The folder of queries.
    pub queries: Queries,
    /// Which moment it is about.
    pub clock: Clock,
}

/// Evaluates the lake that `open` gives and has the exporter serve it, until `stop`.
pub async fn evaluate<F: Future<Output = Result<Lake, Failure>>>(
    evaluation: Evaluation,
    settings: &Settings,
    exporter: &Exporter,
    open: impl FnMut() -> F,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let Evaluation { contracts, telemetry, queries, clock } = evaluation;
    let health = exporter.service("evaluation");
    let running = async {
        let Some(lake) = until_done(&health, stop, open).await? else { return Ok(()) };
        let evaluator = Evaluator::new(lake, contracts).observed(telemetry);
        Service::new(settings, evaluator, exporter.clone(), health, clock).run(queries, stop).await
    };
    ending(stop, running).await
}

/// Ends the others, too.
async fn ending<T>(stop: &CancellationToken, service: impl Future<Output = T>) -> T {
    let ended = service.await;
    stop.cancel();
    ended
}
