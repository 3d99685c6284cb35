//! Stage 1: records out of Kafka, in batches, each tagged with the generation of its partition.
//!
//! Runs on a thread of its own: librdkafka blocks, and its callbacks ([`crate::pipeline::assign`]) run here.

pub(crate) mod chunk;
mod setback;
mod withheld;

use crate::{
    client::{self, fatal, receive_limit},
    error::IngestError,
    pipeline::{
        assign::{Assigner, probe::Probe},
        shared::{
            Shared, StreamPartition, Until,
            librdkafka::{FetchQueue, QueueSlot},
        },
    },
};
use chunk::{Chunk, FailedPartition, sort};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
};
use setback::{Outage, Setback, weigh};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use withheld::Watch;

/// Entries of one fetch: enough to decode column by column, few enough to stay in the cache.
const FETCH: usize = 8192;
/// Rebalances and heartbeats are served between fetches, so a quiet topic must not hold them up.
const FETCH_WAIT: Duration = Duration::from_millis(20);
/// How often lag is measured, offsets are shown to Kafka's monitors and partitions of others are looked at.
const CHORES: Duration = Duration::from_secs(1);

/// The stage's ends.
pub(crate) struct Consume {
    pub(crate) shared: Arc<Shared>,
    pub(crate) until: Until,
    pub(crate) stop: CancellationToken,
    pub(crate) chunks: mpsc::Sender<Chunk>,
    /// Resolves when everything that was handed on has been committed or dropped; is dropped when that took too long.
    pub(crate) drained: oneshot::Receiver<()>,
    pub(crate) runtime: tokio::runtime::Handle,
}

/// Reads until stopped, or until all that was there is committed; then waits for the later stages and leaves the group.
pub(crate) fn consume(stage: Consume) -> Result<(), IngestError> {
    let Consume { shared, until, stop, chunks, drained, runtime } = stage;
    let probe = Probe::new(&shared.settings)?;
    let topics: Vec<&str> = (0..shared.streams.len()).map(|stream| shared.topic(stream)).collect();
    let expected = expected(&probe, &topics)?;
    let slot = Arc::new(QueueSlot::default());
    let assigner = Assigner::new(Arc::clone(&shared), probe, runtime, Arc::clone(&slot));
    let consumer: Arc<BaseConsumer<Assigner>> = client::consumer(&shared.settings.kafka, &shared.settings.ingest.group)
        .create_with_context(assigner)
        .map(Arc::new)
        .map_err(IngestError::kafka("creating the consumer"))?;
    let queue = FetchQueue::new(Arc::clone(&consumer), slot);
    consumer.subscribe(&topics).map_err(IngestError::kafka("subscribing"))?;
    let watch = Watch::new(&shared.settings)?;
    let mut reader =
        Reader { shared, until, chunks, consumer, queue, expected, chores: Instant::now(), outage: None, watch };
    let outcome = reader.read(&stop);
    // Closing the channel lets the later stages finish; the consumer stays a member of the group until they have.
    let Reader { shared, chunks, consumer, queue, .. } = reader;
    drop(chunks);
    if drained.blocking_recv().is_ok() {
        show_lag(&shared, &queue);
        show_offsets(&shared, &consumer, CommitMode::Sync);
    }
    // Leaving the group gives up partitions, the stopped ones too.
    let stopped: Vec<_> = std::mem::take(&mut shared.progress().stopped).into_values().collect();
    drop(queue);
    outcome?;
    if stopped.is_empty() { Ok(()) } else { Err(IngestError::Positions(stopped)) }
}

fn expected(probe: &Probe, topics: &[&str]) -> Result<BTreeSet<StreamPartition>, IngestError> {
    let mut expected = BTreeSet::new();
    for (stream, partitions) in probe.partitions(topics)?.into_iter().enumerate() {
        if partitions.is_empty() {
            tracing::warn!(topic = topics[stream], "no such topic: it counts as empty, and is read once it appears");
        }
        expected.extend(partitions.into_iter().map(|partition| (stream, partition)));
    }
    Ok(expected)
}

