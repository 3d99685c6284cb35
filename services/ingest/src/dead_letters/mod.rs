//! Lists dead letters, and replays them.
//!
//! A dead letter's identity is the source topic, partition and offset of the record: a batch that was read twice has sent
//! its dead letters twice, and they count once. A replay is remembered by a *replay marker*, a record of the same topic
//! with that identity and no content, which outlives the dead letters that it covers.

mod dead_letter;
pub(crate) mod record;
mod replay;
mod survey;
pub(crate) mod topics;

use crate::{error::IngestError, properties::KafkaSettings, settings::IngestSettings};
use contracts::Contracts;
use survey::{Topic, survey};

pub use dead_letter::{Coordinates, DeadLetter, DeadLetterState, Outdated, Replayed, Selection, Since};

/// All dead letters of these source topics, by source coordinates.
pub async fn list(
    kafka: &KafkaSettings,
    ingest: &IngestSettings,
    topics: &[&str],
) -> Result<Vec<DeadLetter>, IngestError> {
    let (kafka, ingest, topics) = (kafka.clone(), ingest.clone(), owned(topics));
    blocking(move || {
        let mut found = Vec::new();
        for source in topics {
            let copies = survey(&Topic::open(&kafka, &ingest, &source)?, &source)?;
            found.extend(copies.into_values().filter_map(|copies| copies.newest()).map(|(_, shown)| shown));
        }
        found.sort_by(|a, b| a.source.cmp(&b.source));
        Ok(found)
    })
    .await
}

/// Sends the original records of these dead letters to their source topics again (same key, value and headers, same
/// partition) and marks the dead letters as replayed; those that are so already are left alone, unless `again`. They stay
/// where they are until their topic's retention removes them. A dead letter of a reference stream whose key was deleted or
/// superseded since is not sent.
///
/// At least once: a stop between a record and its replay marker leaves the dead letter open.
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

fn owned(topics: &[&str]) -> Vec<String> {
    topics.iter().map(|topic| (*topic).to_owned()).collect()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IngestError> + Send + 'static,
) -> Result<T, IngestError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(IngestError::Stage { stage: "dead letters" }))
}
