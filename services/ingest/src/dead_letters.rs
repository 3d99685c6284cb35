//! Looks through dead letters, and sends them again.
//!
//! A letter's identity is the source topic, partition and offset of the record: a batch that was read twice has sent
//! its letters twice, and they count once.

use crate::{IngestError, IngestSettings, KafkaSettings, client, pipeline::quarantine::header, probe::fatal};
use jiff::Timestamp;
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::{BorrowedMessage, Header, Headers, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
    util::Timeout,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
    time::{Duration, Instant},
};

/// Where the record of a letter came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Coordinates {
    /// Source topic.
    pub topic: String,
    /// Source partition.
    pub partition: i32,
    /// Source offset.
    pub offset: i64,
}

impl fmt::Display for Coordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}@{}", self.topic, self.partition, self.offset)
    }
}

impl FromStr for Coordinates {
    type Err = String;

    /// `TOPIC-PARTITION@OFFSET`, as errors and listings write them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let (place, offset) = text.rsplit_once('@')?;
            let (topic, partition) = place.rsplit_once('-')?;
            let topic = Some(topic).filter(|topic| !topic.is_empty())?.to_owned();
            Some(Self { topic, partition: partition.parse().ok()?, offset: offset.parse().ok()? })
        };
        parsed().ok_or_else(|| format!("{text:?} is not TOPIC-PARTITION@OFFSET, e.g. bellwether.sites-0@42"))
    }
}

/// One dead letter, without the record itself: that may name people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeadLetter {
    /// Where the record came from.
    #[serde(flatten)]
    pub source: Coordinates,
    /// Class of the fault: `malformed`, `schema`, `check`, `event_time`, `too_large`, `key`.
    pub reason: String,
    /// Field and rule.
    pub message: String,
    /// When it became a letter.
    pub at: Option<Timestamp>,
    /// The value was too large for the dead-letter topic: only this SHA-256 of it is kept, and it cannot be replayed.
    pub truncated: Option<String>,
}

/// Which letters to replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Every one of the topics given.
    All,
    /// Those of these records.
    At(BTreeSet<Coordinates>),
}

/// What a replay did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Replayed {
    /// Records sent to their source topics again, at its end.
    pub sent: Vec<Coordinates>,
    /// Letters that hold no value any more.
    pub truncated: Vec<Coordinates>,
    /// Asked for, but there is no such letter (any more).
    pub missing: Vec<Coordinates>,
}

/// All letters of these source topics, by source coordinates.
pub async fn list(
    kafka: &KafkaSettings,
    ingest: &IngestSettings,
    topics: &[&str],
) -> Result<Vec<DeadLetter>, IngestError> {
    let read = letters(kafka, ingest, topics, |_| false).await?;
    Ok(read.into_values().map(|letter| letter.shown).collect())
}

/// Sends the original records of these letters to their source topics again: same key, value and headers, same
/// partition. Letters stay where they are until their topic's retention removes them.
pub async fn replay(
    kafka: &KafkaSettings,
    ingest: &IngestSettings,
    topics: &[&str],
    selection: &Selection,
) -> Result<Replayed, IngestError> {
    let wanted = selection.clone();
    let letters = letters(kafka, ingest, topics, move |place| wanted.includes(place)).await?;
    let producer: FutureProducer =
        client::producer(kafka).create().map_err(IngestError::kafka("creating the replaying producer"))?;
    let mut replayed = Replayed::default();
    if let Selection::At(wanted) = selection {
        replayed.missing = wanted.iter().filter(|place| !letters.contains_key(place)).cloned().collect();
    }
    for (place, letter) in letters {
        if !selection.includes(&place) {
            continue;
        }
        let Some(original) = letter.original.filter(|_| letter.shown.truncated.is_none()) else {
            replayed.truncated.push(place);
            continue;
        };
        let failed = IngestError::kafka(format!("{place}: replaying its dead letter"));
        original.send(&producer, &place).await.map_err(failed)?;
        replayed.sent.push(place);
    }
    Ok(replayed)
}

impl Selection {
    fn includes(&self, place: &Coordinates) -> bool {
        match self {
            Self::All => true,
            Self::At(wanted) => wanted.contains(place),
        }
    }
}

struct Letter {
    shown: DeadLetter,
    /// Kept where it is to be sent again: all the values of a topic may not fit into memory.
    original: Option<Original>,
}

/// The record that became a letter.
struct Original {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: OwnedHeaders,
}

