//! Waits until a topic that its first record makes takes records.

use rdkafka::{
    error::KafkaError,
    metadata::MetadataTopic,
    producer::{BaseProducer, Producer, ProducerContext},
};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// How long a new topic may take; whoever sends without it being ready learns why from the broker.
const LIMIT: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Topics whose every partition has a leader that answers.
///
/// A broker makes a missing topic at its first mention, and its partitions take records a moment later, each in its own
/// time. A record that is refused in between is sent again, but others of the same partition may have arrived first: the
/// broker then takes it for a duplicate, and acknowledges what it does not store.
#[derive(Debug, Default)]
pub(super) struct Ready(BTreeSet<String>);

impl Ready {
    /// Those that exist already.
    pub(super) fn of(topics: &[MetadataTopic]) -> Self {
        Self(topics.iter().filter(|topic| led(topic)).map(|topic| topic.name().to_owned()).collect())
    }

    /// Returns once the topic takes records, or has not been made within the limit.
    pub(super) fn wait_for<C: ProducerContext>(&mut self, topic: &str, producer: &BaseProducer<C>) {
        if self.0.contains(topic) {
            return;
        }
        let started = Instant::now();
        while !matches!(takes_records(topic, producer), Ok(true)) && started.elapsed() < LIMIT {
            producer.poll(PAUSE);
        }
        self.0.insert(topic.to_owned());
    }
}

fn takes_records<C: ProducerContext>(topic: &str, producer: &BaseProducer<C>) -> Result<bool, KafkaError> {
    let metadata = producer.client().fetch_metadata(Some(topic), LIMIT)?;
    let Some(found) = metadata.topics().iter().find(|found| found.name() == topic && led(found)) else {
        return Ok(false);
    };
    for partition in found.partitions() {
        // Only a leader that has taken office answers.
        producer.client().fetch_watermarks(topic, partition.id(), LIMIT)?;
    }
    Ok(true)
}

fn led(topic: &MetadataTopic) -> bool {
    topic.error().is_none()
        && !topic.partitions().is_empty()
        && topic.partitions().iter().all(|partition| partition.leader() >= 0 && partition.error().is_none())
}
