//! Stage 0, before any record: partitions are assigned with explicit offsets from the tables, inside the rebalance, and
//! given up before anyone else gets them. There is no seek afterwards, so no moment with a wrong position.
//!
//! ```text
//!  rebalance ─► revoke what we had ─► each position from its table ─► compared with the topic ─► assign at its offset
//!                                      position                      probe                   └─► stop, or wait
//! ```

pub(crate) mod assigned;
pub(crate) mod position;
pub(crate) mod probe;

use crate::{
    error::{IngestError, PositionError},
    pipeline::shared::{Owned, Reached, Shared, StreamPartition, librdkafka::QueueSlot},
};
use assigned::{Assigned, Cursor};
use position::resume;
use probe::{Look, Probe};
use rdkafka::{
    ClientContext, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    topic_partition_list::TopicPartitionListElem,
    types::RDKafkaRespErr,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::runtime::Handle;

/// The longest that a look at partitions which are waited for may take: nothing is read meanwhile.
const LOOK: Duration = Duration::from_secs(2);

/// The context of the pipeline's consumer.
pub(crate) struct Assigner {
    shared: Arc<Shared>,
    probe: Probe,
    runtime: Handle,
    slot: Arc<QueueSlot>,
    assigned: Mutex<Assigned>,
}

impl Assigner {
    pub(crate) fn new(shared: Arc<Shared>, probe: Probe, runtime: Handle, slot: Arc<QueueSlot>) -> Self {
        shared.metrics.begin();
        Self { shared, probe, runtime, slot, assigned: Mutex::default() }
    }

    pub(crate) fn assigned(&self) -> MutexGuard<'_, Assigned> {
        self.assigned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Assigns all our partitions again, from the tables: after somebody else wrote one of them, or a failed fetch.
    pub(crate) fn reassign(&self, consumer: &BaseConsumer<Self>) {
        let partitions = self.assigned().partitions.clone().unwrap_or_default();
        self.revoke(consumer);
        // Not one assignment over the other: only after this call is it sure that forwarding was cleared.
        self.unassign(consumer);
        self.assign(consumer, partitions);
    }

    /// Forwards every partition that is read to the fetch queue (again).
    pub(crate) fn attach(&self, consumer: &BaseConsumer<Self>) {
        for (stream, partition) in self.assigned().cursors.keys() {
            self.slot.attach(consumer, self.shared.topic(*stream), *partition);
        }
    }

    /// Where partitions of a stream stand by its table, whoever writes it; the table is refreshed once for all of them.
    pub(crate) fn committed(
        &self,
        stream: usize,
        partitions: &BTreeSet<i32>,
    ) -> Result<Vec<(i32, Option<i64>)>, IngestError> {
        let positions = self.runtime.block_on(self.shared.streams[stream].positions(partitions))?;
        Ok(positions.into_iter().map(|(partition, at)| (partition, at.next)).collect())
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, partitions: BTreeSet<StreamPartition>) {
        let others: Vec<_> = self.assigned().waits.beyond(&partitions);
        others.iter().for_each(|place| self.proceeds(place));
        let list = self.positions(&partitions);
        self.assigned().partitions = Some(partitions);
        self.attach(consumer);
        let done = list.and_then(|list| consumer.assign(&list).map_err(IngestError::kafka("assigning partitions")));
        self.attach(consumer);
        if let Err(error) = done {
            self.assigned().failure = Some(error);
        }
    }

    /// Where each partition goes on, by its table; partitions that do not continue it are left out.
    fn positions(&self, partitions: &BTreeSet<StreamPartition>) -> Result<TopicPartitionList, IngestError> {
        let mut by_stream: BTreeMap<usize, BTreeSet<i32>> = BTreeMap::new();
        for (stream, partition) in partitions {
            by_stream.entry(*stream).or_default().insert(*partition);
        }
        let mut list = TopicPartitionList::new();
        let end = Instant::now() + self.shared.settings.ingest.connect_limit;
        for (index, wanted) in by_stream {
            self.positions_of(index, &wanted, end, &mut list)?;
        }
        Ok(list)
    }

    fn positions_of(
        &self,
        index: usize,
        wanted: &BTreeSet<i32>,
        end: Instant,
        list: &mut TopicPartitionList,
    ) -> Result<(), IngestError> {
        let stream = &self.shared.streams[index];
        let topic = stream.contract.topic();
        let positions = self.runtime.block_on(stream.positions(wanted))?;
        let looks = self.probe.look(topic, &positions, end)?;
        for ((partition, at), look) in positions.into_iter().zip(looks) {
            let held = match look {
                Look::Held(held) => held,
                Look::Missing => {
                    self.miss((index, partition), at.next.unwrap_or_default());
                    continue;
                }
                // It joins once it can be read; the others need not wait for it.
                Look::Later(error) => {
                    self.wait((index, partition), at.next, &error.to_string());
                    continue;
                }
            };
            match resume(&at, &held, (topic, partition), self.shared.settings.ingest.accept_gap) {
                Ok(from) => {
                    // Behind an accepted gap offsets start again: what comes is later than all that was, if by a tick.
                    let gap = i64::from(at.next.is_some_and(|next| next != from));
                    self.shared.not_ingested_before(at.ingested.unwrap_or_default().saturating_add(gap));
                    let owned = Owned { generation: self.shared.next_generation(), at, from };
                    self.own((index, partition), owned);
                    list.add_partition_offset(topic, partition, Offset::Offset(from))
                        .map_err(IngestError::kafka(format!("{topic}-{partition}@{from}")))?;
                    tracing::debug!(topic, partition, offset = from, "partition assigned");
                }
                Err(error) => self.stopped((index, partition), error),
            }
        }
        Ok(())
    }

    fn stopped(&self, place: StreamPartition, error: PositionError) {
        let PositionError { topic, partition, .. } = &error;
        tracing::error!(topic, partition, "{error}");
        self.shared.metrics.stopped.with_label_values(&[topic, &partition.to_string()]).set(1);
        self.proceeds(&place);
        self.shared.progress().stopped.insert(place, error);
    }

    /// Reads no more of a partition, and of it alone. What was read before is still committed.
    pub(crate) fn stop(&self, consumer: &BaseConsumer<Self>, place: StreamPartition, error: PositionError) {
        let mut list = TopicPartitionList::new();
        list.add_partition(&error.topic, error.partition);
        {
            let mut assigned = self.assigned();
            assigned.cursors.remove(&place);
            assigned.paused.insert(place);
        }
        // Otherwise the batch would be fetched again and again. Where it is, nothing comes of it: there is no cursor.
        if let Err(error) = consumer.pause(&list) {
            tracing::debug!(%error, "a stopped partition could not be paused");
        }
        self.stopped(place, error);
    }

    /// Notes that a partition cannot be read for now.
    pub(crate) fn wait(&self, place: StreamPartition, offset: Option<i64>, why: &str) {
        let (topic, partition) = (self.shared.topic(place.0), place.1);
        self.shared.metrics.waiting.with_label_values(&[topic, &partition.to_string()]).set(1);
        let pause = self.assigned().waits.put(place, offset, why.to_owned(), Instant::now());
        let Some(seconds) = pause.map(|pause| pause.as_secs()) else { return };
        tracing::warn!(
            "{topic}-{partition}@{}: it cannot be read for now ({why}) and is tried again in {seconds} s; the other \
             partitions are read on",
            offset.map_or_else(|| "beginning".to_owned(), |offset| offset.to_string())
        );
    }

    /// Whether a partition that was waited for can be read (again): to be assigned from its table then.
    pub(crate) fn look_again(&self) -> Result<bool, IngestError> {
        let end = Instant::now() + LOOK;
        let mut due: BTreeMap<usize, Vec<i32>> = BTreeMap::new();
        if self.assigned().partitions.is_none() {
            return Ok(false); // Who gets them is being settled.
        }
        for (stream, partition) in self.assigned().waits.due(Instant::now()) {
            due.entry(stream).or_default().push(partition);
        }
        let mut found = false;
        for (stream, partitions) in due {
            let obstacles = self.probe.obstacles(self.shared.topic(stream), &partitions, end)?;
            found |= obstacles.len() < partitions.len();
            for (partition, error) in obstacles {
                self.wait((stream, partition), self.next(&(stream, partition)), &error.to_string());
            }
        }
        Ok(found)
    }

    fn next(&self, place: &StreamPartition) -> Option<i64> {
        self.assigned().cursors.get(place).map(|cursor| cursor.next)
    }

    /// A partition is waited for no more.
    pub(crate) fn proceeds(&self, place: &StreamPartition) {
        let Some(wait) = self.assigned().waits.over(place) else { return };
        let (topic, partition) = (self.shared.topic(place.0), place.1);
        let seconds = wait.since.elapsed().as_secs();
        tracing::info!(topic, partition, seconds, "the partition is not waited for any more");
        let _ = self.shared.metrics.waiting.remove_label_values(&[topic, &partition.to_string()]);
    }

    /// An error where a partition was waited for so long that a run which should end by itself does so.
    pub(crate) fn bearable(&self) -> Result<(), IngestError> {
        let assigned = self.assigned();
        let Some(((stream, partition), wait)) = assigned.waits.unbearable(Instant::now()) else { return Ok(()) };
        Err(IngestError::Waited {
            topic: self.shared.topic(stream).to_owned(),
            partition,
            seconds: wait.since.elapsed().as_secs(),
            why: wait.why.clone(),
        })
    }

    fn own(&self, (stream, partition): StreamPartition, owned: Owned) {
        let Owned { generation, from, .. } = owned;
        self.shared.metrics.assigned(self.shared.topic(stream), partition);
        self.runtime.block_on(async {
            self.shared.streams[stream].table.lock().await.owned.insert(partition, owned);
        });
        self.assigned().cursors.insert((stream, partition), Cursor { generation, next: from });
        let mut progress = self.shared.progress();
        progress.reached.insert((stream, partition), Reached { generation, committed: from, end: None });
    }

    /// A missing partition counts as empty: there is nothing to wait for.
    fn miss(&self, (stream, partition): StreamPartition, committed: i64) {
        tracing::warn!(topic = self.shared.topic(stream), partition, "no such partition: it counts as empty");
        self.proceeds(&(stream, partition));
        self.assigned().absent.insert((stream, partition));
        let reached = Reached { generation: self.shared.next_generation(), committed, end: Some(committed) };
        self.shared.progress().reached.insert((stream, partition), reached);
    }

    /// All partitions of our topics, as far as a broker tells.
    pub(crate) fn existing(&self) -> BTreeSet<StreamPartition> {
        let topics: Vec<&str> = (0..self.shared.streams.len()).map(|stream| self.shared.topic(stream)).collect();
        let there = self.probe.partitions(&topics).unwrap_or_default();
        let places = |(stream, partitions): (usize, BTreeSet<i32>)| partitions.into_iter().map(move |p| (stream, p));
        there.into_iter().enumerate().flat_map(places).collect()
    }

    /// Whether a partition that was missing is there (again): to be assigned, and compared with its table, then.
    pub(crate) fn returned(&self) -> bool {
        let absent = self.assigned().absent.clone();
        let exists = |(stream, partition): &StreamPartition| {
            let there = self.probe.partitions(&[self.shared.topic(*stream)]);
            there.is_ok_and(|there| there.iter().any(|partitions| partitions.contains(partition)))
        };
        absent.iter().any(exists)
    }

    /// From here on nothing that was read is written. Waits for a commit that is under way; the rest in flight is
    /// dropped, and read again by whoever is assigned the partitions next.
    fn revoke(&self, consumer: &BaseConsumer<Self>) {
        let mut assigned = self.assigned();
        assigned.cursors.clear();
        assigned.absent.clear();
        let paused = std::mem::take(&mut assigned.paused);
        drop(assigned);
        self.resume(consumer, &paused);
        for stream in &self.shared.streams {
            if !self.shared.abandoned() {
                self.runtime.block_on(async { stream.table.lock().await.owned.clear() });
            } else if let Ok(mut table) = stream.table.try_lock() {
                table.owned.clear();
            }
        }
        let mut progress = self.shared.progress();
        let stopped = std::mem::take(&mut progress.stopped).into_keys();
        for (stream, partition) in stopped.chain(std::mem::take(&mut progress.reached).into_keys()) {
            self.shared.metrics.revoked(self.shared.topic(stream), partition);
        }
        progress.fenced = false;
    }

    /// A pause outlives an assignment: whoever is assigned the partition again would never see a record of it.
    fn resume(&self, consumer: &BaseConsumer<Self>, paused: &BTreeSet<StreamPartition>) {
        let mut list = TopicPartitionList::new();
        for (stream, partition) in paused {
            list.add_partition(self.shared.topic(*stream), *partition);
        }
        if !paused.is_empty()
            && let Err(source) = consumer.resume(&list)
        {
            self.assigned().failure = Some(IngestError::Kafka { context: "resuming partitions".into(), source });
        }
    }

    fn unassign(&self, consumer: &BaseConsumer<Self>) {
        if let Err(source) = consumer.unassign() {
            self.assigned().failure = Some(IngestError::Kafka { context: "unassigning partitions".into(), source });
        }
    }
}

impl ClientContext for Assigner {
    fn error(&self, error: KafkaError, reason: &str) {
        // librdkafka reconnects by itself; the consumer sees what it must act upon, and has said what is missing.
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                tracing::debug!(target: "librdkafka", %error, "{reason}");
            }
            _ => tracing::warn!(target: "librdkafka", %error, "{reason}"),
        }
    }
}

impl ConsumerContext for Assigner {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, list: &mut TopicPartitionList) {
        // The protocol is the eager one: every revocation is of all partitions, every assignment complete.
        self.revoke(consumer);
        self.assigned().partitions = None;
        if code != RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            return self.unassign(consumer);
        }
        let partition = |e: &TopicPartitionListElem<'_>| Some((self.shared.stream_of(e.topic())?, e.partition()));
        self.assign(consumer, list.elements().iter().filter_map(partition).collect());
        self.shared.metrics.rebalanced(&list.elements().iter().map(|e| (e.topic(), e.partition())).collect());
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        // Only lag monitors read these offsets.
        if let Err(error) = result {
            tracing::debug!(%error, "offsets could not be committed to Kafka");
        }
    }
}
