//! What an evaluation adds to the stored results: pure.

use super::{
    record::{Key, Kind, Record, active, gone, key},
    state::State,
};
use crate::{Evaluated, Metric, PartRow, derive::to_publish};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Records that differ from what is stored, in order; publications last.
pub(super) fn changes(
    state: &State,
    metrics: &[Arc<Metric>],
    evaluated: &Evaluated,
    computed_at: Timestamp,
) -> Vec<Record> {
    let failed = evaluated.failed();
    let activity: Vec<PartRow> = evaluated
        .activity
        .weeks
        .iter()
        .flat_map(|((stream, site), weeks)| weeks.iter().map(|week| active(stream, site, *week)))
        .collect();
    let evaluation = state.evaluation.unwrap_or(0) + 1;
    let record = |kind: Kind, row: PartRow| Record { kind, row, evaluation, computed_at };
    let mut records = Vec::new();
    records.extend(differences(&state.parts, &evaluated.parts, &failed).map(|row| record(Kind::Part, row)));
    records.extend(differences(&state.activity, &activity, &BTreeSet::new()).map(|row| record(Kind::Activity, row)));
    for metric in metrics.iter().filter(|metric| !failed.contains(metric.name.as_str())) {
        let new = to_publish(metric, &evaluated.parts, &state.publications, &evaluated.sites, evaluated.as_of);
        records.extend(new.into_iter().map(|published| {
            record(Kind::Publication { version: published.version, at: published.at }, published.row)
        }));
    }
    records
}

/// New and changed rows, and those that ceased to exist; also all rows of what is no longer declared. Those of what
/// failed stay as they are.
fn differences<'a>(
    stored: &'a BTreeMap<Key, Record>,
    now: &'a [PartRow],
    failed: &'a BTreeSet<&str>,
) -> impl Iterator<Item = PartRow> + 'a {
    let keys: BTreeSet<Key> = now.iter().map(key).collect();
    let changed = now.iter().filter(|row| stored.get(&key(row)).is_none_or(|record| record.row != **row)).cloned();
    let vanished = stored.iter().filter(move |(key, record)| {
        record.row.denominator > 0 && !failed.contains(record.row.metric.as_str()) && !keys.contains(*key)
    });
    changed.chain(vanished.map(|(_, record)| gone(&record.row)))
}
