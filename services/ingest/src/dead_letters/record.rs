//! Records of a dead-letter topic: dead letters, and replay markers, which say that dead letters have been replayed.
//!
//! A replay marker names the dead letters that it is about by their own places in the topic, so that no clock decides what
//! it covers: a dead letter that arrives later under the same coordinates (a batch read twice, a source topic recreated)
//! is open.

use super::dead_letter::{Coordinates, DeadLetter, DeadLetterState};
use crate::size;
use jiff::Timestamp;
use rdkafka::{
    Message,
    message::{BorrowedMessage, Header, Headers, OwnedHeaders},
};
use std::collections::BTreeMap;

/// Headers of Kafka Connect, and our own.
pub(crate) mod header {
    use std::borrow::Cow;

    /// What is under these names in a dead letter is ours.
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
    /// Ours: no dead letter, but a replay marker; `PARTITION@OFFSET,…` of each replayed one within the topic.
    pub(crate) const REPLAYED: &str = "__bellwether.replayed";

    /// The name in a dead letter of a header that the record came with.
    pub(crate) fn kept(name: &str) -> Cow<'_, str> {
        match is_reserved(name) {
            true => format!("{KEPT}{name}").into(),
            false => name.into(),
        }
    }

    /// The name in the record of a header of its dead letter; `None` where it is the dead letter's own.
    pub(crate) fn original(name: &str) -> Option<&str> {
        name.strip_prefix(KEPT).or_else(|| Some(name).filter(|name| !is_reserved(name)))
    }

    fn is_reserved(name: &str) -> bool {
        RESERVED.iter().any(|prefix| name.starts_with(prefix))
    }
}

/// Partition and offset within the dead-letter topic.
pub(super) type Place = (i32, i64);

/// One record.
pub(super) enum Entry {
    /// A record that was refused.
    DeadLetter(DeadLetter),
    /// Dead letters that were replayed, and when.
    ReplayMarker { source: Coordinates, replayed: Vec<Place>, at: Option<Timestamp> },
}

/// What the record is; `None` where it is neither, or of another source.
pub(super) fn entry(record: &BorrowedMessage<'_>, source: &str) -> Option<Entry> {
    let ours: BTreeMap<&str, String> = record
        .headers()?
        .iter()
        .filter(|found| header::original(found.key).is_none())
        .map(|found| (found.key, String::from_utf8_lossy(found.value.unwrap_or_default()).into_owned()))
        .collect();
    let topic = ours.get(header::TOPIC).filter(|topic| *topic == source)?.clone();
    let partition = ours.get(header::PARTITION)?.parse().ok()?;
    let offset = ours.get(header::OFFSET)?.parse().ok()?;
    let source = Coordinates { topic, partition, offset };
    let at = record.timestamp().to_millis().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    // A dead letter says what is wrong; one that came with the header of a replay marker is none for that.
    if let Some(replayed) = ours.get(header::REPLAYED).filter(|_| !ours.contains_key(header::MESSAGE)) {
        return Some(Entry::ReplayMarker { source, replayed: places(replayed), at });
    }
    let message = ours.get(header::MESSAGE).map_or("", String::as_str);
    let (reason, message) = message.split_once(": ").unwrap_or(("unknown", message));
    let truncated = ours.get(header::TRUNCATED).cloned();
    let (reason, message) = (reason.to_owned(), message.to_owned());
    let (state, replayed_at) = (DeadLetterState::Open, None);
    Some(Entry::DeadLetter(DeadLetter { source, state, replayed_at, reason, message, at, truncated }))
}

/// The headers of a replay marker.
pub(super) fn replay_marker(source: &Coordinates, replayed: &[Place]) -> OwnedHeaders {
    let replayed: Vec<String> = replayed.iter().map(|(partition, offset)| format!("{partition}@{offset}")).collect();
    let headers = [
        (header::TOPIC, source.topic.clone()),
        (header::PARTITION, source.partition.to_string()),
        (header::OFFSET, source.offset.to_string()),
        (header::REPLAYED, replayed.join(",")),
    ];
    let insert = |all: OwnedHeaders, (key, value): &(&str, String)| all.insert(Header { key, value: Some(value) });
    headers.iter().fold(OwnedHeaders::new(), insert)
}

fn places(text: &str) -> Vec<Place> {
    let place = |text: &str| {
        let (partition, offset) = text.split_once('@')?;
        Some((partition.parse().ok()?, offset.parse().ok()?))
    };
    text.split(',').filter_map(place).collect()
}

/// The record that became a dead letter.
pub(super) struct Original {
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) headers: OwnedHeaders,
}

impl Original {
    /// Out of its dead letter.
    pub(super) fn of(dead_letter: &BorrowedMessage<'_>) -> Self {
        let mut headers = OwnedHeaders::new();
        for found in dead_letter.headers().iter().flat_map(|headers| headers.iter()) {
            let Some(key) = header::original(found.key) else { continue };
            headers = headers.insert(Header { key, value: found.value });
        }
        Self { key: dead_letter.key().map(<[u8]>::to_vec), value: dead_letter.payload().map(<[u8]>::to_vec), headers }
    }

    pub(super) fn bytes(&self) -> usize {
        size::of_record(
            self.key.as_deref(),
            self.value.as_deref(),
            self.headers.iter().map(|header| (header.key.len(), header.value)),
        )
    }
}

/// Key, value and headers of a record as it stands in its topic.
pub(super) fn size_of(record: &BorrowedMessage<'_>) -> usize {
    let headers = record.headers().into_iter().flat_map(Headers::iter);
    size::of_record(record.key(), record.payload(), headers.map(|header| (header.key.len(), header.value)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
