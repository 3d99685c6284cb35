//! Looks at a topic from outside the pipeline: its partitions, their ranges, and single records.

use crate::{
    IngestError, KafkaSettings, PrivacyKey, Settings, client,
    positions::{Held, Position},
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

/// A consumer that belongs to no group. All calls block.
pub(crate) struct Probe {
    consumer: BaseConsumer,
    kafka: KafkaSettings,
    key: PrivacyKey,
    limit: Duration,
}

impl Probe {
    /// Does not connect yet.
    pub(crate) fn new(settings: &Settings) -> Result<Self, IngestError> {
        let consumer = client::probe(&settings.kafka, &settings.ingest.group)?;
        Ok(Self {
            consumer,
            kafka: settings.kafka.clone(),
            key: settings.key.clone(),
            limit: settings.ingest.connect_limit,
        })
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

    /// First offset that is held, and the offset that the next record gets, of those partitions that exist.
    fn ranges(&self, topic: &str, wanted: &[(i32, Position)]) -> Result<BTreeMap<i32, (i64, i64)>, IngestError> {
        let there = self.partitions(&[topic])?.pop().unwrap_or_default();
        let mut ranges = BTreeMap::new();
        for (partition, _) in wanted.iter().filter(|(partition, _)| there.contains(partition)) {
            match self.consumer.fetch_watermarks(topic, *partition, self.limit) {
                Ok(range) => drop(ranges.insert(*partition, range)),
                Err(error) if missing(&error) => {}
                Err(source) => {
                    let context = format!("{topic}-{partition}: asking for its range of offsets");
                    return Err(IngestError::Kafka { context, source });
                }
            }
        }
        Ok(ranges)
    }

    /// What the topic holds of these partitions, the record to compare with included; `None` where there is no such
    /// partition.
    pub(crate) fn held(&self, topic: &str, positions: &[(i32, Position)]) -> Result<Vec<Option<Held>>, IngestError> {
        let ranges = self.ranges(topic, positions)?;
        let wanted: BTreeMap<i32, i64> = positions
            .iter()
            .filter_map(|(partition, position)| {
                let offset = position.last?.offset;
                let (low, high) = ranges.get(partition)?;
                (*low..*high).contains(&offset).then_some((*partition, offset))
            })
            .collect();
        let records = self.records(topic, &wanted)?;
        let held = |(partition, _): &(i32, Position)| {
            let (low, high) = *ranges.get(partition)?;
            Some(Held { low, high, record: records.get(partition).copied() })
        };
        Ok(positions.iter().map(held).collect())
    }

    /// Timestamp and hash of the record at exactly this offset of each partition; absent where there is none any more.
    fn records(&self, topic: &str, wanted: &BTreeMap<i32, i64>) -> Result<BTreeMap<i32, (i64, i64)>, IngestError> {
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
        let outcome = self.first_of_each(wanted, &mut found);
        self.consumer.unassign().map_err(failed("looking back"))?;
        outcome.map_err(failed("reading the last record that was ingested"))?;
        Ok(found)
    }

    fn first_of_each(
        &self,
        wanted: &BTreeMap<i32, i64>,
        found: &mut BTreeMap<i32, (i64, i64)>,
    ) -> Result<(), KafkaError> {
        let mut open: BTreeSet<i32> = wanted.keys().copied().collect();
        let started = Instant::now();
        while !open.is_empty() {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(record)) => {
                    let first = open.remove(&record.partition());
                    if first && wanted.get(&record.partition()) == Some(&record.offset()) {
                        let timestamp = record.timestamp().to_millis().unwrap_or(-1);
                        found.insert(record.partition(), (timestamp, self.key.record(record.key(), record.payload())));
                    }
                }
                // Nothing visible from there on: control records, or compacted away.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    open.remove(&partition);
                }
                Some(Err(error)) if fatal(&error) => return Err(error),
                _ if started.elapsed() > self.limit => {
                    return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Errors that waiting does not cure.
pub(crate) fn fatal(error: &KafkaError) -> bool {
    match error {
        KafkaError::MessageConsumptionFatal(_) => true,
        KafkaError::MessageConsumption(code) | KafkaError::Global(code) => matches!(
            code,
            RDKafkaErrorCode::Fatal
                | RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::SaslAuthenticationFailed
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
                | RDKafkaErrorCode::AutoOffsetReset
        ),
        _ => false,
    }
}

/// There is no such topic, or no such partition of it.
pub(crate) fn missing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{UnknownPartition, UnknownTopic, UnknownTopicOrPartition};
    matches!(error.rdkafka_error_code(), Some(UnknownPartition | UnknownTopic | UnknownTopicOrPartition))
}
