//! What goes wrong while reading: what ends the run, what stops one partition, and what may pass.

use super::chunk::{FailedPartition, unreadable};
use crate::{
    client::fatal,
    error::{IngestError, PositionError, PositionFault, Unreachable},
};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::time::{Duration, Instant};

/// With no broker for so long, a run that should end by itself ends with an error.
const OUTAGE_LIMIT: Duration = Duration::from_secs(60);
/// Between two warnings that no broker answers.
const OUTAGE_REMINDER: Duration = Duration::from_secs(10);

/// What the failure of a partition leads to.
pub(crate) enum Setback {
    /// Reading it again fails in the same way: it stops, alone.
    Stops(PositionError),
    /// It may pass: the partition is looked at again soon.
    Waits,
}

/// Weighs a failure; an error where waiting and stopping would not help. The range is what the topic holds, as last seen.
pub(crate) fn weigh(
    topic: &str,
    failure: &FailedPartition,
    range: Option<(i64, i64)>,
    receive_limit: u64,
) -> Result<Setback, IngestError> {
    let (partition, code) = (failure.place.1, failure.code);
    let source = KafkaError::MessageConsumption(code);
    // Out of range: truncated or recreated, which assigning the partition again finds and names.
    if code != RDKafkaErrorCode::AutoOffsetReset && fatal(&source) {
        return Err(IngestError::Kafka { context: format!("{topic}-{partition}: reading on"), source });
    }
    if !unreadable(code) {
        return Ok(Setback::Waits);
    }
    let (low, high) = range.unwrap_or((failure.next, failure.next));
    let fault = PositionFault::Unreadable { code, text: failure.text.clone(), receive_limit };
    Ok(Setback::Stops(PositionError { topic: topic.into(), partition, stored: failure.next, low, high, fault }))
}

/// No broker answers.
pub(crate) struct Outage {
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
    pub(crate) fn say(&mut self, brokers: &str) {
        if self.said.is_none_or(|said| said.elapsed() >= OUTAGE_REMINDER) {
            self.said = Some(Instant::now());
            tracing::warn!(brokers, seconds = self.since.elapsed().as_secs(), "no broker answers");
        }
    }

    /// An error once it has lasted too long for a run that should end by itself.
    pub(crate) fn bearable(&self, brokers: &str) -> Result<(), Unreachable> {
        if self.since.elapsed() <= OUTAGE_LIMIT {
            return Ok(());
        }
        let source = KafkaError::MessageConsumption(RDKafkaErrorCode::AllBrokersDown);
        Err(Unreachable { brokers: brokers.to_owned(), seconds: self.since.elapsed().as_secs(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: RDKafkaErrorCode) -> FailedPartition {
        FailedPartition { place: (0, 3), next: 7, code, text: "librdkafka's words".into() }
    }

    #[test]
    fn a_refusal_ends_the_run_with_its_partition_and_what_may_pass_is_waited_for() {
        let refused = weigh("t", &failure(RDKafkaErrorCode::TopicAuthorizationFailed), None, 1).map(drop).unwrap_err();
        let refused = refused.to_string();
        assert!(refused.starts_with("t-3: ") && refused.contains("TopicAuthorizationFailed"), "{refused}");
        for code in [RDKafkaErrorCode::AutoOffsetReset, RDKafkaErrorCode::UnknownTopicOrPartition] {
            assert!(matches!(weigh("t", &failure(code), None, 1), Ok(Setback::Waits)), "{code}");
        }
    }

    #[test]
    fn what_cannot_be_read_stops_its_partition_with_place_reason_and_setting() {
        let text = |code| match weigh("t", &failure(code), Some((2, 90)), 1_000).unwrap() {
            Setback::Stops(error) => error.to_string(),
            Setback::Waits => panic!("{code}: waits"),
        };
        let large = text(RDKafkaErrorCode::BadCompression);
        for part in ["t-3@7: ", "librdkafka's words", "`receive.message.max.bytes`", "= 1000", "the others go on"] {
            assert!(large.contains(part), "{part}: {large}");
        }
        let damaged = text(RDKafkaErrorCode::InvalidRecord);
        assert!(damaged.starts_with("t-3@7: ") && !damaged.contains("receive.message.max.bytes"), "{damaged}");
    }
}
