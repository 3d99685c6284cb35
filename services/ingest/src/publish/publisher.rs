//! A producer that waits instead of growing, and remembers the first record that was refused.

use crate::{client, error::Unreachable, properties::KafkaSettings, settings::SettingsError};
use rdkafka::{
    ClientContext, Message,
    error::{KafkaError, RDKafkaErrorCode},
    message::DeliveryResult,
    metadata::MetadataTopic,
    producer::{BaseProducer, BaseRecord, Producer, ProducerContext},
};
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a broker may take to answer at all.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long the last records may take; above the client's own limit for each, so that each has an outcome.
const FLUSH_LIMIT: Duration = Duration::from_secs(90);
/// Delivery reports are served once in so many records, and whenever there is no room.
const SERVE_EVERY: u64 = 256;

/// How long a new topic may take; whoever sends without it being ready learns why from the broker.
const READY_LIMIT: Duration = Duration::from_secs(10);
/// Between two looks.
const READY_PAUSE: Duration = Duration::from_millis(50);

/// What was published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    /// Records that the broker has acknowledged.
    pub records: u64,
    /// Bytes of their values.
    pub bytes: u64,
}

/// Why publishing ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The settings of `[kafka]` make no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A file cannot be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// The cause.
        source: std::io::Error,
    },
    /// A line is no event.
    #[error("{file}:{line}: {problem}")]
    Line {
        /// The file.
        file: String,
        /// Its line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A line is not UTF-8.
    #[error("{file}:{line}:{column}: {problem}")]
    Encoding {
        /// The file.
        file: String,
        /// Its line, from 1.
        line: usize,
        /// The character that is none, from 1.
        column: usize,
        /// What it seems to be, and what to do.
        problem: &'static str,
    },
    /// No broker answered.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// Publishing of files stopped part-way.
    #[error("{source}; {}", stopped_after(*.records))]
    Stopped {
        /// Records that the broker has acknowledged.
        records: u64,
        /// Why it stopped.
        source: Box<PublishError>,
    },
    /// The broker refused a record, or did not acknowledge it in time.
    #[error("{place} was not accepted: {source}")]
    Refused {
        /// Which record: topic, and line of a file or number.
        place: String,
        /// The cause.
        source: KafkaError,
    },
}

fn stopped_after(records: u64) -> String {
    match records {
        0 => "nothing was published".to_owned(),
        records => format!(
            "{records} records were published by then. Fix it and publish all of it again: events count once, by their \
             key and revision"
        ),
    }
}

impl PublishError {
    pub(super) fn in_file(self, file: &Path) -> Self {
        match self {
            Self::Refused { place, source } => Self::Refused { place: format!("{}, {place}", file.display()), source },
            other => other,
        }
    }
}

#[derive(Default)]
struct Deliveries(Mutex<Outcome>);

#[derive(Default)]
struct Outcome {
    published: Published,
    refused: Option<(String, usize, KafkaError)>,
    /// What the client says of brokers, until one has answered.
    reported: Vec<KafkaError>,
    answered: bool,
}

impl Deliveries {
    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(target: "librdkafka", %error, "{reason}");
        let mut outcome = self.outcome();
        if !outcome.answered {
            outcome.reported.push(error);
        }
    }
}

impl ProducerContext for Deliveries {
    /// The line, or the number of the record.
    type DeliveryOpaque = usize;

    fn delivery(&self, delivery: &DeliveryResult<'_>, place: usize) {
        let mut outcome = self.outcome();
        match delivery {
            Ok(record) => {
                outcome.published.records += 1;
                outcome.published.bytes += record.payload().map_or(0, |value| value.len() as u64);
            }
            Err((error, record)) => {
                outcome.refused.get_or_insert_with(|| (record.topic().to_owned(), place, error.clone()));
            }
        }
    }
}

/// Sends records with backpressure: no more than the client's buffer is ever in flight. Blocks; not for a runtime's
/// threads.
pub struct Publisher {
    producer: BaseProducer<Deliveries>,
    ready: Ready,
    sent: u64,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Publisher({} sent)", self.sent)
    }
}

impl Publisher {
    /// Connects; an error within 10 s where no broker answers.
    pub fn new(kafka: &KafkaSettings) -> Result<Self, PublishError> {
        kafka.check()?;
        let (brokers, seconds) = (&kafka.brokers, CONNECT_LIMIT.as_secs());
        let unreachable = |source| Unreachable { brokers: brokers.clone(), seconds, source };
        let producer: BaseProducer<Deliveries> =
            client::bulk_producer(kafka).create_with_context(Deliveries::default()).map_err(unreachable)?;
        let metadata = producer.client().fetch_metadata(None, CONNECT_LIMIT).map_err(|error| {
            (0..client::REPORTS).for_each(|_| producer.poll(Duration::ZERO));
            let reported = std::mem::take(&mut producer.context().outcome().reported);
            unreachable(client::most_telling(error, reported.into_iter()))
        })?;
        producer.context().outcome().answered = true;
        Ok(Self { producer, ready: Ready::of(metadata.topics()), sent: 0 })
    }

