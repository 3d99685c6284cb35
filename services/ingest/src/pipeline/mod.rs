//! The stages, in the order in which a record passes them, wired together and taken down in order.
//!
//! ```text
//!  thread        thread                     a task a stream    a task a stream
//!  consume ───► decode ─► pseudonymise ───► quarantine ──────► write
//!         chunks                      blocks           committable blocks
//! ```
//!
//! [`assign`] comes before them all, inside the thread of `consume`; [`shared`] is what they stand on.

pub(crate) mod assign;
pub(crate) mod consume;
mod decode;
mod pseudonymise;
mod quarantine;
pub(crate) mod shared;
pub(crate) mod write;

use crate::error::IngestError;
use consume::{Consume, chunk::Chunk, consume};
use decode::Decoders;
use pseudonymise::{Block, pseudonymise};
use quarantine::{DeadLetterProducer, Quarantine};
use shared::{Shared, Until};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    task::{AbortHandle, JoinError, JoinHandle, spawn_blocking},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use write::{
    Writer,
    commit::{Committer, StreamReport},
};

/// Chunks between consuming and decoding; each is one fetch.
const CHUNKS: usize = 2;
/// Blocks of a stream whose dead letters wait to be sent.
const BLOCKS: usize = 2;
/// Blocks between their dead letters and each stream's writer: what piles up while a batch is written.
const COMMITTABLE: usize = 8;
/// How long stages that are told to let go at once may take to do so.
const ABORT_LIMIT: Duration = Duration::from_secs(2);

/// The running stages.
pub(crate) struct Pipeline {
    consuming: JoinHandle<Result<(), IngestError>>,
    decoding: JoinHandle<Result<(), IngestError>>,
    streams: Vec<StreamStages>,
    drained: oneshot::Sender<()>,
    stop: CancellationToken,
}

/// Those that each stream has of its own.
struct StreamStages {
    quarantine: JoinHandle<Result<(), IngestError>>,
    writing: JoinHandle<Result<StreamReport, IngestError>>,
}

impl Pipeline {
    pub(crate) fn start(shared: &Arc<Shared>, until: Until, stop: CancellationToken) -> Result<Self, IngestError> {
        // Our own token: a failing stage stops the others, not the caller's further services.
        let stop = stop.child_token();
        let producer = DeadLetterProducer::new(&shared.settings.kafka)?;
        let (chunks, to_decode) = mpsc::channel(CHUNKS);
        let (drained, drain) = oneshot::channel();
        let mut blocks = Vec::new();
        let mut streams = Vec::new();
        for index in 0..shared.streams.len() {
            let (to_quarantine, stages) = StreamStages::start(shared, index, until, (&producer, &stop));
            blocks.push(to_quarantine);
            streams.push(stages);
        }
        let decoder = Arc::clone(shared);
        let decoding = spawn_blocking(move || decode_and_pseudonymise(&decoder, to_decode, &blocks));
        let consumer = Consume {
            shared: Arc::clone(shared),
            until,
            stop: stop.clone(),
            chunks,
            drained: drain,
            runtime: Handle::current(),
        };
        let consuming = spawn_blocking(move || consume(consumer));
        Ok(Self { consuming, decoding, streams, drained, stop })
    }

    /// Waits for each stage in the order of the flow: whether all that was in flight was committed, and what each stream
    /// did. The first error in that order which is a cause wins.
    pub(crate) async fn finish(self, shared: &Shared) -> Result<(bool, Vec<StreamReport>), IngestError> {
        let Self { mut consuming, decoding, streams, drained, stop } = self;
        let limit = shared.settings.ingest.drain_limit;
        let of_streams = streams.iter().flat_map(|of| [of.quarantine.abort_handle(), of.writing.abort_handle()]);
        let of_streams: Vec<AbortHandle> = of_streams.collect();
        // The reader ends reading by itself (caught up, failed) or by the token; then its channel closes, and the
        // later stages end one after the other. It only waits for `drained`.
        let mut later = tokio::spawn(later_stages(decoding, streams));
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
            of_streams.iter().for_each(AbortHandle::abort);
            // They let go of their tables, without which the reader cannot give up its partitions.
            let _ = timeout(ABORT_LIMIT, &mut later).await;
            drop(drained);
        }
        let consumed = blocking("consume", &mut consuming).await;
        let (decoded, written) = match ended {
            Some(ended) => ended.map_err(|_| IngestError::Stage { stage: "write" })?,
            None => (Ok(()), Vec::new()),
        };
        let reports = written.into_iter().collect::<Result<_, _>>()?;
        decoded.and(consumed)?;
        Ok((drained_in_time, reports))
    }
}

