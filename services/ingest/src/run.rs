//! Wires the stages together, and takes them down in order.

use crate::{
    IngestError, Settings, dead_letter_topics,
    metrics::Metrics,
    pipeline::{
        consume::{Consume, consume},
        decode::decode,
        quarantine::Quarantine,
        write::Writer,
    },
    probe::Probe,
    state::{Shared, Stream, StreamTable},
};
use contracts::Contracts;
use lake::{Lake, TableSpec};
use prometheus::Registry;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    task::{AbortHandle, JoinError, JoinHandle, spawn_blocking},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Chunks between consuming and decoding; each is one fetch.
const CHUNKS: usize = 2;
/// Blocks between decoding and each stream's writer: what piles up while a batch is written.
const BLOCKS: usize = 8;
/// How long writers that are told to let go at once may take to do so.
const ABORT_LIMIT: Duration = Duration::from_secs(2);

/// When to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// When every partition is committed up to the end that it had when it was read to its end.
    CaughtUp,
    /// When the token is cancelled.
    Stopped,
}

/// What a run did, by stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// By stream name; a stream without records is there with zeros.
    pub streams: BTreeMap<String, StreamReport>,
    /// Whether everything in flight was committed within the drain limit. What was not is read again next time.
    pub drained: bool,
}

/// What a run did in one stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct StreamReport {
    /// Rows committed.
    pub rows: u64,
    /// Bytes of the values behind them and behind the dead letters.
    pub bytes: u64,
    /// Records that went to the dead-letter topic.
    pub dead_letters: u64,
    /// Commits.
    pub commits: u64,
    /// Batches dropped because another writer had been faster.
    pub fenced: u64,
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
    let topics: Vec<String> = contracts.iter().map(|contract| contract.topic().to_owned()).collect();
    dead_letter_topics::create_missing(&settings, &topics).await?;
    let checking = tokio::spawn(dead_letter_topics::check(settings.clone(), topics));
    let shared = Arc::new(Shared::new(settings, metrics, streams));
    let report = Pipeline::start(&shared, until, stop)?.finish(&shared).await;
    checking.abort();
    if report.is_ok() {
        shared.metrics.shared_out(&BTreeSet::new()); // it left the group: others have what it had
    }
    report
}

/// The running stages.
struct Pipeline {
    consuming: JoinHandle<Result<(), IngestError>>,
    decoding: JoinHandle<Result<(), IngestError>>,
    writing: Vec<JoinHandle<Result<StreamReport, IngestError>>>,
    drained: oneshot::Sender<()>,
    stop: CancellationToken,
}

impl Pipeline {
    fn start(shared: &Arc<Shared>, until: Until, stop: CancellationToken) -> Result<Self, IngestError> {
        // Our own token: a failing stage stops the others, not the caller's further services.
        let stop = stop.child_token();
        let quarantine = Quarantine::new(&shared.settings.kafka)?;
        let (chunks, to_decode) = mpsc::channel(CHUNKS);
        let (drained, drain) = oneshot::channel();
        let mut blocks = Vec::new();
        let mut writing = Vec::new();
        for index in 0..shared.streams.len() {
            let (sender, receiver) = mpsc::channel(BLOCKS);
            blocks.push(sender);
            let quarantine = quarantine.clone();
            let writer = Writer { shared: Arc::clone(shared), index, until, quarantine, blocks: receiver };
            writing.push(tokio::spawn(stopping(stop.clone(), writer.run())));
        }
        let decoder = Arc::clone(shared);
        let decoding = spawn_blocking(move || decode(&decoder, to_decode, &blocks));
        let consumer = Consume {
            shared: Arc::clone(shared),
            until,
            stop: stop.clone(),
            chunks,
            drained: drain,
            runtime: Handle::current(),
        };
        let consuming = spawn_blocking(move || consume(consumer));
        Ok(Self { consuming, decoding, writing, drained, stop })
    }

    /// Waits for each stage in the order of the flow. The first error in that order which is a cause wins.
    async fn finish(self, shared: &Shared) -> Result<Report, IngestError> {
        let Self { mut consuming, decoding, writing, drained, stop } = self;
        let limit = shared.settings.ingest.drain_limit;
        let writers: Vec<AbortHandle> = writing.iter().map(JoinHandle::abort_handle).collect();
        // The reader ends reading by itself (caught up, failed) or by the token; then its channel closes, and the
        // later stages end one after the other. It only waits for `drained`.
        let mut later = tokio::spawn(later_stages(decoding, writing));
        let ended = tokio::select! {
            done = &mut later => Some(done),
            () = stop.cancelled() => timeout(limit, &mut later).await.ok(),
        };
        // Where a later stage has ended by itself there is nobody left to read for.
        stop.cancel();
        let drained_in_time = ended.is_some();
        if drained_in_time {
            let _ = drained.send(());
        } else {
            tracing::warn!(seconds = limit.as_secs(), "what is in flight was not committed in time; it is read again");
            shared.abandon();
            writers.iter().for_each(AbortHandle::abort);
            // They let go of their tables, without which the reader cannot give up its partitions.
            let _ = timeout(ABORT_LIMIT, &mut later).await;
            drop(drained);
        }
        let consumed = blocking("consume", &mut consuming).await;
        let (decoded, written) = match ended {
            Some(ended) => ended.map_err(|_| IngestError::Stage { stage: "write" })?,
            None => (Ok(()), Vec::new()),
        };
        let mut report = Report { drained: drained_in_time, ..Report::default() };
        for (stream, written) in shared.streams.iter().zip(written) {
            report.streams.insert(stream.name().to_owned(), written?);
        }
        decoded.and(consumed)?;
        Ok(report)
    }
}

type Written = Vec<Result<StreamReport, IngestError>>;

async fn later_stages(
    decoding: JoinHandle<Result<(), IngestError>>,
    writing: Vec<JoinHandle<Result<StreamReport, IngestError>>>,
) -> (Result<(), IngestError>, Written) {
    let decoded = blocking("decode", decoding).await;
    let mut written = Vec::new();
    for writer in writing {
        written.push(blocking("write", writer).await);
    }
    (decoded, written)
}

/// A writer that ends stops the rest, be it by an error or a panic: by itself it ends after all others.
async fn stopping<T>(stop: CancellationToken, stage: impl Future<Output = T>) -> T {
    let _stops_when_dropped = stop.drop_guard();
    stage.await
}

async fn blocking<T>(
    stage: &'static str,
    task: impl Future<Output = Result<Result<T, IngestError>, JoinError>>,
) -> Result<T, IngestError> {
    task.await.unwrap_or(Err(IngestError::Stage { stage }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PrivacyKey;

    /// The reader hears of nothing but the token while its topics are quiet.
    #[tokio::test]
    async fn a_decoder_that_panics_ends_the_run() {
        let key = PrivacyKey::new("0123456789abcdef").unwrap();
        let settings = Settings::new(Default::default(), Default::default(), key).unwrap();
        let shared = Shared::new(settings, Metrics::new(&Registry::new()).unwrap(), Vec::new());
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let consuming = tokio::spawn(async move {
            stopped.cancelled().await;
            Ok(())
        });
        let decoding = spawn_blocking(|| panic!("on purpose"));
        let (drained, _drain) = oneshot::channel();
        let pipeline = Pipeline { consuming, decoding, writing: Vec::new(), drained, stop };
        let ended = timeout(Duration::from_secs(10), pipeline.finish(&shared)).await.expect("it ends");
        assert!(matches!(ended, Err(IngestError::Stage { stage: "decode" })), "{ended:?}");
    }
}