    /// Records handed over so far.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Hands a record over, waiting for room. An error is that of the *first* record that was refused, which may be an
    /// earlier one.
    pub fn send(&mut self, topic: &str, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), PublishError> {
        let number = usize::try_from(self.sent).unwrap_or(usize::MAX).saturating_add(1);
        self.send_from(topic, key, value, number)
    }

    /// As [`Publisher::send`], with the record's place in its source.
    pub(super) fn send_from(
        &mut self,
        topic: &str,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        place: usize,
    ) -> Result<(), PublishError> {
        self.ready.wait_for(topic, &self.producer);
        let mut record: BaseRecord<'_, [u8], [u8], usize> = BaseRecord::with_opaque_to(topic, place);
        (record.key, record.payload) = (key, value);
        loop {
            let Err((error, back)) = self.producer.send(record) else { break };
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(refused(topic, place, error));
            }
            self.producer.poll(Duration::from_millis(20));
            self.check()?;
            record = back;
        }
        self.sent += 1;
        if self.sent.is_multiple_of(SERVE_EVERY) {
            self.producer.poll(Duration::ZERO);
            self.check()?;
        }
        Ok(())
    }

    /// Waits until every record is acknowledged (or refused).
    pub fn flush(&self) -> Result<Published, PublishError> {
        let flushed = self.producer.flush(FLUSH_LIMIT);
        self.check()?;
        flushed
            .map_err(|source| PublishError::Refused { place: format!("the last of {} records", self.sent), source })?;
        Ok(self.producer.context().outcome().published)
    }

    /// What was acknowledged when all of it has an outcome, refused records aside.
    pub(super) fn settle(&self) -> Published {
        // What is still on its way then is not acknowledged: that is what is asked for.
        let _ = self.producer.flush(FLUSH_LIMIT);
        self.producer.context().outcome().published
    }

    /// [`Publisher::flush`], at the end.
    pub fn finish(self) -> Result<Published, PublishError> {
        self.flush()
    }

    fn check(&self) -> Result<(), PublishError> {
        let refused_first = self.producer.context().outcome().refused.clone();
        refused_first.map_or(Ok(()), |(topic, place, error)| Err(refused(&topic, place, error)))
    }
}

fn refused(topic: &str, place: usize, source: KafkaError) -> PublishError {
    PublishError::Refused { place: format!("{topic}: record {place}"), source }
}

/// Topics whose every partition has a leader that answers.
///
/// A broker creates a missing topic at its first mention, and its partitions take records a moment later, each in its own
/// time. A record that is refused in between is sent again, but others of the same partition may have arrived first: the
/// broker then takes it for a duplicate, and acknowledges what it does not store.
#[derive(Debug, Default)]
struct Ready(BTreeSet<String>);

impl Ready {
    /// Those that exist already.
    fn of(topics: &[MetadataTopic]) -> Self {
        Self(topics.iter().filter(|topic| led(topic)).map(|topic| topic.name().to_owned()).collect())
    }

    /// Returns once the topic takes records, or has not been created within the limit.
    fn wait_for<C: ProducerContext>(&mut self, topic: &str, producer: &BaseProducer<C>) {
        if self.0.contains(topic) {
            return;
        }
        let started = Instant::now();
        while !matches!(takes_records(topic, producer), Ok(true)) && started.elapsed() < READY_LIMIT {
            producer.poll(READY_PAUSE);
        }
        self.0.insert(topic.to_owned());
    }
}

fn takes_records<C: ProducerContext>(topic: &str, producer: &BaseProducer<C>) -> Result<bool, KafkaError> {
    let metadata = producer.client().fetch_metadata(Some(topic), READY_LIMIT)?;
    let Some(found) = metadata.topics().iter().find(|found| found.name() == topic && led(found)) else {
        return Ok(false);
    };
    for partition in found.partitions() {
        // Only a leader that has taken office answers.
        producer.client().fetch_watermarks(topic, partition.id(), READY_LIMIT)?;
    }
    Ok(true)
}

fn led(topic: &MetadataTopic) -> bool {
    topic.error().is_none()
        && !topic.partitions().is_empty()
        && topic.partitions().iter().all(|partition| partition.leader() >= 0 && partition.error().is_none())
}
