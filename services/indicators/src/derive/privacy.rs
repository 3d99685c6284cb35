//! What may be shown of metrics that read what was answered.

use crate::{
    clock,
    definition::{Kind, Metric, Privacy},
    parts::{Labels, PartRow, Published, Site},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// One, in the parts' billionths.
const ONE: i128 = 1_000_000_000;

/// A row of a metric.
type Key<'a> = (Date, &'a str, &'a Labels);

/// Whether a row has too few respondents to be shown.
pub fn is_suppressed(privacy: Privacy, row: &PartRow) -> bool {
    privacy.hides(row.respondents)
}

/// The latest publication of each row of one metric.
pub(super) fn latest<'a>(publications: impl Iterator<Item = &'a Published>) -> BTreeMap<Key<'a>, &'a Published> {
    let mut all: Vec<&Published> = publications.collect();
    // Mostly in order already, which sorting and building the map make use of; of one key the last is kept.
    all.sort_by(|a, b| key(&a.row).cmp(&key(&b.row)).then(a.version.cmp(&b.version)));
    all.into_iter().map(|published| (key(&published.row), published)).collect()
}

/// What an evaluation at `as_of` is to add to the publications of one metric: each row of `parts` when its week is
/// complete at its site and it was not published yet, and again only when `minimum` or more further respondents changed
/// it since. `parts` holds all rows of a week and site or none of them. Sorted by week, site and labels.
///
/// Further respondents are those of whom nothing was published for that week and site: what other label sets of it have
/// lost since they were published may be the same people under another label (a team renamed, a label added to the
/// query), so it is taken off. Of a mean, the people counted in the denominator have to be as many more: where answers
/// come to have ids, or lose them, `respondents` counts in another way and grows without anybody new.
pub fn to_publish(
    metric: &Metric,
    parts: &[PartRow],
    publications: &[Published],
    sites: &[Site],
    as_of: Timestamp,
) -> Vec<Published> {
    let Some(privacy) = metric.privacy else { return Vec::new() };
    let own = |row: &&PartRow| row.metric == metric.name && row.denominator > 0;
    let weeks: HashSet<Date> = parts.iter().filter(own).map(|row| row.week).collect();
    let published = publications.iter().filter(|old| weeks.contains(&old.row.week) && old.row.metric == metric.name);
    let latest = latest(published);
    let complete: BTreeMap<&str, Date> =
        sites.iter().map(|site| (site.id.as_str(), last_complete(site, as_of))).collect();
    let elsewhere = clock::last_complete_week(as_of, &TimeZone::UTC);
    let is_complete = |row: &PartRow| row.week <= *complete.get(row.site.as_str()).unwrap_or(&elsewhere);
    let rows: BTreeMap<Key<'_>, &PartRow> =
        parts.iter().filter(own).filter(|row| is_complete(row)).map(|row| (key(row), row)).collect();
    let lost = lost(metric, &rows, &latest);
    let next = |(key, row): (&Key<'_>, &&PartRow)| {
        let old = latest.get(key);
        let lost = lost.get(&(key.0, key.1)).copied().unwrap_or_default();
        let further = people(metric, row).less(old.map(|old| people(metric, &old.row)).unwrap_or_default()).less(lost);
        let unseen = old.is_none() && (lost == People::default() || is_suppressed(privacy, row));
        let due = unseen || further.reaches(privacy.minimum);
        due.then(|| Published { row: (*row).clone(), version: old.map_or(1, |old| old.version + 1), at: as_of })
    };
    rows.iter().filter_map(next).collect()
}

/// How many people stand behind something, counted in two ways, in billionths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct People {
    respondents: i128,
    /// In the denominator of a mean; elsewhere the respondents again.
    counted: i128,
}

fn people(metric: &Metric, row: &PartRow) -> People {
    let respondents = i128::from(row.respondents.unwrap_or(0)) * ONE;
    People { respondents, counted: if metric.kind == Kind::Mean { row.denominator } else { respondents } }
}

impl People {
    fn less(self, other: Self) -> Self {
        Self { respondents: self.respondents - other.respondents, counted: self.counted - other.counted }
    }

    fn reaches(self, minimum: u32) -> bool {
        self.respondents.min(self.counted) >= i128::from(minimum) * ONE
    }
}

/// How many fewer people stand behind the rows of a week and site than when they were published, row by row.
fn lost<'a>(
    metric: &Metric,
    rows: &BTreeMap<Key<'a>, &'a PartRow>,
    latest: &BTreeMap<Key<'a>, &'a Published>,
) -> BTreeMap<(Date, &'a str), People> {
    let looked_at: BTreeSet<(Date, &str)> = rows.keys().map(|key| (key.0, key.1)).collect();
    let mut lost: BTreeMap<(Date, &str), People> = BTreeMap::new();
    for (key, old) in latest.iter().filter(|(key, _)| looked_at.contains(&(key.0, key.1))) {
        let now = rows.get(key).map(|row| people(metric, row)).unwrap_or_default();
        let fewer = people(metric, &old.row).less(now);
        let sum = lost.entry((key.0, key.1)).or_default();
        sum.respondents += fewer.respondents.max(0);
        sum.counted += fewer.counted.max(0);
    }
    lost
}

fn last_complete(site: &Site, as_of: Timestamp) -> Date {
    clock::last_complete_week(as_of, &clock::zone(&site.timezone))
}

fn key(row: &PartRow) -> Key<'_> {
    (row.week, &row.site, &row.labels)
}