impl StreamStages {
    fn start(
        shared: &Arc<Shared>,
        index: usize,
        until: Until,
        (producer, stop): (&DeadLetterProducer, &CancellationToken),
    ) -> (mpsc::Sender<Block>, Self) {
        let (to_quarantine, blocks) = mpsc::channel(BLOCKS);
        let (committable, to_write) = mpsc::channel(COMMITTABLE);
        let (shared, producer) = (Arc::clone(shared), producer.clone());
        let committer = Committer { shared: Arc::clone(&shared), index };
        let quarantine = Quarantine { shared, index, producer, blocks, committable };
        let writer = Writer { committer, until, blocks: to_write };
        let quarantine = tokio::spawn(stopping(stop.clone(), quarantine.run()));
        (to_quarantine, Self { quarantine, writing: tokio::spawn(stopping(stop.clone(), writer.run())) })
    }

    /// An error of the earlier stage is the cause of what the later one lacks.
    async fn finish(self) -> Result<StreamReport, IngestError> {
        let quarantined = blocking("quarantine", self.quarantine).await;
        let written = blocking("write", self.writing).await;
        quarantined.and(written)
    }
}

/// Stages 2 and 3 on one thread: no queue, and nothing behind, ever holds the name of a person in a row.
fn decode_and_pseudonymise(
    shared: &Shared,
    mut chunks: mpsc::Receiver<Chunk>,
    blocks: &[mpsc::Sender<Block>],
) -> Result<(), IngestError> {
    let runtime = Handle::current();
    let mut decoders = Decoders::default();
    while let Some(chunk) = chunks.blocking_recv() {
        let index = chunk.stream;
        let decoded = decoders.decode(shared, chunk)?;
        let mut block = pseudonymise(shared, decoded)?;
        let started = Instant::now();
        block.room = runtime.block_on(shared.room.take(block.size()));
        if blocks[index].blocking_send(block).is_err() {
            return Ok(()); // A later stage has ended, and says why.
        }
        shared.metrics.waited("decode", started.elapsed());
    }
    Ok(())
}

type Written = Vec<Result<StreamReport, IngestError>>;

async fn later_stages(
    decoding: JoinHandle<Result<(), IngestError>>,
    streams: Vec<StreamStages>,
) -> (Result<(), IngestError>, Written) {
    let decoded = blocking("decode", decoding).await;
    let mut written = Vec::new();
    for stages in streams {
        written.push(stages.finish().await);
    }
    (decoded, written)
}

/// A stage of a stream that ends stops the rest, be it by an error or a panic: by itself it ends after all earlier ones.
async fn stopping<T>(stop: CancellationToken, stage: impl Future<Output = T>) -> T {
    let _stops_when_dropped = stop.drop_guard();
    stage.await
}

/// What a stage ended with; a panic is an error of its own.
pub(crate) async fn blocking<T>(
    stage: &'static str,
    task: impl Future<Output = Result<Result<T, IngestError>, JoinError>>,
) -> Result<T, IngestError> {
    task.await.unwrap_or(Err(IngestError::Stage { stage }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{metrics::Metrics, secret::PrivacyKey, settings::Settings};
    use prometheus::Registry;

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
        let pipeline = Pipeline { consuming, decoding, streams: Vec::new(), drained, stop };
        let ended = timeout(Duration::from_secs(10), pipeline.finish(&shared)).await.expect("it ends");
        assert!(matches!(ended, Err(IngestError::Stage { stage: "decode" })), "{ended:?}");
    }
}
