//! Stage 4: what is no row is kept, whole and with the reason, in the topic of dead letters, before its batch commits.
//!
//! At least once: a batch that is read again sends its letters again. Their identity is the source topic, partition
//! and offset, in the headers that Kafka Connect uses. Headers of those names that the record came with are kept under
//! another name, so that no producer can say where its letter is from, or that it was dealt with.

use crate::{IngestError, KafkaSettings, client, metrics::Metrics};
use contracts::Rejection;
use futures::future::try_join_all;
use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
    util::Timeout,
};
use sha2::{Digest, Sha256};

/// Headers of Kafka Connect, and our own.
pub(crate) mod header {
    use std::borrow::Cow;

    /// What is under these names in a letter is ours.
    const RESERVED: [&str; 2] = ["__connect.errors.", "__bellwether."];
    /// Put before such a name where the record itself came with it.
    const KEPT: &str = "__bellwether.kept.";
    pub(crate) const TOPIC: &str = "__connect.errors.topic";
    pub(crate) const PARTITION: &str = "__connect.errors.partition";
    pub(crate) const OFFSET: &str = "__connect.errors.offset";
    pub(crate) const CONNECTOR: &str = "__connect.errors.connector.name";
    pub(crate) const TASK: &str = "__connect.errors.task.id";
    pub(crate) const STAGE: &str = "__connect.errors.stage";
    pub(crate) const CLASS: &str = "__connect.errors.class.name";
    pub(crate) const EXCEPTION: &str = "__connect.errors.exception.class.name";
    pub(crate) const MESSAGE: &str = "__connect.errors.exception.message";
    /// Ours: the value was too large even for the dead-letter topic; this is its SHA-256, in hexadecimal.
    pub(crate) const TRUNCATED: &str = "__bellwether.truncated.sha256";
    /// Ours: no letter, but a mark that letters were replayed; `PARTITION@OFFSET,…` of each within the topic.
    pub(crate) const REPLAYED: &str = "__bellwether.replayed";

    /// The name in a letter of a header that the record came with.
    pub(crate) fn kept(name: &str) -> Cow<'_, str> {
        match is_reserved(name) {
            true => format!("{KEPT}{name}").into(),
            false => name.into(),
        }
    }

    /// The name in the record of a header of its letter; `None` where it is the letter's own.
    pub(crate) fn original(name: &str) -> Option<&str> {
        name.strip_prefix(KEPT).or_else(|| Some(name).filter(|name| !is_reserved(name)))
    }

    fn is_reserved(name: &str) -> bool {
        RESERVED.iter().any(|prefix| name.starts_with(prefix))
    }
}

/// Letters that may be on their way at a time,
const IN_FLIGHT: usize = 256;
/// … and their bytes (but always one letter): the producer holds copies.
const IN_FLIGHT_BYTES: usize = 16 << 20;

/// A record that is no row, and why.
pub(crate) struct Letter {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) rejection: Rejection,
}

impl Letter {
    pub(crate) fn bytes(&self) -> usize {
        let bytes = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + bytes(value)).sum();
        bytes(&self.key) + bytes(&self.value) + headers
    }
}

/// Sends letters.
#[derive(Clone)]
pub(crate) struct Quarantine {
    producer: FutureProducer,
}

/// Where a stream's letters come from and go to.
pub(crate) struct Route<'a> {
    pub(crate) stream: &'a str,
    pub(crate) source: &'a str,
    pub(crate) target: &'a str,
}

impl Quarantine {
    pub(crate) fn new(kafka: &KafkaSettings) -> Result<Self, IngestError> {
        let producer =
            client::producer(kafka).create().map_err(IngestError::kafka("creating the dead-letter producer"))?;
        Ok(Self { producer })
    }

