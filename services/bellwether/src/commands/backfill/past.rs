//! What is stored, looked at from moments of the past.
//!
//! ```text
//!  hours of the range ─look─► spans: hours in a row in which no value can have changed ─derive─► Values
//! ```
//!
//! Invariant: in every hour of a span `derive` returns the same, `week_to_date` and the clock aside. What it depends on at a
//! clock is the last complete week of each zone, who is open, who is known, and which publications there were.
//!
//! Metrics with privacy come from the publications stored, and nothing is published: in each hour the version counts that
//! was the latest then. Where a site's week was first published late (the lake was filled later than it happened), what it
//! was published with counts from the start; so what is written was published already, and nothing before what came first.

use evaluation::Stored;
use exporter::backfill::{Hour, Hours, Stretch, StretchError};
use indicators::{
    Metric, PartRow, Published, Site, Values, WindowKind, clock,
    derive::{Input, derive},
};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::Arc,
};

/// No zone is further from UTC.
const FURTHEST: SignedDuration = SignedDuration::from_hours(15);

/// The stored results, for a range of weeks (their Mondays).
pub struct Past {
    metrics: Vec<Arc<Metric>>,
    stored: Stored,
    /// From when on each publication counts; sorted, as the publications are.
    counts_from: Vec<Timestamp>,
    weeks: RangeInclusive<Date>,
    zones: Vec<TimeZone>,
}

/// Hours in a row with the same values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Monday of the latest week of the range that is complete somewhere.
    pub week: Date,
    /// The hours.
    pub hours: Hours,
}

/// Everything of an hour that values depend on.
#[derive(PartialEq)]
struct Look {
    /// Of each zone.
    last: Vec<Date>,
    /// Of each site with a first or a last day: open, and listed.
    dated: Vec<[bool; 3]>,
    /// Sites that no reference record names are known from this week on.
    running: Date,
    publications: usize,
}

impl Past {
    /// The stored results, as of their own clock or earlier.
    pub fn new(mut stored: Stored, metrics: Vec<Arc<Metric>>, weeks: RangeInclusive<Date>) -> Self {
        let (counts_from, publications) = in_time(stored.publications).into_iter().unzip();
        stored.publications = publications;
        stored.parts.retain(|row| stored.promises.shows_part(row));
        let names: BTreeSet<&str> = stored.sites.iter().map(|site| site.timezone.as_str()).chain(["UTC"]).collect();
        let zones = names.into_iter().map(clock::zone).collect();
        Self { metrics, stored, counts_from, weeks, zones }
    }

    /// The hours up to `until` in which a week of the range is the last complete one somewhere, in order.
    pub fn spans(&self, until: Hour) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let mut before = None;
        for hour in self.hours(until).into_iter().flat_map(Hours::iter) {
            let look = self.look(hour.start());
            let week = look.last.iter().filter(|week| self.weeks.contains(week)).max();
            match (week, spans.last_mut()) {
                (Some(_), Some(span)) if before.as_ref() == Some(&look) => span.hours.last = hour,
                (Some(week), _) => spans.push(Span { week: *week, hours: Hours { first: hour, last: hour } }),
                (None, _) => {}
            }
            before = Some(look);
        }
        spans
    }

    /// What a scrape within a span would have found of the weeks of the range.
    pub fn stretch(&self, span: Span, extra: &[(String, String)]) -> Result<Stretch, StretchError> {
        Stretch::new(&self.values(span.hours.first.start()), span.week, span.hours, extra)
    }

    /// The values at a clock: sites and roll-ups whose last complete week is of the range, without `week_to_date` and the
    /// bad rows of running weeks.
    pub fn values(&self, as_of: Timestamp) -> Values {
        let Stored { sites, parts, activity, publications, bad, promises, .. } = &self.stored;
        let publications = &publications[..self.publications(as_of)];
        let mut values = derive(&self.metrics, &Input { as_of, sites, parts, activity, publications, bad });
        values.refused = promises.refusals(self.metrics.iter(), publications, as_of);
        let last = |site: &Site| clock::last_complete_week(as_of, &clock::zone(&site.timezone));
        values.sites.retain(|site| self.weeks.contains(&last(site)));
        let zone = |id: &str| {
            sites.iter().find(|site| site.id == id).map_or(TimeZone::UTC, |site| clock::zone(&site.timezone))
        };
        values.bad_rows.retain(|row| row.week <= clock::last_complete_week(as_of, &zone(&row.site)));
        for metric in &mut values.metrics {
            metric.judgements.retain_mut(|judgement| {
                judgement.windows.remove(&WindowKind::WeekToDate);
                self.weeks.contains(&judgement.last_week)
            });
            metric.series.retain_mut(|series| {
                series.windows.remove(&WindowKind::WeekToDate);
                self.weeks.contains(&series.last_week) && !series.windows.is_empty()
            });
        }
        values
    }

    /// All hours that can matter; `None` where the range begins after `until`.
    fn hours(&self, until: Hour) -> Option<Hours> {
        let complete = |week: Date, off: SignedDuration| {
            let end = clock::starts_at(clock::weeks_after(week, 1), &TimeZone::UTC)?;
            end.checked_add(clock::GRACE).ok()?.checked_add(off).ok().map(Hour::up_to)
        };
        let first = complete(*self.weeks.start(), -FURTHEST)?;
        let last = complete(clock::weeks_after(*self.weeks.end(), 1), FURTHEST)?.min(until);
        (first <= last).then_some(Hours { first, last })
    }

    fn look(&self, at: Timestamp) -> Look {
        let dated = |site: &Site| {
            (site.opened_on.is_some() || site.closed_on.is_some()).then(|| {
                let zone = clock::zone(&site.timezone);
                let (today, week) = (clock::today(at, &zone), clock::last_complete_week(at, &zone));
                [
                    site.opened_on.is_none_or(|first| first <= today),
                    site.closed_on.is_none_or(|last| today <= last),
                    site.closed_on.is_none_or(|last| week <= clock::week_of(last)),
                ]
            })
        };
        Look {
            last: self.zones.iter().map(|zone| clock::last_complete_week(at, zone)).collect(),
            dated: self.stored.sites.iter().filter_map(dated).collect(),
            running: clock::running_week(at, &TimeZone::UTC),
            publications: self.publications(at),
        }
    }

    /// How many publications counted at a moment.
    fn publications(&self, at: Timestamp) -> usize {
        self.counts_from.partition_point(|from| *from <= at)
    }
}

/// Publications with the moment from which on each counts: those that a site's week began with always, the others (further
/// versions, label sets that came later) when they came.
fn in_time(publications: Vec<Published>) -> Vec<(Timestamp, Published)> {
    type Key<'a> = (&'a str, Date, &'a str);
    fn key(row: &PartRow) -> Key<'_> {
        (&row.metric, row.week, &row.site)
    }
    let mut first: BTreeMap<Key<'_>, Timestamp> = BTreeMap::new();
    for published in &publications {
        let at = first.entry(key(&published.row)).or_insert(published.at);
        *at = published.at.min(*at);
    }
    let from: Vec<Timestamp> = publications
        .iter()
        .map(|p| if first.get(&key(&p.row)) == Some(&p.at) { Timestamp::MIN } else { p.at })
        .collect();
    let mut timed: Vec<(Timestamp, Published)> = from.into_iter().zip(publications).collect();
    timed.sort_by_key(|(from, _)| *from);
    timed
}
