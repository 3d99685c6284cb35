//! Looks through dead letters, and sends them again.
//!
//! A letter's identity is the source topic, partition and offset of the record: a batch that was read twice has sent
//! its letters twice, and they count once. A replay is remembered by a *mark*, a record of the same topic with that
//! identity and no content, which outlives the letters that it covers.

mod coordinates;
mod record;
mod replay;
mod standing;
mod survey;
mod topic;

use crate::{IngestError, IngestSettings, KafkaSettings};
use contracts::Contracts;
use jiff::Timestamp;
use std::collections::BTreeSet;
use survey::survey;
use topic::Topic;

pub use coordinates::Coordinates;

/// One dead letter, without the record itself: that may name people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeadLetter {
    /// Where the record came from.
    #[serde(flatten)]
    pub source: Coordinates,
    /// Whether it is dealt with.
    pub state: LetterState,
    /// When it was last replayed. An open letter can have been: another copy of it has arrived since.
    pub replayed_at: Option<Timestamp>,
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

/// Whether a letter is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// Nobody has replayed it.
    Open,
    /// Its record was sent to its topic again.
    Replayed,
}

/// What a replay did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Replayed {
    /// Records sent to their source topics again, at its end.
    pub sent: Vec<Coordinates>,
    /// Letters that hold no value any more.
    pub truncated: Vec<Coordinates>,
    /// Not sent, because they were replayed before.
    pub already: Vec<DeadLetter>,
    /// Not sent, because their record would come after what has overtaken it: of reference streams.
    pub outdated: Vec<Outdated>,
    /// Asked for, but there is no such letter (any more).
    pub missing: Vec<Coordinates>,
}

/// A letter of a reference stream that was overtaken while it lay there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Outdated {
    /// The letter.
    pub source: Coordinates,
    /// What happened since.
    pub why: Since,
    /// The record that overtook it.
    pub by: Coordinates,
}

/// What came after a letter of a reference stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// Its key was deleted, which sending it again would undo.
    Deleted,
    /// A record of its key with the same or a higher revision.
    Superseded,
}

/// All letters of these source topics, by source coordinates.
pub async fn list(
    kafka: &KafkaSettings,
    ingest: &IngestSettings,
    topics: &[&str],
) -> Result<Vec<DeadLetter>, IngestError> {
    let (kafka, ingest, topics) = (kafka.clone(), ingest.clone(), owned(topics));
    blocking(move || {
        let mut found = Vec::new();
        for source in topics {
            let letters = survey(&Topic::open(&kafka, &ingest, &source)?, &source)?;
            found.extend(letters.into_values().filter_map(|letter| letter.newest()).map(|(_, shown)| shown));
        }
        found.sort_by(|a, b| a.source.cmp(&b.source));
        Ok(found)
    })
    .await
}

/// Sends the original records of these letters to their source topics again (same key, value and headers, same
/// partition) and marks the letters as replayed; those that are so already are left alone, unless `again`. Letters stay
/// where they are until their topic's retention removes them. A letter of a reference stream whose key was deleted or
/// superseded since is not sent.
///
/// At least once: a stop between a record and its mark leaves the letter open.
pub async fn replay(
    kafka: &KafkaSettings,
    ingest: &IngestSettings,
    contracts: &Contracts,
    selection: &Selection,
    again: bool,
) -> Result<Replayed, IngestError> {
    let (kafka, ingest, contracts, selection) = (kafka.clone(), ingest.clone(), contracts.clone(), selection.clone());
    blocking(move || {
        let mut done = Replayed::default();
        if let Selection::At(wanted) = &selection {
            let unknown = wanted.iter().filter(|place| contracts.by_topic(&place.topic).is_none());
            done.missing.extend(unknown.cloned());
        }
        for contract in contracts.iter().filter(|contract| selection.concerns(contract.topic())) {
            replay::replay((&kafka, &ingest), (contract, &selection, again), &mut done)?;
        }
        Ok(done)
    })
    .await
}

impl Selection {
    fn includes(&self, place: &Coordinates) -> bool {
        match self {
            Self::All => true,
            Self::At(wanted) => wanted.contains(place),
        }
    }

    fn concerns(&self, topic: &str) -> bool {
        match self {
            Self::All => true,
            Self::At(wanted) => wanted.iter().any(|place| place.topic == topic),
        }
    }
}

fn owned(topics: &[&str]) -> Vec<String> {
    topics.iter().map(|topic| (*topic).to_owned()).collect()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IngestError> + Send + 'static,
) -> Result<T, IngestError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(IngestError::Stage { stage: "dead letters" }))
}
