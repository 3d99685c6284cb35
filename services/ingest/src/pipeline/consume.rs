//! Stage 1: records out of Kafka, in batches, each tagged with the generation of its partition.
//!
//! Runs on a thread of its own: librdkafka blocks, and its callbacks (the rebalance handshake) run here.

use crate::{
    IngestError, Unreachable, Until, client,
    handshake::{Cursor, Handshake},
    native::{FetchQueue, Fetched, QueueSlot, Record},
    positions::LastRecord,
    probe::{Probe, fatal, missing},
    state::{Shared, StreamPartition},
};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Entries of one fetch: enough to decode column by column, few enough to stay in the cache.
const FETCH: usize = 8192;
/// Rebalances and heartbeats are served between fetches, so a quiet topic must not hold them up.
const FETCH_WAIT: Duration = Duration::from_millis(20);
/// How often lag is measured, offsets are shown to Kafka's monitors and partitions of others are looked at.
const CHORES: Duration = Duration::from_secs(1);
/// With no broker for so long, a run that should end by itself ends with an error.
const OUTAGE_LIMIT: Duration = Duration::from_secs(60);
/// Between a partition's failure and looking at its position again.
const RETRY: Duration = Duration::from_secs(1);
/// Between two warnings that no broker answers.
const OUTAGE_REMINDER: Duration = Duration::from_secs(10);

/// Records of one stream, in the order of each partition.
pub(crate) struct Chunk {
    pub(crate) stream: usize,
    pub(crate) records: Vec<Record<Handshake>>,
    pub(crate) spans: Vec<Span>,
    /// Of values.
    pub(crate) bytes: usize,
}

/// What a chunk covers of one partition. `from..next` may be wider than its records: some offsets hold none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) partition: i32,
    pub(crate) generation: u64,
    pub(crate) from: i64,
    pub(crate) next: i64,
    /// Where the topic ended, if its end was seen.
    pub(crate) end: Option<i64>,
    /// Filled in by the next stage.
    pub(crate) last: Option<LastRecord>,
    /// When the last record was ingested, by the next stage.
    pub(crate) ingested: Option<i64>,
}

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
    let handshake = Handshake::new(Arc::clone(&shared), probe, runtime, Arc::clone(&slot));
    let consumer: Arc<BaseConsumer<Handshake>> = client::consumer(&shared.settings)
        .create_with_context(handshake)
        .map(Arc::new)
        .map_err(IngestError::kafka("creating the consumer"))?;
    let queue = FetchQueue::new(Arc::clone(&consumer), slot);
    consumer.subscribe(&topics).map_err(IngestError::kafka("subscribing"))?;
    let mut reader = Reader {
        shared,
        until,
        chunks,
        consumer,
        queue,
        expected,
        chores: Instant::now(),
        outage: None,
        retry: None,
        others: false,
    };
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
    queue: FetchQueue<Handshake>,
    consumer: Arc<BaseConsumer<Handshake>>,
    /// Partitions that there were at the start.
    expected: BTreeSet<StreamPartition>,
    chores: Instant,
    outage: Option<Outage>,
    /// When to take all partitions again, after one could not be read on.
    retry: Option<Instant>,
    /// Partitions that other members of the group hold were caught up when last looked at.
    others: bool,
}

