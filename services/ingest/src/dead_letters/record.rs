//! Records of a dead-letter topic: letters, and marks that letters have been replayed.
//!
//! A mark names the letters that it is about by their own places in the topic, so that no clock decides what it covers: a
//! letter that arrives later under the same coordinates (a batch read twice, a source topic made anew) is open.

use super::{Coordinates, DeadLetter, LetterState};
use crate::pipeline::quarantine::header;
use jiff::Timestamp;
use rdkafka::{
    Message,
    message::{BorrowedMessage, Header, Headers, OwnedHeaders},
};
use std::collections::BTreeMap;

/// Partition and offset within the dead-letter topic.
pub(super) type Place = (i32, i64);

/// One record.
pub(super) enum Entry {
    /// A record that was refused.
    Letter(DeadLetter),
    /// Letters that were replayed, and when.
    Mark { source: Coordinates, letters: Vec<Place>, at: Option<Timestamp> },
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
    // A letter says what is wrong; one that came with the header of a mark is no mark for that.
    if let Some(letters) = ours.get(header::REPLAYED).filter(|_| !ours.contains_key(header::MESSAGE)) {
        return Some(Entry::Mark { source, letters: places(letters), at });
    }
    let message = ours.get(header::MESSAGE).map_or("", String::as_str);
    let (reason, message) = message.split_once(": ").unwrap_or(("unknown", message));
    let truncated = ours.get(header::TRUNCATED).cloned();
    let (reason, message) = (reason.to_owned(), message.to_owned());
    let (state, replayed_at) = (LetterState::Open, None);
    Some(Entry::Letter(DeadLetter { source, state, replayed_at, reason, message, at, truncated }))
}

/// The headers of a mark.
pub(super) fn mark(source: &Coordinates, letters: &[Place]) -> OwnedHeaders {
    let letters: Vec<String> = letters.iter().map(|(partition, offset)| format!("{partition}@{offset}")).collect();
    let headers = [
        (header::TOPIC, source.topic.clone()),
        (header::PARTITION, source.partition.to_string()),
        (header::OFFSET, source.offset.to_string()),
        (header::REPLAYED, letters.join(",")),
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

/// The record that became a letter.
pub(super) struct Original {
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) headers: OwnedHeaders,
}

impl Original {
    /// Out of its letter.
    pub(super) fn of(letter: &BorrowedMessage<'_>) -> Self {
        let mut headers = OwnedHeaders::new();
        for found in letter.headers().iter().flat_map(|headers| headers.iter()) {
            let Some(key) = header::original(found.key) else { continue };
            headers = headers.insert(Header { key, value: found.value });
        }
        Self { key: letter.key().map(<[u8]>::to_vec), value: letter.payload().map(<[u8]>::to_vec), headers }
    }

    pub(super) fn bytes(&self) -> usize {
        let bytes = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
        let headers: usize =
            self.headers.iter().map(|header| header.key.len() + header.value.map_or(0, <[u8]>::len)).sum();
        bytes(&self.key) + bytes(&self.value) + headers
    }
}
