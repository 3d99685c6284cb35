//! What an evaluation shows of metrics with privacy: nothing before a week is complete.

use super::scope::Scope;
use crate::{
    evaluate::{Computed, Work},
    store::{Provenance, State},
};
use indicators::{BadRow, Metric, Published, Site, clock, promises::Promises, week_set::WeekSet};
use jiff::{Timestamp, tz::TimeZone};
use std::sync::Arc;

/// What is held: results, and promises to those who answered.
pub(super) struct Held<'a> {
    pub state: &'a State,
    pub promises: &'a Promises,
}

/// Publications that have become due, of the metrics whose query succeeded. What is computed beside the others publishes
/// nothing: the next evaluation of all does.
pub(super) fn due_publications(
    held: &Held<'_>,
    scope: &Scope<'_>,
    before: &Provenance,
    (work, computed): (&Work, &Computed),
    sites: &[Site],
    as_of: Timestamp,
) -> Vec<Published> {
    if let Scope::One(_) = scope {
        return Vec::new();
    }
    let private =
        work.metrics.iter().filter(|(metric, _)| metric.privacy.is_some() && computed.succeeded(&metric.name));
    let publications = private.flat_map(|(metric, weeks)| {
        let weeks = match (&before.shared, before.metrics.get(&metric.name)) {
            (Some(shared), Some((_, None))) => with_completed(weeks, shared.as_of, as_of),
            _ => WeekSet::All, // it was computed beside the others, or failed before
        };
        let state = held.state;
        let parts = state.part_rows_of(&metric.name, &weeks);
        let published = state.publications.iter().filter(|published| weeks.holds(published.row.week));
        let published: Vec<Published> = published.cloned().collect();
        held.promises.to_publish(metric, &parts, &published, sites, as_of)
    });
    publications.collect()
}

/// These weeks, and those that may have become complete between two clocks: a week is, a day after its end.
fn with_completed(weeks: &WeekSet, from: Timestamp, to: Timestamp) -> WeekSet {
    const NINE_DAYS: i64 = 9 * 24 * 3_600_000_000;
    let mut all = weeks.clone();
    all.insert(from.min(to).as_microsecond() - NINE_DAYS, from.max(to).as_microsecond());
    all
}

/// The bad rows that may be named: of metrics with privacy those of complete weeks.
pub(super) fn nameable(bad: Vec<BadRow>, metrics: &[Arc<Metric>], sites: &[Site], as_of: Timestamp) -> Vec<BadRow> {
    let complete = |id: &str| {
        let zone = sites.iter().find(|site| site.id == id).map_or(TimeZone::UTC, |site| clock::zone(&site.timezone));
        clock::last_complete_week(as_of, &zone)
    };
    let nameable = |row: BadRow| {
        let metric = metrics.iter().find(|metric| metric.name == row.metric)?;
        let shown = metric.privacy.is_none() || row.week <= complete(&row.site);
        shown.then(|| row.told(metric)).flatten()
    };
    bad.into_iter().filter_map(nameable).collect()
}
