//! The cases that every test of a query must show, as far as its records show: what is inserted, and what is asked after
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
    script::Line,
};
use crate::query_file::{Faults, Place};
use arrow::{
    array::{AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Int64Type, TimestampMicrosecondType},
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use contracts::Contract;
use indicators::{Metric, calendar::Weeks, clock::zone};
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
        // What cannot be read or inserted is reported when the test runs.
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
        let (name, help) = how_to_show(case, metric, &stream);
        let message = format!("the test does not show {name}");
        faults.at_line(Place { line: 1, column: 1, width: usize::MAX }, message, Some(help));
    }
}

/// A case's name, and how to show it.
fn how_to_show(case: Case, metric: &Metric, stream: &Contract) -> (&'static str, String) {
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

/// What the records showed so far.
struct Seen {
    /// Microseconds since the epoch.
    clock: i64,
    utc: Weeks,
    /// Revision and zone of every site.
    zones: BTreeMap<String, (i64, Weeks)>,
    /// Highest revision of every key of every stream.
    revisions: BTreeMap<(String, String), i64>,
    texts: BTreeSet<(String, String)>,
    events: Vec<EventRow>,
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
            sites_of(contract, batch)?.into_iter().for_each(|site| self.site(site));
        }
        if !contract.is_reference() {
            events_of(contract, batch)?.into_iter().for_each(|event| self.event(contract.name(), event));
        }
        Ok(())
    }

    fn site(&mut self, SiteRow { id, revision, zone: name }: SiteRow) {
        match revision {
            None => drop(self.zones.remove(&id)),
            Some(revision) if self.zones.get(&id).is_some_and(|(known, _)| revision < *known) => {}
            Some(revision) => drop(self.zones.insert(id, (revision, Weeks::new(zone(&name))))),
        }
    }

    fn event(&mut self, stream: &str, event: EventRow) {
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

/// An event. Times in microseconds since the epoch.
#[derive(Debug, Clone)]
struct EventRow {
    key: String,
    revision: i64,
    site: String,
    /// Event time.
    at: i64,
    recorded_at: i64,
    /// All its times but `recorded_at`: those that can put it into a week.
    moments: Vec<i64>,
    /// Every column of its contract.
    text: String,
}

/// The events of a batch of a stream that is no reference stream.
fn events_of(contract: &Contract, batch: &RecordBatch) -> Result<Vec<EventRow>, ArrowError> {
    let texts = texts(contract, batch)?;
    let column = |name: &str| contract.schema().index_of(name);
    let (key, site) = (column(contract.key())?, column("site_id")?);
    let revision = cast(batch.column(column("revision")?), &DataType::Int64)?;
    let time = |name: &str| Ok::<_, ArrowError>(times(batch, column(name)?));
    let (at, recorded_at) = (time(contract.event_time().unwrap_or_default())?, time("recorded_at")?);
    let fields = contract.schema().fields().iter().enumerate();
    let timed = fields.filter(|(_, field)| matches!(field.data_type(), DataType::Timestamp(..)));
    let moments: Vec<Vec<Option<i64>>> =
        timed.filter(|(_, field)| field.name() != "recorded_at").map(|(index, _)| times(batch, index)).collect();
    let event = |(row, texts): (usize, Vec<String>)| EventRow {
        key: texts[key].clone(),
        revision: revision.as_primitive::<Int64Type>().value(row),
        site: texts[site].clone(),
        at: at[row].unwrap_or_default(),
        recorded_at: recorded_at[row].unwrap_or_default(),
        moments: moments.iter().filter_map(|column| column[row]).collect(),
        text: texts.join("\u{1f}"),
    };
    Ok(texts.into_iter().enumerate().map(event).collect())
}

/// A row of the reference stream `sites`.
struct SiteRow {
    id: String,
    /// A deletion has none.
    revision: Option<i64>,
    zone: String,
}

/// The rows of the reference stream `sites`.
fn sites_of(contract: &Contract, batch: &RecordBatch) -> Result<Vec<SiteRow>, ArrowError> {
    let index = |name: &str| contract.schema().index_of(name);
    let (id, revision, zone) = (index("site_id")?, index("revision")?, index("timezone")?);
    let site = |row: Vec<String>| SiteRow {
        id: row[id].clone(),
        revision: row[revision].parse().ok(),
        zone: row[zone].clone(),
    };
    Ok(texts(contract, batch)?.into_iter().map(site).collect())
}

fn times(batch: &RecordBatch, index: usize) -> Vec<Option<i64>> {
    batch.column(index).as_primitive::<TimestampMicrosecondType>().iter().collect()
}

/// Each row as the texts of the contract's columns.
fn texts(contract: &Contract, batch: &RecordBatch) -> Result<Vec<Vec<String>>, ArrowError> {
    let options = FormatOptions::default();
    let columns = &batch.columns()[..contract.schema().fields().len()];
    let formatters: Vec<_> =
        columns.iter().map(|column| ArrayFormatter::try_new(column, &options)).collect::<Result<_, _>>()?;
    let row = |row| formatters.iter().map(|formatter| formatter.value(row).try_to_string()).collect();
    (0..batch.num_rows()).map(row).collect()
}
