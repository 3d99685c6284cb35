//! Looks at a topic from outside the pipeline: its partitions, their ranges, and single records.

use super::position::{Held, Position};
use crate::{
    client::{self, fatal, missing},
    error::IngestError,
    properties::KafkaSettings,
    secret::PrivacyKey,
    settings::Settings,
};
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

/// What one question to a broker gets of the time at least.
const LEAST: Duration = Duration::from_millis(200);

/// A partition's first offset and its end, or why they are not to be had now.
pub(crate) type OffsetRange = Result<(i64, i64), KafkaError>;
/// A record's timestamp and hash, or why they are not to be had now.
type LastFound = Result<(i64, i64), KafkaError>;

/// What a look at a partition found.
pub(crate) enum Look {
    /// It can be read.
    Held(Held),
    /// There is no such partition.
    Missing,
    /// It cannot be read at the moment, and that may pass.
    Later(KafkaError),
}

/// A consumer that belongs to no group. All calls block.
pub(crate) struct Probe {
    consumer: BaseConsumer,
    kafka: KafkaSettings,
    key: PrivacyKey,
    limit: Duration,
}

impl Probe {
    /// Sees what stands at an offset, be it aborted. Does not connect yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self, IngestError> {
        Ok(Self::with(client::probe(&settings.kafka, &settings.ingest.group)?, settings))
    }

    /// Sees what ingestion sees: of what is not committed nothing.
    pub(crate) fn of_committed(settings: &Settings) -> Result<Self, IngestError> {
        Ok(Self::with(client::committed(&settings.kafka, &settings.ingest.group)?, settings))
    }

    fn with(consumer: BaseConsumer, settings: &Settings) -> Self {
        let (kafka, key) = (settings.kafka.clone(), settings.key.clone());
        Self { consumer, kafka, key, limit: settings.ingest.connect_limit }
    }

    /// The cluster's own id. Old brokers have none.
    pub(crate) fn cluster_id(&self) -> Result<String, IngestError> {
        client::metadata(&self.consumer, &self.kafka, self.limit)?;
        Ok(self.consumer.client().fetch_cluster_id(self.limit).unwrap_or_else(|| "unknown".into()))
    }

    /// The id of one of the brokers.
    pub(crate) fn any_broker(&self) -> Result<Option<i32>, IngestError> {
        let metadata = client::metadata(&self.consumer, &self.kafka, self.limit)?;
        Ok(metadata.brokers().first().map(|broker| broker.id()))
    }

    /// Partitions of each of these topics; a topic that does not exist has none.
    pub(crate) fn partitions(&self, topics: &[&str]) -> Result<Vec<BTreeSet<i32>>, IngestError> {
        let metadata = client::metadata(&self.consumer, &self.kafka, self.limit)?;
        let known: BTreeMap<&str, BTreeSet<i32>> = metadata
            .topics()
            .iter()
            .map(|topic| (topic.name(), topic.partitions().iter().map(|partition| partition.id()).collect()))
            .collect();
        Ok(topics.iter().map(|topic| known.get(topic).cloned().unwrap_or_default()).collect())
    }

    /// First offset that is held, and the offset that the next record gets, of those partitions that exist; of those that
    /// cannot be asked at the moment, why. An error where waiting does not help.
    pub(crate) fn ranges(
        &self,
        topic: &str,
        wanted: &[i32],
        end: Instant,
    ) -> Result<BTreeMap<i32, OffsetRange>, IngestError> {
        // Who asks does not serve the group meanwhile, and asks for many.
        let rest = || end.saturating_duration_since(Instant::now()).max(LEAST);
        let failed = |partition: i32, source| IngestError::Kafka {
            context: format!("{topic}-{partition}: asking for its range of offsets"),
            source,
        };
        let metadata = match client::metadata(&self.consumer, &self.kafka, rest()) {
            Ok(metadata) => metadata,
            Err(IngestError::Unreachable(none)) if !fatal(&none.source) => {
                return Ok(wanted.iter().map(|partition| (*partition, Err(none.source.clone()))).collect());
            }
            Err(error) => return Err(error),
        };
        let there = metadata.topics().iter().filter(|known| known.name() == topic);
        let leaders: BTreeMap<i32, i32> =
            there.flat_map(|topic| topic.partitions()).map(|of| (of.id(), of.leader())).collect();
        let mut ranges = BTreeMap::new();
        for (partition, leader) in wanted.iter().filter_map(|partition| Some((*partition, *leaders.get(partition)?))) {
            if leader < 0 {
                // Known at once; librdkafka would wait for one.
                ranges.insert(partition, Err(KafkaError::MetadataFetch(RDKafkaErrorCode::LeaderNotAvailable)));
                continue;
            }
            match self.consumer.fetch_watermarks(topic, partition, rest()) {
                Err(error) if missing(&error) => {}
                Err(source) if fatal(&source) => return Err(failed(partition, source)),
                range => drop(ranges.insert(partition, range)),
            }
        }
        Ok(ranges)
    }

    /// Why partitions of a topic cannot be read at the moment; those that can, or do not exist, are absent.
    pub(crate) fn obstacles(
        &self,
        topic: &str,
        partitions: &[i32],
        end: Instant,
    ) -> Result<BTreeMap<i32, KafkaError>, IngestError> {
        let ranges = self.ranges(topic, partitions, end)?;
        Ok(ranges.into_iter().filter_map(|(partition, range)| Some((partition, range.err()?))).collect())
    }

    /// What the topic holds of these partitions, the record to compare with included.
    /// It is asked for until `end`.
    pub(crate) fn look(
        &self,
        topic: &str,
        positions: &[(i32, Position)],
        end: Instant,
    ) -> Result<Vec<Look>, IngestError> {
        let partitions: Vec<i32> = positions.iter().map(|(partition, _)| *partition).collect();
        let mut ranges = self.ranges(topic, &partitions, end)?;
        let wanted: BTreeMap<i32, i64> = positions
            .iter()
            .filter_map(|(partition, position)| {
                let offset = position.last?.offset;
                let (low, high) = ranges.get(partition)?.as_ref().ok()?;
                (*low..*high).contains(&offset).then_some((*partition, offset))
            })
            .collect();
        let mut records = self.records(topic, &wanted, end)?;
        let look = |(partition, _): &(i32, Position)| match (ranges.remove(partition), records.remove(partition)) {
            (None, _) => Look::Missing,
            (Some(Err(error)), _) | (Some(Ok(_)), Some(Err(error))) => Look::Later(error),
            (Some(Ok((low, high))), record) => Look::Held(Held { low, high, record: record.and_then(Result::ok) }),
        };
        Ok(positions.iter().map(look).collect())
    }

    /// Timestamp and hash of the record at exactly this offset of each partition; absent where there is none any more; of
    /// those that did not answer, why.
    fn records(
        &self,
        topic: &str,
        wanted: &BTreeMap<i32, i64>,
        end: Instant,
    ) -> Result<BTreeMap<i32, LastFound>, IngestError> {
        let mut found = BTreeMap::new();
        if wanted.is_empty() {
            return Ok(found);
        }
        let failed = |context: &str| IngestError::kafka(format!("{topic}: {context}"));
        let mut list = TopicPartitionList::new();
        for (partition, offset) in wanted {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset)).map_err(failed("looking back"))?;
        }
        self.consumer.assign(&list).map_err(failed("looking back"))?;
        let outcome = self.first_of_each(wanted, end, &mut found);
        self.consumer.unassign().map_err(failed("looking back"))?;
        outcome.map_err(failed("reading the last record that was ingested"))?;
        Ok(found)
    }

    fn first_of_each(
        &self,
        wanted: &BTreeMap<i32, i64>,
        end: Instant,
        found: &mut BTreeMap<i32, LastFound>,
    ) -> Result<(), KafkaError> {
        let mut said = KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
        let mut open: BTreeSet<i32> = wanted.keys().copied().collect();
        let end = end.max(Instant::now() + LEAST);
        while !open.is_empty() {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(record)) => {
                    let first = open.remove(&record.partition());
                    if first && wanted.get(&record.partition()) == Some(&record.offset()) {
                        let timestamp = record.timestamp().to_millis().unwrap_or(-1);
                        let hash = self.key.record(record.key(), record.payload());
                        found.insert(record.partition(), Ok((timestamp, hash)));
                    }
                }
                // Nothing visible from there on: control records, or compacted away.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    open.remove(&partition);
                }
                Some(Err(error)) if fatal(&error) => return Err(error),
                Some(Err(error)) => said = error,
                None => {}
            }
            // Asked for after what was found: errors and records of one fetch come together.
            if Instant::now() > end {
                found.extend(open.iter().map(|partition| (*partition, Err(said.clone()))));
                break;
            }
        }
        Ok(())
    }
}
