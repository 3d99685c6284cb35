//! Sends the records behind dead letters to their source topics again, and marks the dead letters as replayed.
//!
//! ```text
//!  survey: which dead letters ─► without those that were overtaken ─► read again: their records, in portions
//!    ─► send ─► acknowledged ─► replay marker ─► acknowledged
//! ```
//!
//! At least once: what stops between a record and its replay marker leaves the dead letter open, and the next replay sends
//! the record again. Events count once however often they arrive.
//!
//! Of a reference stream a record that is sent again comes after all that came since it was rejected: after a deletion of
//! its key, which it would undo, and after later revisions. Which dead letters have been overtaken in this way is read from
//! the source topic, as ingestion reads it; a deletion stays there for as long as a dead letter (`delete.retention.ms`,
//! 14 days in `ops/kafka/topics.sh`).

use super::{
    dead_letter::{Coordinates, DeadLetterState, Outdated, Replayed, Selection, Since},
    record::{Original, Place, replay_marker, size_of},
    survey::{Topic, survey},
};
use crate::{client, error::IngestError, properties::KafkaSettings, settings::IngestSettings, size};
use arrow::{
    array::AsArray,
    datatypes::{Int64Type, TimestampMicrosecondType},
};
use contracts::{Contract, Decoder};
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

/// What of one topic is to be sent: by place of the dead letter, its record's coordinates and all copies of it.
type Wanted = BTreeMap<Place, (Coordinates, Vec<Place>)>;

/// Replays one stream's dead letters. Blocks.
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
    let mut sending = Sending { producer, markers: topic.name.clone(), records: Vec::new(), bytes: 0 };
    topic.read(|record| {
        let Some((place, copies)) = wanted.remove(&(record.partition(), record.offset())) else { return Ok(()) };
        let original = Original::of(record);
        if sending.is_full(original.bytes()) {
            sending.send(done)?;
        }
        sending.bytes += original.bytes();
        sending.records.push((place, original, copies));
        Ok(())
    })?;
    sending.send(done)?;
    // Retention has removed them meanwhile.
    done.missing.extend(wanted.into_values().map(|(place, _)| place));
    Ok(())
}

fn choose(
    topic: &Topic,
    (source, selection, again): (&str, &Selection, bool),
    done: &mut Replayed,
) -> Result<Wanted, IngestError> {
    let found = survey(topic, source)?;
    if let Selection::At(wanted) = selection {
        let missing = wanted.iter().filter(|place| place.topic == source && !found.contains_key(place));
        done.missing.extend(missing.cloned());
    }
    let mut chosen = Wanted::new();
    for (place, copies) in found.into_iter().filter(|(place, _)| selection.includes(place)) {
        let Some((newest, shown)) = copies.newest() else { continue };
        if shown.state == DeadLetterState::Replayed && !again {
            done.already.push(shown);
        } else if shown.truncated.is_some() {
            done.truncated.push(place);
        } else {
            chosen.insert(newest, (place, copies.places()));
        }
    }
    Ok(chosen)
}

struct Sending {
    producer: FutureProducer,
    /// Topic of the replay markers: that of the dead letters.
    markers: String,
    records: Vec<(Coordinates, Original, Vec<Place>)>,
    bytes: usize,
}

impl Sending {
    fn is_full(&self, more: usize) -> bool {
        self.records.len() >= PORTION || (!self.records.is_empty() && self.bytes + more > PORTION_BYTES)
    }

    /// Sends what there is, and marks what was acknowledged even where something else was refused.
    fn send(&mut self, done: &mut Replayed) -> Result<(), IngestError> {
        let records = std::mem::take(&mut self.records);
        self.bytes = 0;
        let sent = records.iter().map(|(place, original, _)| self.send_again(place, original));
        let sent = Handle::current().block_on(join_all(sent));
        let acknowledged = records.iter().zip(&sent).filter(|(_, sent)| sent.is_ok());
        let markers = acknowledged.map(|((place, _, copies), _)| self.mark(place, copies));
        let marked = Handle::current().block_on(join_all(markers));
        let places = records.iter().map(|(place, ..)| place);
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
        self.produce(FutureRecord::to(&self.markers).headers(replay_marker(place, copies))).await
    }

    async fn produce(&self, record: FutureRecord<'_, [u8], [u8]>) -> Result<(), KafkaError> {
        self.producer.send(record, Timeout::Never).await.map(|_| ()).map_err(|(error, _)| error)
    }
}

/// Revision and `recorded_at` (microseconds): the greater is the later one of a key.
type Recency = (i64, i64);

