//! Sends the records behind letters to their source topics again, and marks the letters.
//!
//! ```text
//!  survey: which letters ─► without those that were overtaken ─► read again: their records, in portions
//!    ─► send ─► acknowledged ─► mark ─► acknowledged
//! ```
//!
//! At least once: what stops between a record and its mark leaves the letter open, and the next replay sends the record
//! again. Events count once however often they arrive.

use super::{
    Coordinates, LetterState, Replayed, Selection,
    record::{Original, Place, mark},
    standing::take_outdated,
    survey::survey,
    topic::Topic,
};
use crate::{IngestError, IngestSettings, KafkaSettings, client};
use contracts::Contract;
use futures::future::join_all;
use rdkafka::{
    Message,
    error::KafkaError,
    producer::{FutureProducer, FutureRecord},
    util::Timeout,
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::runtime::Handle;

/// Records on their way at a time,
const PORTION: usize = 256;
/// … and their bytes (but always one record).
const PORTION_BYTES: usize = 16 << 20;

/// What of one topic is to be sent: by place of the letter, its record's coordinates and all copies of it.
pub(super) type Wanted = BTreeMap<Place, (Coordinates, Vec<Place>)>;

/// Replays one stream's letters. Blocks.
pub(super) fn replay(
    (kafka, ingest): (&KafkaSettings, &IngestSettings),
    (contract, selection, again): (&Arc<Contract>, &Selection, bool),
    done: &mut Replayed,
) -> Result<(), IngestError> {
    let topic = Topic::open(kafka, ingest, contract.topic())?;
    let mut wanted = choose(&topic, (contract.topic(), selection, again), done)?;
    done.outdated.extend(take_outdated((kafka, ingest), contract, &topic, &mut wanted)?);
    if wanted.is_empty() {
        return Ok(());
    }
    let producer = client::producer(kafka).create().map_err(IngestError::kafka("creating the replaying producer"))?;
    let mut portion = Portion { producer, marks: topic.name.clone(), letters: Vec::new(), bytes: 0 };
    topic.read(|record| {
        let Some((place, copies)) = wanted.remove(&(record.partition(), record.offset())) else { return Ok(()) };
        let original = Original::of(record);
        if portion.is_full(original.bytes()) {
            portion.send(done)?;
        }
        portion.bytes += original.bytes();
        portion.letters.push((place, original, copies));
        Ok(())
    })?;
    portion.send(done)?;
    // Retention has removed them meanwhile.
    done.missing.extend(wanted.into_values().map(|(place, _)| place));
    Ok(())
}

fn choose(
    topic: &Topic,
    (source, selection, again): (&str, &Selection, bool),
    done: &mut Replayed,
) -> Result<Wanted, IngestError> {
    let letters = survey(topic, source)?;
    if let Selection::At(wanted) = selection {
        let missing = wanted.iter().filter(|place| place.topic == source && !letters.contains_key(place));
        done.missing.extend(missing.cloned());
    }
    let mut chosen = Wanted::new();
    for (place, letter) in letters.into_iter().filter(|(place, _)| selection.includes(place)) {
        let Some((newest, shown)) = letter.newest() else { continue };
        if shown.state == LetterState::Replayed && !again {
            done.already.push(shown);
        } else if shown.truncated.is_some() {
            done.truncated.push(place);
        } else {
            chosen.insert(newest, (place, letter.places()));
        }
    }
    Ok(chosen)
}

struct Portion {
    producer: FutureProducer,
    /// Topic of the marks: that of the letters.
    marks: String,
    letters: Vec<(Coordinates, Original, Vec<Place>)>,
    bytes: usize,
}

impl Portion {
    fn is_full(&self, more: usize) -> bool {
        self.letters.len() >= PORTION || (!self.letters.is_empty() && self.bytes + more > PORTION_BYTES)
    }

    /// Sends what there is, and marks what was acknowledged even where something else was refused.
    fn send(&mut self, done: &mut Replayed) -> Result<(), IngestError> {
        let letters = std::mem::take(&mut self.letters);
        self.bytes = 0;
        let sent = letters.iter().map(|(place, original, _)| self.send_again(place, original));
        let sent = Handle::current().block_on(join_all(sent));
        let marks = letters.iter().zip(&sent).filter(|(_, sent)| sent.is_ok());
        let marks = marks.map(|((place, _, copies), _)| self.mark(place, copies));
        let marked = Handle::current().block_on(join_all(marks));
        let places = letters.iter().map(|(place, ..)| place);
        done.sent.extend(places.clone().zip(&sent).filter(|(_, sent)| sent.is_ok()).map(|(place, _)| place.clone()));
        let refused = places.clone().zip(sent).find_map(|(place, sent)| Some((place, sent.err()?)));
        if let Some((place, source)) = refused {
            let context = format!("{place}: replaying its dead letter ({} were sent before)", done.sent.len());
            return Err(IngestError::Kafka { context, source });
        }
        let unmarked = places.zip(marked).find_map(|(place, marked)| Some((place, marked.err()?)));
        unmarked.map_or(Ok(()), |(place, source)| {
            let context = format!("{place}: was sent again, but its dead letter could not be marked and stays open");
            Err(IngestError::Kafka { context, source })
        })
    }

    async fn send_again(&self, to: &Coordinates, original: &Original) -> Result<(), KafkaError> {
        let record = FutureRecord::to(&to.topic).partition(to.partition).headers(original.headers.clone());
        let (key, payload) = (original.key.as_deref(), original.value.as_deref());
        self.produce(FutureRecord { key, payload, ..record }).await
    }

    async fn mark(&self, place: &Coordinates, copies: &[Place]) -> Result<(), KafkaError> {
        self.produce(FutureRecord::to(&self.marks).headers(mark(place, copies))).await
    }

    async fn produce(&self, record: FutureRecord<'_, [u8], [u8]>) -> Result<(), KafkaError> {
        self.producer.send(record, Timeout::Never).await.map(|_| ()).map_err(|(error, _)| error)
    }
}
