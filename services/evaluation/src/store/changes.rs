//! What computed weeks add to the stored results: pure.

use super::{
    record::{Key, Kind, Record, active, bad, gone, key},
    state::{State, weeks_of},
};
use crate::evaluate::{Computed, Work};
use indicators::{PartRow, Site, week_set::WeekSet};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Which rows of the state an evaluation replaces.
pub(crate) struct Differences<'a> {
    pub work: &'a Work,
    pub computed: &'a Computed,
    /// Metrics of which nothing is to be left.
    pub removed: &'a BTreeSet<String>,
    /// Streams of whose activity nothing is to be left.
    pub unwatched: &'a BTreeSet<String>,
    pub sites: &'a [Site],
}

impl Differences<'_> {
    /// Parts, bad rows and activity that differ from what is stored. Those of a metric whose query failed stay.
    pub(crate) fn records(&self, state: &State, evaluation: i64, computed_at: Timestamp) -> Vec<Record> {
        let failed: BTreeSet<&str> =
            self.computed.runs.iter().filter(|run| run.outcome.is_err()).map(|run| run.metric.as_str()).collect();
        let of_metrics = self.work.metrics.iter().map(|(metric, weeks)| (metric.name.as_str(), weeks));
        let succeeded = of_metrics.filter(|(metric, _)| !failed.contains(metric));
        let removed = self.removed.iter().map(|metric| (metric.as_str(), &WeekSet::All));
        let metrics: Vec<(&str, &WeekSet)> = succeeded.chain(removed).collect();
        let bad: Vec<PartRow> = self.computed.bad.iter().map(bad).collect();
        let known: BTreeSet<&str> =
            self.sites.iter().filter(|site| site.name.is_some()).map(|site| site.id.as_str()).collect();
        let seen: Vec<PartRow> =
            self.computed.activity.iter().map(|seen| active(seen, known.contains(seen.site.as_str()))).collect();
        let streams = self.work.activity.iter().map(|(stream, weeks)| (stream.as_str(), weeks));
        let unwatched = self.unwatched.iter().map(|stream| (stream.as_str(), &WeekSet::All));
        let record = |kind: Kind| move |row| Record { kind: kind.clone(), row, evaluation, computed_at };
        let parts = differing(&state.parts, &self.computed.parts, metrics.iter().copied()).map(record(Kind::Part));
        let bad = differing(&state.bad, &bad, metrics.iter().copied()).map(record(Kind::Bad));
        let activity = differing(&state.activity, &seen, streams.chain(unwatched)).map(record(Kind::Activity));
        parts.chain(bad).chain(activity).collect()
    }
}

/// New and changed rows, and those of these weeks that ceased to exist.
fn differing<'a>(
    stored: &'a BTreeMap<Key, Record>,
    now: &'a [PartRow],
    weeks: impl Iterator<Item = (&'a str, &'a WeekSet)> + 'a,
) -> impl Iterator<Item = PartRow> + 'a {
    let keys: BTreeSet<Key> = now.iter().map(key).collect();
    let changed = now.iter().filter(|row| stored.get(&key(row)).is_none_or(|record| record.row != **row)).cloned();
    let there = weeks.flat_map(|(metric, weeks)| weeks_of(stored, metric, weeks));
    let vanished = there.filter(move |record| record.row.denominator > 0 && !keys.contains(&key(&record.row)));
    changed.chain(vanished.map(|record| gone(&record.row)))
}