    /// Returns once every letter is acknowledged.
    pub(crate) async fn deliver(
        &self,
        route: &Route<'_>,
        letters: &[Letter],
        metrics: &Metrics,
    ) -> Result<(), IngestError> {
        let failed = |source| IngestError::DeadLetter { topic: route.target.to_owned(), source };
        for some in portions(letters) {
            try_join_all(some.iter().map(|letter| self.send(route, letter, metrics))).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn send(&self, route: &Route<'_>, letter: &Letter, metrics: &Metrics) -> Result<(), KafkaError> {
        let reason = letter.rejection.reason.as_str();
        let attempts = [Extent::Whole, Extent::WithoutValue, Extent::CoordinatesOnly];
        let mut refused = None;
        for extent in attempts {
            match self.produce(route, letter, extent).await {
                Ok(()) => {
                    metrics.dead_letters.with_label_values(&[route.stream, reason]).inc();
                    if extent != Extent::Whole {
                        metrics.truncated.with_label_values(&[route.stream]).inc();
                    }
                    let Route { source, .. } = route;
                    let (partition, offset) = (letter.partition, letter.offset);
                    tracing::debug!(topic = source, partition, offset, reason, "dead letter");
                    return Ok(());
                }
                Err(error) if too_large(&error) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        refused.map_or(Ok(()), Err)
    }

    async fn produce(&self, route: &Route<'_>, letter: &Letter, extent: Extent) -> Result<(), KafkaError> {
        let mut record: FutureRecord<'_, [u8], [u8]> =
            FutureRecord::to(route.target).headers(headers(route.source, letter, extent));
        // The time of the letter, not of the record: retention counts from here.
        record.key = letter.key.as_deref().filter(|_| extent == Extent::Whole);
        record.payload = letter.value.as_deref().filter(|_| extent == Extent::Whole);
        self.producer.send(record, Timeout::Never).await.map(|_| ()).map_err(|(error, _)| error)
    }
}

/// All of them, in portions that may be on their way at a time.
fn portions(letters: &[Letter]) -> impl Iterator<Item = &[Letter]> {
    let (mut count, mut bytes) = (0, 0);
    letters.chunk_by(move |letter, next| {
        (count, bytes) = (count + 1, bytes + letter.bytes());
        let room = count < IN_FLIGHT && bytes + next.bytes() <= IN_FLIGHT_BYTES;
        if !room {
            (count, bytes) = (0, 0);
        }
        room
    })
}

/// How much of a letter is sent: less each time the broker refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    WithoutValue,
    CoordinatesOnly,
}

fn too_large(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize)
    )
}

fn headers(source: &str, letter: &Letter, extent: Extent) -> OwnedHeaders {
    let mut headers = OwnedHeaders::new();
    if extent != Extent::CoordinatesOnly {
        for (key, value) in &letter.headers {
            headers = headers.insert(Header { key: &header::kept(key), value: value.as_ref() });
        }
    }
    let Rejection { reason, message } = &letter.rejection;
    let mut ours = vec![
        (header::TOPIC, source.to_owned()),
        (header::PARTITION, letter.partition.to_string()),
        (header::OFFSET, letter.offset.to_string()),
        (header::CONNECTOR, "bellwether".to_owned()),
        (header::TASK, "ingest".to_owned()),
        (header::STAGE, "VALUE_CONVERTER".to_owned()),
        (header::CLASS, "contracts::Decoder".to_owned()),
        (header::EXCEPTION, format!("bellwether.{reason}")),
        (header::MESSAGE, format!("{reason}: {message}")),
    ];
    if extent != Extent::Whole {
        ours.push((header::TRUNCATED, sha256(letter.value.as_deref().unwrap_or_default())));
    }
    ours.iter().fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Reason;

    fn letter(bytes: usize) -> Letter {
        let rejection = Rejection::new(Reason::TooLarge, "large");
        Letter { partition: 0, offset: 0, key: None, value: Some(vec![0; bytes]), headers: Vec::new(), rejection }
    }

    #[test]
    fn portions_are_bounded_in_letters_and_in_bytes_and_hold_all_letters() {
        let sizes = |letters: &[Letter]| portions(letters).map(<[Letter]>::len).collect::<Vec<_>>();
        let small: Vec<Letter> = (0..600).map(|_| letter(10)).collect();
        assert_eq!(sizes(&small), [256, 256, 88]);
        let large: Vec<Letter> = [1, 8, 8, 20, 1].map(|mebibytes| letter(mebibytes << 20)).into();
        assert_eq!(sizes(&large), [2, 1, 1, 1]);
        let mut headed: Vec<Letter> = (0..4).map(|_| letter(1)).collect();
        headed.iter_mut().for_each(|letter| letter.headers.push(("trace".into(), Some(vec![0; 6 << 20]))));
        assert_eq!(sizes(&headed), [2, 2], "headers are bytes, too");
        assert!(sizes(&[]).is_empty());
    }

    #[test]
    fn headers_of_the_record_keep_their_names_and_are_never_taken_for_ours() {
        for name in
            ["trace", header::REPLAYED, header::TOPIC, "__bellwether.kept.x", "__bellwether.kept.", "__connect.errors"]
        {
            let kept = header::kept(name).into_owned();
            assert!(![header::REPLAYED, header::TRUNCATED, header::TOPIC].contains(&kept.as_str()), "{kept}");
            assert_eq!(header::original(&kept), Some(name));
        }
        assert_eq!(header::original(header::MESSAGE), None);
        assert_eq!(header::original(header::TRUNCATED), None);
    }
}