impl Original {
    async fn send(&self, producer: &FutureProducer, to: &Coordinates) -> Result<(), KafkaError> {
        let mut record: FutureRecord<'_, [u8], [u8]> =
            FutureRecord::to(&to.topic).partition(to.partition).headers(self.headers.clone());
        (record.key, record.payload) = (self.key.as_deref(), self.value.as_deref());
        producer.send(record, Timeout::Never).await.map(|_| ()).map_err(|(error, _)| error)
    }
}

async fn letters(
    kafka: &KafkaSettings,
    ingest: &IngestSettings,
    topics: &[&str],
    keep: impl Fn(&Coordinates) -> bool + Send + 'static,
) -> Result<BTreeMap<Coordinates, Letter>, IngestError> {
    let (kafka, ingest) = (kafka.clone(), ingest.clone());
    let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
    let read = move || {
        let consumer: BaseConsumer = client::probe(&kafka, &ingest.group)?;
        let metadata = client::metadata(&consumer, &kafka, ingest.connect_limit)?;
        let mut letters = BTreeMap::new();
        for source in topics {
            let name = format!("{source}{}", ingest.dead_letter_suffix);
            let topic = metadata.topics().iter().find(|topic| topic.name() == name);
            let partitions: BTreeSet<i32> =
                topic.map(|topic| topic.partitions().iter().map(|p| p.id()).collect()).unwrap_or_default();
            read_topic(&consumer, &name, &partitions, ingest.connect_limit, |record| {
                if let Some(letter) = parse(record, &source, &keep) {
                    letters.insert(letter.shown.source.clone(), letter);
                }
            })
            .map_err(IngestError::kafka(format!("{name}: reading dead letters")))?;
        }
        Ok(letters)
    };
    tokio::task::spawn_blocking(read).await.unwrap_or(Err(IngestError::Stage { stage: "dead letters" }))
}

/// Every record that a topic holds now.
fn read_topic(
    consumer: &BaseConsumer,
    topic: &str,
    partitions: &BTreeSet<i32>,
    silence: Duration,
    mut each: impl FnMut(&BorrowedMessage<'_>),
) -> Result<(), KafkaError> {
    if partitions.is_empty() {
        return Ok(());
    }
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition_offset(topic, *partition, Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    let mut open = partitions.clone();
    let mut heard = Instant::now();
    while !open.is_empty() {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(record)) => each(&record),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                open.remove(&partition);
            }
            Some(Err(error)) if fatal(&error) => return Err(error),
            _ if heard.elapsed() > silence => {
                return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut));
            }
            _ => continue,
        }
        heard = Instant::now();
    }
    consumer.unassign()
}

/// A record of the dead-letter topic; `None` where it is no letter of `source`.
fn parse(record: &BorrowedMessage<'_>, source: &str, keep: impl Fn(&Coordinates) -> bool) -> Option<Letter> {
    let mut ours = BTreeMap::new();
    let mut headers = OwnedHeaders::new();
    for original in record.headers()?.iter() {
        if original.key.starts_with(header::PREFIX) || original.key == header::TRUNCATED {
            ours.insert(original.key, String::from_utf8_lossy(original.value.unwrap_or_default()).into_owned());
        } else {
            headers = headers.insert(Header { key: original.key, value: original.value });
        }
    }
    let topic = ours.remove(header::TOPIC).filter(|topic| topic == source)?;
    let partition = ours.get(header::PARTITION)?.parse().ok()?;
    let offset = ours.get(header::OFFSET)?.parse().ok()?;
    let message = ours.remove(header::MESSAGE).unwrap_or_default();
    let (reason, message) = message.split_once(": ").unwrap_or(("unknown", &message));
    let shown = DeadLetter {
        source: Coordinates { topic, partition, offset },
        reason: reason.to_owned(),
        message: message.to_owned(),
        at: record.timestamp().to_millis().and_then(|millis| Timestamp::from_millisecond(millis).ok()),
        truncated: ours.remove(header::TRUNCATED),
    };
    let original = keep(&shown.source).then(|| Original {
        key: record.key().map(<[u8]>::to_vec),
        value: record.payload().map(<[u8]>::to_vec),
        headers,
    });
    Some(Letter { shown, original })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_read_as_they_are_written() {
        let place = Coordinates { topic: "bellwether.calendar-audits".into(), partition: 3, offset: 42 };
        assert_eq!(place.to_string(), "bellwether.calendar-audits-3@42");
        assert_eq!(place.to_string().parse(), Ok(place));
        for wrong in ["", "x", "t-1", "t@1", "-1@2", "t-x@1"] {
            assert!(wrong.parse::<Coordinates>().is_err(), "{wrong}");
        }
    }
}
