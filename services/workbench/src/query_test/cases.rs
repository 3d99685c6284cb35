//! The cases that every test of a query must show, as far as its records tell: what is inserted, and what is asked after
//! it.
//!
//! | case | shown by |
//! | --- | --- |
//! | an empty table | the metric is asked for before any event is inserted |
//! | a duplicate | the same event, all its columns alike, is inserted twice |
//! | a revision | a key is inserted again with a higher revision |
//! | a late event | a key that is new is inserted after the metric gave rows, `recorded_at` in a later week than the event |
//! | a week boundary | an event at a site with a time zone lies in another week there than in UTC |
//!
//! Each counts once the metric is asked for at a clock that does not hide it. That what is asked for would be another
//! number without the case cannot be seen from the records: it is the author's word, and the reviewer's to read.

use super::{
    command::Command,
    database::{Database, reads},
    rows::{self, Event, Site},
    script::Line,
};
use crate::query_file::{Faults, Place};
use arrow::{array::RecordBatch, error::ArrowError};
use contracts::Contract;
use indicators::{Metric, calendar::Weeks, derive::clock::zone};
use jiff::tz::TimeZone;
use sqllogictest::{QueryExpect, Record, StatementExpect};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Case {
    EmptyTable,
    Duplicate,
    Revision,
    LateEvent,
    WeekBoundary,
}

const CASES: [Case; 5] = [Case::EmptyTable, Case::Duplicate, Case::Revision, Case::LateEvent, Case::WeekBoundary];

/// Adds a fault for every case that the records do not show.
pub(super) async fn missing(records: &[Line], metric: &Metric, mut database: Database, faults: &mut Faults<'_>) {
    let mut seen = Seen::default();
    let mut example = None;
    for record in records {
        let sql = match record {
            Record::Statement { sql, expected: StatementExpect::Ok | StatementExpect::Count(_), .. }
            | Record::Query { sql, expected: QueryExpect::Results { .. }, .. } => sql,
            _ => continue,
        };
        // What cannot be read or inserted is told when the test runs.
        match Command::parse(sql) {
            Ok(Command::Clock(clock)) => seen.clock = clock.as_microsecond(),
            Ok(Command::Select(query)) if reads(&query, metric) => seen.asked(),
            Ok(Command::Insert(insert)) => {
                let Ok((contract, batch)) = database.insert(*insert).await else { continue };
                if metric.streams.contains(contract.name()) || contract.is_reference() {
                    let _ = seen.inserted(&contract, &batch);
                }
            }
            _ => {}
        }
    }
    for stream in &metric.streams {
        example = example.or_else(|| database.contract(stream).ok());
    }
    let Some(stream) = example else { return };
    for case in CASES.into_iter().filter(|case| !seen.shown.contains(case)) {
        let (name, help) = told(case, metric, &stream);
        let message = format!("the test does not show {name}");
        faults.at_line(Place { line: 1, column: 1, width: usize::MAX }, message, Some(help));
    }
}

/// A case's name, and how to show it.
fn told(case: Case, metric: &Metric, stream: &Contract) -> (&'static str, String) {
    let (name, metric, key) = (stream.name(), &metric.name, stream.key());
    let time = stream.event_time().unwrap_or_default();
    match case {
        Case::EmptyTable => (
            "an empty table",
            format!("before the first INSERT INTO {name}, ask: SELECT * FROM metric_{metric}, with no rows below ----"),
        ),
        Case::Duplicate => (
            "a duplicate",
            format!(
                "INSERT INTO {name} an event again exactly as it was, then ask for metric_{metric}: nothing changes"
            ),
        ),
        Case::Revision => (
            "a revision",
            format!(
                "INSERT INTO {name} ({key}, revision, …) VALUES ('1', 1, …) for an event '1' that is there with \
                 revision 0, then ask for metric_{metric}"
            ),
        ),
        Case::LateEvent => (
            "a late event",
            format!(
                "after metric_{metric} gave rows, INSERT INTO {name} ({key}, recorded_at, {time}, …) VALUES ('99', \
                 '2026-03-17 09:00', '2026-03-03 09:00', …): a new {key}, recorded in a later week; then ask again"
            ),
        ),
        Case::WeekBoundary => (
            "a week boundary in another time zone",
            format!(
                "INSERT INTO sites (site_id, name, region, timezone) VALUES ('perth', 'Perth', 'Pacific', \
                 'Australia/Perth') and INSERT INTO {name} ({key}, site_id, {time}, …) VALUES ('98', 'perth', \
                 '2026-03-08 20:00', …): Monday in Perth, Sunday in UTC; then ask for metric_{metric}"
            ),
        ),
    }
}

