//! Reads a topic to the end that it has now.

use crate::{IngestError, IngestSettings, KafkaSettings, client, probe::fatal};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::BorrowedMessage,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

/// A topic, and how to read it. Blocks.
pub(super) struct Topic {
    pub(super) name: String,
    partitions: BTreeSet<i32>,
    consumer: BaseConsumer,
    silence: Duration,
}

impl Topic {
    /// The dead-letter topic of a source topic.
    pub(super) fn open(kafka: &KafkaSettings, ingest: &IngestSettings, source: &str) -> Result<Self, IngestError> {
        let consumer = client::probe(kafka, &ingest.group)?;
        Self::of(consumer, format!("{source}{}", ingest.dead_letter_suffix), (kafka, ingest))
    }

    /// A source topic, as ingestion reads it.
    pub(super) fn source(kafka: &KafkaSettings, ingest: &IngestSettings, source: &str) -> Result<Self, IngestError> {
        Self::of(client::committed(kafka, &ingest.group)?, source.to_owned(), (kafka, ingest))
    }

    /// Looks up its partitions; there are none where it does not exist (yet).
    fn of(
        consumer: BaseConsumer,
        name: String,
        (kafka, ingest): (&KafkaSettings, &IngestSettings),
    ) -> Result<Self, IngestError> {
        let metadata = client::metadata(&consumer, kafka, ingest.connect_limit)?;
        let found = metadata.topics().iter().find(|topic| topic.name() == name);
        let partitions = found.map(|topic| topic.partitions().iter().map(|p| p.id()).collect()).unwrap_or_default();
        Ok(Self { name, partitions, consumer, silence: ingest.connect_limit })
    }

    /// Shows every record to `each`, until it fails.
    pub(super) fn read(
        &self,
        each: impl FnMut(&BorrowedMessage<'_>) -> Result<(), IngestError>,
    ) -> Result<(), IngestError> {
        let all = self.partitions.iter().map(|partition| (*partition, Offset::Beginning)).collect();
        self.told(self.read_all(&all, each))
    }

    /// First offset that is held, and the offset that the next record gets, of the partitions that exist.
    pub(super) fn ranges(&self) -> Result<BTreeMap<i32, (i64, i64)>, IngestError> {
        let range =
            |partition: &i32| Ok((*partition, self.consumer.fetch_watermarks(&self.name, *partition, self.silence)?));
        self.told(self.partitions.iter().map(range).collect())
    }

    /// The same from these offsets on, which must be within the ranges of their partitions.
    pub(super) fn read_from(
        &self,
        starts: &BTreeMap<i32, i64>,
        each: impl FnMut(&BorrowedMessage<'_>) -> Result<(), IngestError>,
    ) -> Result<(), IngestError> {
        let starts = starts.iter().map(|(partition, offset)| (*partition, Offset::Offset(*offset))).collect();
        self.told(self.read_all(&starts, each))
    }

    fn told<T>(&self, outcome: Result<T, Failure>) -> Result<T, IngestError> {
        outcome.map_err(|failure| match failure {
            Failure::Reading(source) => IngestError::Kafka { context: format!("{}: reading it", self.name), source },
            Failure::Using(error) => error,
        })
    }

    fn read_all(
        &self,
        starts: &BTreeMap<i32, Offset>,
        mut each: impl FnMut(&BorrowedMessage<'_>) -> Result<(), IngestError>,
    ) -> Result<(), Failure> {
        if starts.is_empty() {
            return Ok(());
        }
        let mut list = TopicPartitionList::new();
        for (partition, start) in starts {
            list.add_partition_offset(&self.name, *partition, *start)?;
        }
        self.consumer.assign(&list)?;
        let mut open: BTreeSet<i32> = starts.keys().copied().collect();
        let mut heard = Instant::now();
        while !open.is_empty() {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(record)) => each(&record).map_err(Failure::Using)?,
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    open.remove(&partition);
                }
                Some(Err(error)) if fatal(&error) => return Err(error.into()),
                _ if heard.elapsed() > self.silence => {
                    return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut).into());
                }
                _ => continue,
            }
            heard = Instant::now();
        }
        Ok(self.consumer.unassign()?)
    }
}

enum Failure {
    Reading(KafkaError),
    Using(IngestError),
}

impl From<KafkaError> for Failure {
    fn from(error: KafkaError) -> Self {
        Self::Reading(error)
    }
}
