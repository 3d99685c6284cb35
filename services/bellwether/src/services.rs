//! What a serving process consists of: the signal that stops it, its HTTP side, ingestion and evaluation.
//!
//! Ingestion and evaluation wait out what fails them, and end by themselves only for wrong configuration (see
//! [`crate::retry`]); then they tell the others to stop.

use crate::{
    configured,
    digest::Desk,
    error_code::{ErrorCode, ListenError},
    evaluation::Evaluator,
    failure::Failure,
    retry::{keep, until_done},
    rollout::{Clock, Onlooker, Queries, Service},
    settings::Settings,
};
use ::ingest::{Ingestion, Report, Until};
use ::lake::Lake;
use contracts::Contracts;
use evaluation::{Results, Telemetry};
use exporter::{Exporter, Recency};
use indicators::Values;
use prometheus::Registry;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// What a shell expects of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Ingestion that has run for so long without a failure works; for longer where batches grow older before they are written.
const STEADY: Duration = Duration::from_secs(30);

/// A token that the first SIGINT or SIGTERM cancels, so that the work in hand is finished. The second one ends the process:
/// nothing is lost by it, because whatever was not committed is read again.
pub fn stop_signal() -> std::io::Result<CancellationToken> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        for nth in 0.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if nth > 0 {
                std::process::exit(INTERRUPTED);
            }
            tracing::info!("stopping; a second signal ends at once");
            stop.cancel();
        }
    });
    Ok(token)
}

/// The exporter, being served until its token is cancelled.
pub struct Serving {
    /// Where, with the port that was really taken.
    pub address: SocketAddr,
    /// `http` or `https`.
    pub scheme: &'static str,
    task: JoinHandle<Result<(), exporter::ServeError>>,
}

impl Serving {
    /// Binds `http.listen`, so that a taken port is told before any work begins, and serves to whom `http.web_config_file` says.
    pub async fn start(settings: &Settings, exporter: Exporter, stop: CancellationToken) -> Result<Self, Failure> {
        let (listen, access) = (settings.listen, configured::access(settings).map_err(Failure::usage)?);
        let scheme = access.scheme();
        let listener = TcpListener::bind(listen).await.map_err(|source| ListenError { listen, source })?;
        let address = listener.local_addr()?;
        let serving = async move {
            let ended = exporter::serve(listener, exporter, access, stop.clone()).await;
            // Where nobody can see what the others do, they end, too.
            stop.cancel();
            ended
        };
        Ok(Self { address, scheme, task: tokio::spawn(serving) })
    }

    /// Waits until the last request is answered.
    pub async fn finish(self) -> Result<(), Failure> {
        Ok(self.task.await??)
    }
}

/// The exporter of a service that evaluates: ready while its values are recent by that clock.
pub fn exporter(settings: &Settings, registry: &Registry, clock: Clock) -> Result<Exporter, prometheus::Error> {
    Exporter::recent(registry.clone(), Recency::new(settings.ready_max_age, move || clock.now()))
}

/// Kafka to the lake, until `stop`. Creates the lake where there is none.
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
    /// What else looks at the results.
    pub onlooker: Onlooker,
}

/// Evaluates the lake that `open` returns and has the exporter serve it, until `stop`.
pub async fn evaluate<F: Future<Output = Result<Lake, Failure>>>(
    evaluation: Evaluation,
    settings: &Settings,
    exporter: &Exporter,
    open: impl FnMut() -> F,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let Evaluation { contracts, telemetry, queries, clock, onlooker } = evaluation;
    let health = exporter.service("evaluation");
    let running = async {
        let Some(lake) = until_done(&health, stop, open).await? else { return Ok(()) };
        let evaluator = Evaluator::new(lake, contracts).observed(telemetry);
        Service::new(settings, evaluator, exporter.clone(), health, clock, onlooker).run(queries, stop).await
    };
    ending(stop, running).await
}

/// The weekly digest of what is evaluated, and beside it another onlooker; `None` where nobody is to be told.
pub fn digests(settings: &Settings, mut other: Onlooker) -> Result<(Option<Desk>, Onlooker), Failure> {
    Ok(match Desk::open(settings)? {
        None => (None, other),
        Some((desk, mut offer)) => {
            let both = move |results: &Results, values: &Values| {
                other(results, values);
                offer.offer(values);
            };
            (Some(desk), Box::new(both))
        }
    })
}

/// Sends digests until `stop`, where anybody is to be told.
pub async fn tell(desk: Option<Desk>, exporter: &Exporter, stop: &CancellationToken) {
    if let Some(desk) = desk {
        desk.run(&exporter.service("digest"), stop).await;
    }
}

/// Ends the others, too.
async fn ending<T>(stop: &CancellationToken, service: impl Future<Output = T>) -> T {
    let ended = service.await;
    stop.cancel();
    ended
}
