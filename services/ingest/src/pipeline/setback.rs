//! What goes wrong while reading and may pass: when to try again, and how often to say so.

use crate::{IngestError, Unreachable, probe::fatal};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::time::{Duration, Instant};

/// With no broker for so long, a run that should end by itself ends with an error.
const OUTAGE_LIMIT: Duration = Duration::from_secs(60);
/// Between two warnings that no broker answers.
const OUTAGE_REMINDER: Duration = Duration::from_secs(10);
/// Between a partition's failure and looking at its position again.
const RETRY: Duration = Duration::from_secs(1);

/// When to look again at a partition that cannot be read on, unless that cannot help.
pub(crate) fn later(topic: &str, partition: i32, code: RDKafkaErrorCode) -> Result<Instant, IngestError> {
    let source = KafkaError::MessageConsumption(code);
    // Out of range: truncated or recreated, which taking the partition again finds and names.
    if code != RDKafkaErrorCode::AutoOffsetReset && fatal(&source) {
        return Err(IngestError::Kafka { context: format!("{topic}-{partition}: reading on"), source });
    }
    tracing::warn!(topic, partition, %code, "a partition cannot be read on: its position is looked at again soon");
    Ok(Instant::now() + RETRY)
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

    #[test]
    fn a_refusal_ends_the_run_with_its_partition_and_anything_else_is_tried_again() {
        let refused = later("t", 3, RDKafkaErrorCode::TopicAuthorizationFailed).unwrap_err().to_string();
        assert!(refused.starts_with("t-3: ") && refused.contains("TopicAuthorizationFailed"), "{refused}");
        for code in [RDKafkaErrorCode::AutoOffsetReset, RDKafkaErrorCode::UnknownTopicOrPartition] {
            assert!(later("t", 3, code).unwrap() > Instant::now(), "{code}: not at once");
        }
    }
}
