//! Reads a whole topic, from its beginning to the end that it has now.

use crate::{IngestError, IngestSettings, KafkaSettings, client, probe::fatal};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::BorrowedMessage,
};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// The dead-letter topic of a source topic, and how to read it. Blocks.
pub(super) struct Topic {
    pub(super) name: String,
    partitions: BTreeSet<i32>,
    consumer: BaseConsumer,
    silence: Duration,
}

impl Topic {
    /// Looks up its partitions; there are none where it does not exist (yet).
    pub(super) fn open(kafka: &KafkaSettings, ingest: &IngestSettings, source: &str) -> Result<Self, IngestError> {
        let consumer: BaseConsumer = client::probe(kafka, &ingest.group)?;
        let metadata = client::metadata(&consumer, kafka, ingest.connect_limit)?;
        let name = format!("{source}{}", ingest.dead_letter_suffix);
        let found = metadata.topics().iter().find(|topic| topic.name() == name);
        let partitions = found.map(|topic| topic.partitions().iter().map(|p| p.id()).collect()).unwrap_or_default();
        Ok(Self { name, partitions, consumer, silence: ingest.connect_limit })
    }

    /// Shows every record to `each`, until it fails.
    pub(super) fn read(
        &self,
        each: impl FnMut(&BorrowedMessage<'_>) -> Result<(), IngestError>,
    ) -> Result<(), IngestError> {
        let outcome = self.read_all(each);
        outcome.map_err(|failure| match failure {
            Failure::Reading(source) => {
                IngestError::Kafka { context: format!("{}: reading dead letters", self.name), source }
            }
            Failure::Using(error) => error,
        })
    }

    fn read_all(&self, mut each: impl FnMut(&BorrowedMessage<'_>) -> Result<(), IngestError>) -> Result<(), Failure> {
        if self.partitions.is_empty() {
            return Ok(());
        }
        let mut list = TopicPartitionList::new();
        for partition in &self.partitions {
            list.add_partition_offset(&self.name, *partition, Offset::Beginning)?;
        }
        self.consumer.assign(&list)?;
        let mut open = self.partitions.clone();
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