/// What a dead letter's record would be about.
struct Claim {
    source: Coordinates,
    key: Vec<u8>,
    /// Where in its partition what came since begins.
    since: i64,
    /// `None` where the record is no row, and so becomes a dead letter again.
    recency: Option<Recency>,
    overtaken: Option<Outdated>,
}

/// Takes overtaken dead letters of a reference stream out of `wanted`.
fn take_outdated(
    (kafka, ingest): (&KafkaSettings, &IngestSettings),
    contract: &Arc<Contract>,
    dead_letters: &Topic,
    wanted: &mut Wanted,
) -> Result<Vec<Outdated>, IngestError> {
    if !contract.is_reference() || wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut reading = Reading { decoder: Decoder::new(Arc::clone(contract), i64::MIN..i64::MAX), ingest };
    let mut claims = claims(dead_letters, wanted, &mut reading)?;
    let source = Topic::of_source(kafka, ingest, contract.topic())?;
    let ranges = source.ranges()?;
    let mut starts: BTreeMap<i32, i64> = BTreeMap::new();
    for claim in &mut claims {
        let Some((low, high)) = ranges.get(&claim.source.partition) else { continue };
        // All of a topic that has fewer records came later: it was recreated.
        claim.since = if claim.source.offset < *high { (claim.source.offset + 1).max(*low) } else { *low };
        if claim.since < *high {
            let start = starts.entry(claim.source.partition).or_insert(claim.since);
            *start = claim.since.min(*start);
        }
    }
    source.read_from(&starts, |record| {
        let (partition, offset) = (record.partition(), record.offset());
        let overtakes = |claim: &Claim| claim.source.partition == partition && claim.since <= offset;
        let later = claims.iter_mut().filter(|claim| overtakes(claim) && record.key() == Some(&claim.key));
        let mut later = later.peekable();
        if later.peek().is_some() {
            let at = Coordinates { topic: contract.topic().to_owned(), partition, offset };
            let row =
                record.payload().is_some().then(|| reading.recency(record.key(), record.payload(), size_of(record)));
            later.for_each(|claim| claim.meet(row, &at));
        }
        Ok(())
    })?;
    let mut outdated: Vec<Outdated> = claims.into_iter().filter_map(|claim| claim.overtaken).collect();
    outdated.sort_by(|a, b| a.source.cmp(&b.source));
    wanted.retain(|_, (place, _)| !outdated.iter().any(|outdated| outdated.source == *place));
    Ok(outdated)
}

fn claims(dead_letters: &Topic, wanted: &Wanted, reading: &mut Reading<'_>) -> Result<Vec<Claim>, IngestError> {
    let mut claims = Vec::new();
    dead_letters.read(|record| {
        if let Some((source, _)) = wanted.get(&(record.partition(), record.offset()))
            && let Some(key) = record.key()
        {
            // Without the headers that made it a dead letter, as it would be sent.
            let recency = reading.recency(Some(key), record.payload(), Original::of(record).bytes());
            claims.push(Claim { source: source.clone(), key: key.to_vec(), since: 0, recency, overtaken: None });
        }
        Ok(())
    })?;
    Ok(claims)
}

impl Claim {
    /// A later record of the key: none for a deletion, or its recency where it is a row.
    fn meet(&mut self, record: Option<Option<Recency>>, by: &Coordinates) {
        let why = match record {
            None => Since::Deleted,
            // Of equal ones the later would win: what holds now was sent after it.
            Some(Some(other)) if self.recency.is_some_and(|own| own <= other) => Since::Superseded,
            Some(_) => return,
        };
        if self.overtaken.as_ref().is_none_or(|known| known.why == Since::Superseded) {
            self.overtaken = Some(Outdated { source: self.source.clone(), why, by: by.clone() });
        }
    }
}

struct Reading<'a> {
    decoder: Decoder,
    ingest: &'a IngestSettings,
}

impl Reading<'_> {
    /// Of a record that ingestion would take.
    fn recency(&mut self, key: Option<&[u8]>, value: Option<&[u8]>, bytes: usize) -> Option<Recency> {
        if value.is_none() || size::rejection(bytes, self.ingest.max_record_bytes).is_some() {
            return None;
        }
        self.decoder.push_record(key, value);
        let rows = self.decoder.finish().rows;
        let revision = rows.column_by_name("revision")?.as_primitive_opt::<Int64Type>()?;
        let recorded = rows.column_by_name("recorded_at")?.as_primitive_opt::<TimestampMicrosecondType>()?;
        (rows.num_rows() == 1).then(|| (revision.value(0), recorded.value(0)))
    }
}
