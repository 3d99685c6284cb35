//! What may be shown of metrics that read survey answers.

use super::{clock, rows::Labels};
use crate::{Metric, PartRow, Privacy, Published, Site};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::BTreeMap;

/// A row of a metric.
type Key<'a> = (Date, &'a str, &'a Labels);

/// Whether a row has too few respondents to be shown. A row that does not say how many is not shown either.
pub fn is_suppressed(privacy: Privacy, row: &PartRow) -> bool {
    row.respondents.is_none_or(|respondents| respondents < i64::from(privacy.minimum))
}

/// The latest publication of each row of one metric.
pub(super) fn latest<'a>(publications: impl Iterator<Item = &'a Published>) -> BTreeMap<Key<'a>, &'a Published> {
    let mut latest: BTreeMap<Key<'a>, &'a Published> = BTreeMap::new();
    for published in publications {
        let newest = latest.entry(key(&published.row)).or_insert(published);
        if published.version > newest.version {
            *newest = published;
        }
    }
    latest
}

/// What an evaluation at `as_of` is to add to the publications of one metric: each row of `parts` when its week is
/// complete at its site and it was not published yet, and again only when it has `minimum` or more respondents further
/// than the version published last (that one suppressed or not). Sorted by week, site and labels.
pub fn to_publish(
    metric: &Metric,
    parts: &[PartRow],
    publications: &[Published],
    sites: &[Site],
    as_of: Timestamp,
) -> Vec<Published> {
    let Some(privacy) = metric.privacy else { return Vec::new() };
    let latest = latest(publications.iter().filter(|published| published.row.metric == metric.name));
    let complete: BTreeMap<&str, Date> =
        sites.iter().map(|site| (site.id.as_str(), last_complete(site, as_of))).collect();
    let elsewhere = clock::last_complete_week(as_of, &TimeZone::UTC);
    let rows = parts.iter().filter(|row| {
        let last = complete.get(row.site.as_str()).unwrap_or(&elsewhere);
        row.metric == metric.name && row.denominator > 0 && row.week <= *last
    });
    let next = |row: &PartRow| {
        let version = match latest.get(&key(row)) {
            None => 1,
            Some(old) if further(row, &old.row) >= i64::from(privacy.minimum) => old.version + 1,
            Some(_) => return None,
        };
        Some(Published { row: row.clone(), version, at: as_of })
    };
    let mut due: Vec<Published> = rows.filter_map(next).collect();
    due.sort_by(|a, b| key(&a.row).cmp(&key(&b.row)));
    due
}

fn further(row: &PartRow, published: &PartRow) -> i64 {
    row.respondents.unwrap_or(0) - published.respondents.unwrap_or(0)
}

fn last_complete(site: &Site, as_of: Timestamp) -> Date {
    clock::last_complete_week(as_of, &clock::zone(&site.timezone))
}

fn key(row: &PartRow) -> Key<'_> {
    (row.week, &row.site, &row.labels)
}
