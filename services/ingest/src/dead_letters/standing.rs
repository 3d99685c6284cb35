//! Which letters of a reference stream have been overtaken.
//!
//! A record that is sent again comes after all that came since it was refused: after a deletion of its key, which it
//! would undo, and after later revisions. What came since is read from the source topic, as ingestion reads it; a
//! deletion stays there for as long as a letter (`delete.retention.ms`, 14 days in `ops/kafka/topics.sh`).

use super::{Coordinates, Outdated, Since, replay::Wanted, topic::Topic};
use crate::{IngestError, IngestSettings, KafkaSettings};
use arrow::{
    array::AsArray,
    datatypes::{Int64Type, TimestampMicrosecondType},
};
use contracts::{Contract, Decoder};
use rdkafka::Message;
use std::{collections::BTreeMap, sync::Arc};

/// Revision and `recorded_at` (microseconds): the greater is the later one of a key.
type Recency = (i64, i64);

/// What a letter's record would be about.
struct Claim {
    source: Coordinates,
    key: Vec<u8>,
    /// Where in its partition what came since begins.
    since: i64,
    /// `None` where the record is no row, and so becomes a letter again.
    recency: Option<Recency>,
    overtaken: Option<Outdated>,
}

/// Takes overtaken letters of a reference stream out of `wanted`.
pub(super) fn take_outdated(
    (kafka, ingest): (&KafkaSettings, &IngestSettings),
    contract: &Arc<Contract>,
    letters: &Topic,
    wanted: &mut Wanted,
) -> Result<Vec<Outdated>, IngestError> {
    if !contract.is_reference() || wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut reading = Reading { decoder: Decoder::new(Arc::clone(contract), i64::MIN..i64::MAX), ingest };
    let mut claims = claims(letters, wanted, &mut reading)?;
    let source = Topic::source(kafka, ingest, contract.topic())?;
    let ranges = source.ranges()?;
    let mut starts: BTreeMap<i32, i64> = BTreeMap::new();
    for claim in &mut claims {
        let Some((low, high)) = ranges.get(&claim.source.partition) else { continue };
        // All of a topic that has fewer records came later: it was made anew.
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
            let row = record.payload().map(|payload| reading.recency(record.key(), payload));
            later.for_each(|claim| claim.meet(row, &at));
        }
        Ok(())
    })?;
    let mut outdated: Vec<Outdated> = claims.into_iter().filter_map(|claim| claim.overtaken).collect();
    outdated.sort_by(|a, b| a.source.cmp(&b.source));
    wanted.retain(|_, (place, _)| !outdated.iter().any(|outdated| outdated.source == *place));
    Ok(outdated)
}

fn claims(letters: &Topic, wanted: &Wanted, reading: &mut Reading<'_>) -> Result<Vec<Claim>, IngestError> {
    let mut claims = Vec::new();
    letters.read(|record| {
        if let Some((source, _)) = wanted.get(&(record.partition(), record.offset()))
            && let Some(key) = record.key()
        {
            let recency = record.payload().and_then(|payload| reading.recency(Some(key), payload));
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
    fn recency(&mut self, key: Option<&[u8]>, payload: &[u8]) -> Option<Recency> {
        if payload.len() > self.ingest.max_record_bytes {
            return None;
        }
        self.decoder.push_record(key, Some(payload));
        let rows = self.decoder.finish().rows;
        let revision = rows.column_by_name("revision")?.as_primitive_opt::<Int64Type>()?;
        let recorded = rows.column_by_name("recorded_at")?.as_primitive_opt::<TimestampMicrosecondType>()?;
        (rows.num_rows() == 1).then(|| (revision.value(0), recorded.value(0)))
    }
}