/// What the records told so far.
struct Seen {
    /// Microseconds since the epoch.
    clock: i64,
    utc: Weeks,
    /// Revision and zone of every site.
    zones: BTreeMap<String, (i64, Weeks)>,
    /// Highest revision of every key of every stream.
    revisions: BTreeMap<(String, String), i64>,
    texts: BTreeSet<(String, String)>,
    events: Vec<Event>,
    gave_rows: bool,
    /// Cases with their event's time, not asked for yet.
    waiting: Vec<(Case, i64)>,
    shown: BTreeSet<Case>,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            clock: i64::MIN,
            utc: Weeks::new(TimeZone::UTC),
            zones: BTreeMap::new(),
            revisions: BTreeMap::new(),
            texts: BTreeSet::new(),
            events: Vec::new(),
            gave_rows: false,
            waiting: Vec::new(),
            shown: BTreeSet::new(),
        }
    }
}

impl Seen {
    fn inserted(&mut self, contract: &Arc<Contract>, batch: &RecordBatch) -> Result<(), ArrowError> {
        if contract.name() == "sites" {
            rows::zones(contract, batch)?.into_iter().for_each(|site| self.site(site));
        }
        if !contract.is_reference() {
            rows::events(contract, batch)?.into_iter().for_each(|event| self.event(contract.name(), event));
        }
        Ok(())
    }

    fn site(&mut self, Site { id, revision, zone: name }: Site) {
        match revision {
            None => drop(self.zones.remove(&id)),
            Some(revision) if self.zones.get(&id).is_some_and(|(known, _)| revision < *known) => {}
            Some(revision) => drop(self.zones.insert(id, (revision, Weeks::new(zone(&name))))),
        }
    }

    fn event(&mut self, stream: &str, event: Event) {
        let stream = stream.to_owned();
        let known = self.revisions.get(&(stream.clone(), event.key.clone())).copied();
        if !self.texts.insert((stream.clone(), event.text.clone())) {
            self.waiting.push((Case::Duplicate, event.at));
        }
        match known {
            Some(before) if event.revision > before => self.waiting.push((Case::Revision, event.at)),
            Some(_) => {}
            None if self.gave_rows && self.utc.index(event.recorded_at) > self.utc.index(event.at) => {
                self.waiting.push((Case::LateEvent, event.at));
            }
            None => {}
        }
        let revision = known.map_or(event.revision, |before| before.max(event.revision));
        self.revisions.insert((stream, event.key.clone()), revision);
        self.events.push(event);
    }

    fn asked(&mut self) {
        if self.events.is_empty() {
            self.shown.insert(Case::EmptyTable);
        }
        let visible = |at: &i64| *at <= self.clock;
        self.gave_rows |= self.events.iter().any(|event| visible(&event.at));
        let now_shown: Vec<Case> = self.waiting.iter().filter(|(_, at)| visible(at)).map(|(case, _)| *case).collect();
        self.shown.extend(now_shown);
        let (utc, zones, clock) = (&mut self.utc, &mut self.zones, self.clock);
        let crosses = self.events.iter().filter(|event| event.at <= clock).any(|event| {
            let Some((_, local)) = zones.get_mut(&event.site) else { return false };
            event.moments.iter().any(|at| local.index(*at) != utc.index(*at))
        });
        if crosses {
            self.shown.insert(Case::WeekBoundary);
        }
    }
}
