//! One run: opens the tables, starts the pipeline, and reports what it did.

use crate::{
    dead_letters::topics,
    error::IngestError,
    metrics::Metrics,
    pipeline::{
        Pipeline,
        assign::probe::Probe,
        blocking,
        shared::{Shared, Stream, StreamTable, Until},
        write::commit::StreamReport,
    },
    settings::Settings,
};
use contracts::Contracts;
use lake::{Lake, TableSpec};
use prometheus::Registry;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// What a run did, by stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// By stream name; a stream without records is there with zeros.
    pub streams: BTreeMap<String, StreamReport>,
    /// Whether everything in flight was committed within the drain limit. What was not is read again next time.
    pub drained: bool,
}

/// Reads every stream's topic into its table, until `until` says so or `stop` is cancelled; then commits what is in
/// flight, within the drain limit, and leaves the group.
///
/// Ends with an error if a broker is out of reach, the lake refuses, or a partition had to be stopped
/// ([`IngestError::Positions`]; the other partitions have gone on to their end by then).
pub async fn run(
    settings: Settings,
    contracts: &Contracts,
    lake: &Lake,
    registry: &Registry,
    until: Until,
    stop: CancellationToken,
) -> Result<Report, IngestError> {
    run_with(settings, contracts, lake, Metrics::new(registry)?, until, stop).await
}

/// The same with metrics that may have served a run before.
pub(crate) async fn run_with(
    settings: Settings,
    contracts: &Contracts,
    lake: &Lake,
    metrics: Metrics,
    until: Until,
    stop: CancellationToken,
) -> Result<Report, IngestError> {
    // A key that is not the lake's is told at once, be a broker there or not.
    lake.bind_key(&settings.key.fingerprint()).await?;
    let probe = Probe::new(&settings)?;
    let cluster = tokio::select! {
        cluster = blocking("probe", spawn_blocking(move || probe.cluster_id())) => cluster?,
        // Nothing has begun: there is nothing to drain.
        () = stop.cancelled() => return Ok(Report { drained: true, ..Report::default() }),
    };
    let mut streams = Vec::new();
    for contract in contracts.iter() {
        let spec = TableSpec::stream(contract, &cluster);
        let opened = match settings.ingest.accept_gap {
            true => lake.writer_of_restored(&spec).await,
            false => lake.writer(&spec).await,
        };
        let writer = opened.map_err(IngestError::table(contract.name()))?;
        let table = StreamTable { writer, owned: BTreeMap::new() };
        streams.push(Arc::new(Stream { contract: Arc::clone(contract), schema: spec.schema, table: table.into() }));
    }
    tracing::info!(brokers = settings.kafka.brokers, %cluster, streams = streams.len(), "ingesting");
    let sources: Vec<String> = contracts.iter().map(|contract| contract.topic().to_owned()).collect();
    topics::create_missing(&settings, &sources).await?;
    let checking = tokio::spawn(topics::check(settings.clone(), sources));
    let shared = Arc::new(Shared::new(settings, metrics, streams));
    let ended = Pipeline::start(&shared, until, stop)?.finish(&shared).await;
    checking.abort();
    let (drained, reports) = ended?;
    shared.metrics.rebalanced(&BTreeSet::new()); // it left the group: others have what it had
    let names = shared.streams.iter().map(|stream| stream.name().to_owned());
    Ok(Report { streams: names.zip(reports).collect(), drained })
}