impl Reader {
    fn read(&mut self, stop: &CancellationToken) -> Result<(), IngestError> {
        while !stop.is_cancelled() {
            self.serve(Duration::ZERO)?;
            if self.retry.is_some_and(|due| due <= Instant::now()) {
                self.retry = None;
                self.shared.progress().fenced = true;
            }
            if self.shared.progress().fenced {
                self.consumer.context().restart(&self.consumer);
                self.consumer.context().assigned().failure.take().map_or(Ok(()), Err)?;
            }
            let fetched = self.queue.fetch(FETCH, FETCH_WAIT);
            for chunk in self.sort(fetched)? {
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

    /// Records by stream; what is not ours (any more) is dropped.
    fn sort(&mut self, fetched: Vec<Fetched<Handshake>>) -> Result<Vec<Chunk>, IngestError> {
        let mut chunks: BTreeMap<usize, Builder> = BTreeMap::new();
        let mut assigned = self.consumer.context().assigned();
        let cursors = &mut assigned.cursors;
        let mut known: Option<(String, usize)> = None;
        let mut stream_of = |topic: &str| {
            if let Some((name, stream)) = &known
                && name == topic
            {
                return Some(*stream);
            }
            let stream = self.shared.stream_of(topic)?;
            known = Some((topic.to_owned(), stream));
            Some(stream)
        };
        for entry in fetched {
            match entry {
                Fetched::Record(record) => {
                    self.outage = None;
                    let Some(stream) = stream_of(record.topic()) else { continue };
                    let Some(cursor) = cursors.get_mut(&(stream, record.partition())) else { continue };
                    chunks.entry(stream).or_default().push(record, cursor);
                }
                Fetched::End { topic, partition, offset } => {
                    self.outage = None;
                    let Some(stream) = stream_of(&topic) else { continue };
                    let Some(cursor) = cursors.get_mut(&(stream, partition)) else { continue };
                    chunks.entry(stream).or_default().end(partition, offset, cursor);
                }
                Fetched::Failed { topic, partition, code } => {
                    let Some(stream) = stream_of(&topic) else { continue };
                    if cursors.contains_key(&(stream, partition)) {
                        let due = later(&topic, partition, code)?;
                        self.retry.get_or_insert(due);
                    }
                }
            }
        }
        Ok(chunks.into_iter().map(|(stream, builder)| builder.finish(stream)).collect())
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
        if context.returned() {
            self.shared.progress().fenced = true;
        }
        if self.until == Until::CaughtUp {
            self.others = self.others_caught_up()?;
            if let Some(outage) = self.outage.as_ref().filter(|outage| outage.since.elapsed() > OUTAGE_LIMIT) {
                return Err(Unreachable {
                    brokers: self.shared.settings.kafka.brokers.clone(),
                    seconds: outage.since.elapsed().as_secs(),
                    source: KafkaError::MessageConsumption(RDKafkaErrorCode::AllBrokersDown),
                }
                .into());
            }
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
        let progress = self.shared.progress();
        let ours = progress.reached.values().all(|reached| reached.end.is_some_and(|end| reached.committed >= end));
        let all = self.expected.iter().all(|p| progress.reached.contains_key(p) || progress.stopped.contains_key(p));
        !progress.fenced && self.retry.is_none() && ours && (all || self.others)
    }

    fn others_caught_up(&mut self) -> Result<bool, IngestError> {
        let context = self.consumer.context();
        let Some(ours) = context.assigned().partitions.clone() else { return Ok(false) };
        for (stream, partition) in self.expected.difference(&ours) {
            let topic = self.shared.topic(*stream);
            // By `read_committed`: up to the first open transaction.
            let limit = self.shared.settings.ingest.connect_limit;
            let (low, high) = match self.consumer.fetch_watermarks(topic, *partition, limit) {
                Ok(range) => range,
                Err(error) if missing(&error) => continue,
                Err(source) if fatal(&source) => {
                    let context = format!("{topic}-{partition}: asking for its range of offsets");
                    return Err(IngestError::Kafka { context, source });
                }
                // An outage is waited out, for as long as its limit allows.
                Err(_) => return Ok(false),
            };
            self.outage = None;
            let reached = context.position(*stream, *partition)?;
            if high > low && reached.is_none_or(|next| next < high) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// When to look again at a partition that cannot be read on, unless that cannot help.
fn later(topic: &str, partition: i32, code: RDKafkaErrorCode) -> Result<Instant, IngestError> {
    let source = KafkaError::MessageConsumption(code);
    // Out of range: truncated or recreated, which taking the partition again finds and names.
    if code != RDKafkaErrorCode::AutoOffsetReset && fatal(&source) {
        return Err(IngestError::Kafka { context: format!("{topic}-{partition}: reading on"), source });
    }
    tracing::warn!(topic, partition, %code, "a partition cannot be read on: its position is looked at again soon");
    Ok(Instant::now() + RETRY)
}

/// No broker answers.
struct Outage {
    since: Instant,
    said: Option<Instant>,
}

impl Default for Outage {
    fn default() -> Self {
        Self { since: Instant::now(), said: None }
    }
}

impl Outage {
    /// Warns, but not at every attempt to connect.
    fn say(&mut self, brokers: &str) {
        if self.said.is_none_or(|said| said.elapsed() >= OUTAGE_REMINDER) {
            self.said = Some(Instant::now());
            tracing::warn!(brokers, seconds = self.since.elapsed().as_secs(), "no broker answers");
        }
    }
}

#[derive(Default)]
struct Builder {
    records: Vec<Record<Handshake>>,
    spans: BTreeMap<i32, Span>,
    bytes: usize,
}

impl Builder {
    fn push(&mut self, record: Record<Handshake>, cursor: &mut Cursor) {
        if record.offset() < cursor.next {
            return; // Read before.
        }
        self.bytes += record.value().map_or(0, <[u8]>::len);
        self.span(record.partition(), cursor).next = record.offset() + 1;
        cursor.next = record.offset() + 1;
        self.records.push(record);
    }

    fn end(&mut self, partition: i32, offset: i64, cursor: &mut Cursor) {
        let next = cursor.next.max(offset);
        let span = self.span(partition, cursor);
        (span.next, span.end) = (next, Some(next));
        cursor.next = next;
    }

    fn span(&mut self, partition: i32, cursor: &Cursor) -> &mut Span {
        let Cursor { generation, next } = *cursor;
        let span = Span { partition, generation, from: next, next, end: None, last: None, ingested: None };
        self.spans.entry(partition).or_insert(span)
    }

    fn finish(self, stream: usize) -> Chunk {
        Chunk { stream, records: self.records, spans: self.spans.into_values().collect(), bytes: self.bytes }
    }
}

fn show_lag(shared: &Shared, queue: &FetchQueue<Handshake>) {
    for ((stream, partition), reached) in &shared.progress().reached {
        let topic = shared.topic(*stream);
        if let Some(high) = queue.high_watermark(topic, *partition) {
            let lag = high.saturating_sub(reached.committed).max(0);
            shared.metrics.lag.with_label_values(&[topic, &partition.to_string()]).set(lag);
        }
    }
}

/// Tells Kafka how far the tables are, for its own lag monitors. Nothing reads it back.
fn show_offsets(shared: &Shared, consumer: &BaseConsumer<Handshake>, mode: CommitMode) {
    let offsets = std::mem::take(&mut shared.progress().uncommitted);
    let mut list = TopicPartitionList::new();
    for ((stream, partition), next) in offsets {
        let _ = list.add_partition_offset(shared.topic(stream), partition, Offset::Offset(next));
    }
    if list.count() > 0
        && let Err(error) = consumer.commit(&list, mode)
    {
        tracing::debug!(%error, "offsets could not be committed to Kafka");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_ends_the_run_with_its_partition_and_anything_else_is_tried_again() {
        let refused = later("t", 3, RDKafkaErrorCode::TopicAuthorizationFailed).unwrap_err().to_string();
        assert!(refused.starts_with("t-3: ") && refused.contains("TopicAuthorizationFailed"), "{refused}");
        for code in [RDKafkaErrorCode::AutoOffsetReset, RDKafkaErrorCode::UnknownTopicOrPartition] {
            assert!(later("t", 3, code).unwrap() > Instant::now(), "{code}: not at once");
        }
    }
}
