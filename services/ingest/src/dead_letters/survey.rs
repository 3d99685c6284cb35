//! Reads a topic to the end that it has now, and says what a dead-letter topic holds, by the coordinates of the records
//! that were rejected.

use super::{
    dead_letter::{Coordinates, DeadLetter, DeadLetterState},
    record::{Entry, Place, entry},
};
use crate::{
    client::{self, fatal},
    error::IngestError,
    properties::KafkaSettings,
    settings::IngestSettings,
};
use jiff::Timestamp;
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::BorrowedMessage,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

/// All copies of a dead letter, and what is known of its replays.
#[derive(Default)]
pub(super) struct Copies {
    /// By place in the topic. A batch that was read twice has sent its dead letters twice.
    copies: BTreeMap<Place, DeadLetter>,
    /// Copies that a replay covers.
    replayed: BTreeSet<Place>,
    replayed_at: Option<Timestamp>,
}

/// Dead letters by source coordinates.
pub(super) fn survey(topic: &Topic, source: &str) -> Result<BTreeMap<Coordinates, Copies>, IngestError> {
    let mut found: BTreeMap<Coordinates, Copies> = BTreeMap::new();
    topic.read(|record| {
        match entry(record, source) {
            Some(Entry::DeadLetter(copy)) => {
                let place = (record.partition(), record.offset());
                found.entry(copy.source.clone()).or_default().copies.insert(place, copy);
            }
            Some(Entry::ReplayMarker { source, replayed, at }) => found.entry(source).or_default().cover(replayed, at),
            None => {}
        }
        Ok(())
    })?;
    // Replay markers outlive their dead letters.
    found.retain(|_, copies| !copies.copies.is_empty());
    Ok(found)
}

impl Copies {
    fn cover(&mut self, replayed: Vec<Place>, at: Option<Timestamp>) {
        self.replayed.extend(replayed);
        self.replayed_at = self.replayed_at.max(at);
    }

    /// Where all copies stand: what a replay covers.
    pub(super) fn places(&self) -> Vec<Place> {
        self.copies.keys().copied().collect()
    }

    /// The newest copy that no replay covers, or else the newest.
    pub(super) fn newest(&self) -> Option<(Place, DeadLetter)> {
        let newest = self.copies.iter().max_by_key(|(place, copy)| (!self.replayed.contains(place), copy.at, **place));
        newest.map(|(place, copy)| {
            let open = !self.replayed.contains(place);
            let state = if open { DeadLetterState::Open } else { DeadLetterState::Replayed };
            (*place, DeadLetter { state, replayed_at: self.replayed_at, ..copy.clone() })
        })
    }
}

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
    pub(super) fn of_source(kafka: &KafkaSettings, ingest: &IngestSettings, source: &str) -> Result<Self, IngestError> {
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
        self.named(self.read_all(&all, each))
    }

    /// First offset that is held, and the offset that the next record gets, of the partitions that exist.
    pub(super) fn ranges(&self) -> Result<BTreeMap<i32, (i64, i64)>, IngestError> {
        let range =
            |partition: &i32| Ok((*partition, self.consumer.fetch_watermarks(&self.name, *partition, self.silence)?));
        self.named(self.partitions.iter().map(range).collect())
    }

    /// The same from these offsets on, which must be within the ranges of their partitions.
    pub(super) fn read_from(
        &self,
        starts: &BTreeMap<i32, i64>,
        each: impl FnMut(&BorrowedMessage<'_>) -> Result<(), IngestError>,
    ) -> Result<(), IngestError> {
        let starts = starts.iter().map(|(partition, offset)| (*partition, Offset::Offset(*offset))).collect();
        self.named(self.read_all(&starts, each))
    }

    fn named<T>(&self, outcome: Result<T, ReadError>) -> Result<T, IngestError> {
        outcome.map_err(|error| match error {
            ReadError::Reading(source) => IngestError::Kafka { context: format!("{}: reading it", self.name), source },
            ReadError::Using(error) => error,
        })
    }

    fn read_all(
        &self,
        starts: &BTreeMap<i32, Offset>,
        mut each: impl FnMut(&BorrowedMessage<'_>) -> Result<(), IngestError>,
    ) -> Result<(), ReadError> {
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
                Some(Ok(record)) => each(&record).map_err(ReadError::Using)?,
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

enum ReadError {
    Reading(KafkaError),
    Using(IngestError),
}

impl From<KafkaError> for ReadError {
    fn from(error: KafkaError) -> Self {
        Self::Reading(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(second: i64) -> DeadLetter {
        DeadLetter {
            source: Coordinates { topic: "t".into(), partition: 0, offset: 7 },
            state: DeadLetterState::Open,
            replayed_at: None,
            reason: "schema".into(),
            message: "wrong".into(),
            at: Some(Timestamp::constant(second, 0)),
            truncated: None,
        }
    }

    #[test]
    fn a_copy_that_arrives_after_a_replay_is_open_whatever_its_clock_says() {
        let mut all = Copies::default();
        all.copies.insert((0, 5), copy(100));
        all.copies.insert((1, 2), copy(90));
        assert_eq!(all.newest().map(|(place, copy)| (place, copy.state)), Some(((0, 5), DeadLetterState::Open)));
        let at = Some(Timestamp::constant(200, 0));
        all.cover(all.places(), at);
        let (place, replayed) = all.newest().unwrap();
        assert_eq!((place, replayed.state, replayed.replayed_at), ((0, 5), DeadLetterState::Replayed, at));
        all.copies.insert((1, 3), copy(50));
        assert_eq!(all.newest().map(|(place, copy)| (place, copy.state)), Some(((1, 3), DeadLetterState::Open)));
    }
}