struct Reader {
    shared: Arc<Shared>,
    until: Until,
    chunks: mpsc::Sender<Chunk>,
    queue: FetchQueue<Assigner>,
    consumer: Arc<BaseConsumer<Assigner>>,
    /// Partitions that there were at the start.
    expected: BTreeSet<StreamPartition>,
    chores: Instant,
    outage: Option<Outage>,
    /// On the partitions of other members of the group.
    watch: Watch,
}

impl Reader {
    fn read(&mut self, stop: &CancellationToken) -> Result<(), IngestError> {
        while !stop.is_cancelled() {
            self.serve(Duration::ZERO)?;
            if self.shared.progress().fenced {
                self.consumer.context().reassign(&self.consumer);
                self.consumer.context().assigned().failure.take().map_or(Ok(()), Err)?;
            }
            for chunk in self.fetch()? {
                if !self.hand_on(chunk, stop)? {
                    return Ok(());
                }
            }
            if self.chores.elapsed() >= CHORES {
                self.chores()?;
                self.chores = Instant::now();
            }
            if self.until == Until::CaughtUp && self.caught_up() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn fetch(&mut self) -> Result<Vec<Chunk>, IngestError> {
        let fetched = self.queue.fetch(FETCH, FETCH_WAIT);
        let sorted = sort(&self.shared, &mut self.consumer.context().assigned().cursors, fetched);
        if sorted.heard {
            self.outage = None;
        }
        // In this order: what came before a failure does not end the wait for what failed.
        self.note_progress(&sorted.chunks);
        sorted.failed.into_iter().try_for_each(|failure| self.set_back(&failure))?;
        Ok(sorted.chunks)
    }

    /// One partition cannot be read on; the others do not notice.
    fn set_back(&self, failure: &FailedPartition) -> Result<(), IngestError> {
        let context = self.consumer.context();
        let topic = self.shared.topic(failure.place.0);
        let range = self.queue.watermarks(topic, failure.place.1);
        match weigh(topic, failure, range, receive_limit(&self.shared.settings.kafka))? {
            Setback::Stops(error) => context.stop(&self.consumer, failure.place, error),
            Setback::Waits => context.wait(failure.place, Some(failure.next), &failure.text),
        }
        Ok(())
    }

    /// Partitions that have read past what they waited for are waited for no more.
    fn note_progress(&self, chunks: &[Chunk]) {
        let context = self.consumer.context();
        if context.assigned().waits.is_empty() {
            return;
        }
        for (stream, span) in chunks.iter().flat_map(|chunk| chunk.spans.iter().map(|span| (chunk.stream, span))) {
            let place = (stream, span.partition);
            let passed = context.assigned().waits.passed(&place, span.next, span.end.is_some());
            if passed {
                context.proceeds(&place);
            }
        }
    }

    /// Runs callbacks, and looks at what librdkafka has to say.
    fn serve(&mut self, limit: Duration) -> Result<(), IngestError> {
        match self.consumer.poll(limit) {
            None => {}
            // Cannot be: partitions forward to our queue. If it were, going on would lose this record.
            Some(Ok(_)) => self.shared.progress().fenced = true,
            Some(Err(error)) => self.weigh(error)?,
        }
        self.consumer.context().assigned().failure.take().map_or(Ok(()), Err)
    }

    fn weigh(&mut self, error: KafkaError) -> Result<(), IngestError> {
        use RDKafkaErrorCode::{
            AllBrokersDown, BrokerTransportFailure, UnknownPartition, UnknownTopic, UnknownTopicOrPartition,
        };
        if fatal(&error) {
            return Err(IngestError::Kafka { context: "consuming".into(), source: error });
        }
        match error.rdkafka_error_code() {
            Some(AllBrokersDown) => {
                self.outage.get_or_insert_default().say(&self.shared.settings.kafka.brokers);
            }
            Some(BrokerTransportFailure) => tracing::debug!(%error, "connection lost"),
            Some(UnknownTopicOrPartition | UnknownTopic | UnknownPartition) => {
                tracing::debug!(%error, "a topic does not exist yet");
            }
            _ => tracing::warn!(%error, "librdkafka reports an error and goes on"),
        }
        Ok(())
    }

    /// Waits for room while serving callbacks. False when the later stages are gone or a stop is due.
    fn hand_on(&mut self, chunk: Chunk, stop: &CancellationToken) -> Result<bool, IngestError> {
        let mut chunk = chunk;
        let started = Instant::now();
        loop {
            match self.chunks.try_send(chunk) {
                Ok(()) => break,
                Err(mpsc::error::TrySendError::Closed(_)) => return Ok(false),
                Err(mpsc::error::TrySendError::Full(back)) => chunk = back,
            }
            if stop.is_cancelled() {
                return Ok(false);
            }
            self.serve(Duration::from_millis(5))?;
        }
        self.shared.metrics.waited("consume", started.elapsed());
        Ok(true)
    }

    fn chores(&mut self) -> Result<(), IngestError> {
        let context = self.consumer.context();
        context.attach(&self.consumer);
        show_lag(&self.shared, &self.queue);
        show_offsets(&self.shared, &self.consumer, CommitMode::Async);
        if context.returned() || context.look_again()? {
            self.shared.progress().fenced = true;
        }
        if self.until == Until::CaughtUp || self.watch.is_due() {
            self.look_at_others()?;
        }
        if self.until == Until::CaughtUp {
            self.consumer.context().bearable()?;
            self.outage.as_ref().map_or(Ok(()), |outage| outage.bearable(&self.shared.settings.kafka.brokers))?;
        }
        Ok(())
    }

    /// Everything that was there is committed: ours by what was seen, the others' by what the tables say.
    fn caught_up(&self) -> bool {
        if self.expected.is_empty() {
            return true;
        }
        if self.consumer.context().assigned().partitions.is_none() {
            return false;
        }
        let waits = !self.consumer.context().assigned().waits.is_empty();
        let progress = self.shared.progress();
        let ours = progress.reached.iter().all(|(place, reached)| {
            progress.stopped.contains_key(place) || reached.end.is_some_and(|end| reached.committed >= end)
        });
        let all = self.expected.iter().all(|p| progress.reached.contains_key(p) || progress.stopped.contains_key(p));
        !progress.fenced && !waits && ours && (all || self.watch.caught_up())
    }

    fn look_at_others(&mut self) -> Result<(), IngestError> {
        let context = self.consumer.context();
        if self.until == Until::Stopped {
            // A service outlives what there was at its start.
            self.expected.extend(context.existing());
        }
        let heard = self.watch.look(&self.shared, &self.consumer, &self.expected, self.until)?;
        if heard {
            self.outage = None;
        }
        Ok(())
    }
}

/// Shows lag: records between what is committed to the lake and the end of each partition.
fn show_lag(shared: &Shared, queue: &FetchQueue<Assigner>) {
    for ((stream, partition), reached) in &shared.progress().reached {
        let topic = shared.topic(*stream);
        if let Some(high) = queue.high_watermark(topic, *partition) {
            let lag = high.saturating_sub(reached.committed).max(0);
            shared.metrics.lag.with_label_values(&[topic, &partition.to_string()]).set(lag);
        }
    }
}

/// Tells Kafka how far the tables are, for its own lag monitors. Nothing reads it back.
fn show_offsets(shared: &Shared, consumer: &BaseConsumer<Assigner>, mode: CommitMode) {
    let reached = std::mem::take(&mut shared.progress().uncommitted);
    let mut list = TopicPartitionList::new();
    for ((stream, partition), next) in reached {
        let _ = list.add_partition_offset(shared.topic(stream), partition, Offset::Offset(next));
    }
    if list.count() > 0
        && let Err(error) = consumer.commit(&list, mode)
    {
        tracing::debug!(%error, "offsets could not be committed to Kafka");
    }
}
