//! What the table of results holds at one version.

use super::{
    error::StoreError,
    provenance::{AS_OF, EVALUATION, PROMISES},
    record::{Key, Kind, ONE, Record, key},
    table,
};
use crate::{
    evaluate::{OtherWeeks, Series},
    session::Limits,
};
use datafusion::catalog::TableProvider;
use futures::StreamExt;
use indicators::{
    Activity, BadRow, PartRow, Published, Site, Totals,
    calendar::{date_of_days, monday_days},
    week_set::{WeekSet, index_of},
};
use jiff::{Timestamp, civil::Date};
use lake::{Changes, Lake, TableSnapshot};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

/// The latest record of every key (those that ceased to exist included), and all publications.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub evaluation: Option<i64>,
    pub as_of: Option<Timestamp>,
    pub parts: BTreeMap<Key, Record>,
    pub bad: BTreeMap<Key, Record>,
    pub activity: BTreeMap<Key, Record>,
    pub publications: Vec<Published>,
    /// Names of the metrics that have parts, bad rows or publications, or had.
    pub metrics: BTreeSet<String>,
    /// By site, what names it.
    named: BTreeMap<String, Named>,
    /// The parts of each metric that exist, summed.
    totals: BTreeMap<String, Totals>,
    /// Every series that a metric has, or had.
    series: BTreeMap<String, BTreeSet<Series>>,
    snapshot: Option<TableSnapshot>,
}

/// What is stored of a site.
#[derive(Debug, Default)]
struct Named {
    /// Parts, bad rows and activity that exist, and publications, by week.
    rows: BTreeMap<Date, usize>,
    /// Events that it sent.
    events: i128,
}

impl State {
    /// Reads the table; an empty state where there is none.
    pub(crate) async fn read(lake: &Lake, limits: &Limits) -> Result<Self, StoreError> {
        match lake.snapshot(table::TABLE).await? {
            Some(snapshot) => Self::of(snapshot, limits).await,
            None => Ok(Self::default()),
        }
    }

    async fn of(snapshot: TableSnapshot, limits: &Limits) -> Result<Self, StoreError> {
        let evaluation = snapshot.mark(EVALUATION).await?;
        let mut state = Self { evaluation, as_of: clock(&snapshot).await?, ..Self::default() };
        state.read_from(snapshot.provider()?, limits).await?;
        state.publications.sort();
        state.snapshot = Some(snapshot);
        Ok(state)
    }

    async fn read_from(&mut self, rows: Arc<dyn TableProvider>, limits: &Limits) -> Result<(), StoreError> {
        let ctx = crate::session::session(limits.memory_bytes, limits.threads)?;
        let mut batches = ctx.read_table(rows)?.execute_stream().await?;
        while let Some(batch) = batches.next().await {
            for record in table::records(&batch?)? {
                self.add(record);
            }
        }
        Ok(())
    }

    /// Reads what others have stored after `version`, which is what is held.
    pub(super) async fn advance(&mut self, version: u64, limits: &Limits) -> Result<(), StoreError> {
        let Some(snapshot) = self.snapshot.take() else { return Ok(()) };
        let latest = snapshot.latest().await?;
        match latest.changes_since(version).await? {
            Changes::Known { added, removed } if removed.is_empty() => {
                self.evaluation = latest.mark(EVALUATION).await?;
                self.as_of = clock(&latest).await?;
                if let Some(added) = added {
                    self.read_from(added, limits).await?;
                }
            }
            _ => *self = Self::of(latest.clone(), limits).await?,
        }
        self.publications.sort();
        self.snapshot = Some(latest);
        Ok(())
    }

    /// What the table holds once these are stored too.
    pub(crate) fn extend(&mut self, records: Vec<Record>) {
        let published = self.publications.len();
        records.into_iter().for_each(|record| self.add(record));
        if self.publications.len() > published {
            self.publications.sort();
        }
    }

    fn add(&mut self, record: Record) {
        if record.kind != Kind::Activity && !self.metrics.contains(&record.row.metric) {
            self.metrics.insert(record.row.metric.clone());
        }
        let latest = match record.kind {
            Kind::Part => &mut self.parts,
            Kind::Bad => &mut self.bad,
            Kind::Activity => &mut self.activity,
            Kind::Publication { .. } => {
                let site = self.named.entry(record.row.site.clone()).or_default();
                *site.rows.entry(record.row.week).or_default() += 1;
                return self.publications.extend(record.published());
            }
        };
        if record.kind == Kind::Part {
            let known = self.series.entry(record.row.metric.clone()).or_default();
            known.insert((record.row.site.clone(), record.row.labels.clone()));
        }
        let part = record.kind == Kind::Part;
        let totals = part.then(|| self.totals.entry(record.row.metric.clone()).or_default());
        let site = self.named.entry(record.row.site.clone()).or_default();
        match latest.entry(key(&record.row)) {
            Entry::Vacant(entry) => {
                site.count(&record);
                totals.into_iter().for_each(|totals| totals.add(&record.row));
                entry.insert(record);
            }
            Entry::Occupied(mut entry) if entry.get().evaluation < record.evaluation => {
                site.count(&record);
                totals.into_iter().for_each(|totals| {
                    totals.take(&entry.get().row);
                    totals.add(&record.row);
                });
                site.discount(&entry.insert(record));
            }
            Entry::Occupied(_) => {}
        }
    }

    /// Under how many promises the results were stored.
    pub(crate) async fn promises(&self) -> Result<Option<i64>, StoreError> {
        match &self.snapshot {
            Some(snapshot) => Ok(snapshot.mark(PROMISES).await?),
            None => Ok(None),
        }
    }

    /// Version of the table that was read; `None` where there was none.
    pub(crate) fn version(&self) -> Option<u64> {
        self.snapshot.as_ref().map(TableSnapshot::version)
    }

    /// The weeks in which a site sent events of a stream.
    pub(crate) fn active_weeks(&self, stream: &str, site: &str) -> WeekSet {
        let rows = weeks_of(&self.activity, stream, &WeekSet::All);
        let here = rows.filter(|record| record.row.site == site && record.row.denominator > 0);
        WeekSet::Some(here.map(|record| index_of(record.row.week)).collect())
    }

    /// Events of sites that are not among these.
    pub(crate) fn events_outside(&self, sites: &[Site]) -> u64 {
        let known: BTreeSet<&str> =
            sites.iter().filter(|site| site.name.is_some()).map(|site| site.id.as_str()).collect();
        let outside = self.named.iter().filter(|(site, _)| !known.contains(site.as_str()));
        u64::try_from(outside.map(|(_, named)| named.events).sum::<i128>()).unwrap_or(0)
    }

    /// These sites, and those that only results up to the week of this Monday name; by id.
    pub(crate) fn with_named(&self, sites: &[Site], until: Date) -> Vec<Site> {
        let known: BTreeSet<&str> = sites.iter().map(|site| site.id.as_str()).collect();
        let by_then = |named: &Named| named.rows.first_key_value().is_some_and(|(week, _)| *week <= until);
        let named = self.named.iter().filter(|(site, named)| !known.contains(site.as_str()) && by_then(named));
        let mut all: Vec<Site> = sites.iter().cloned().chain(named.map(|(site, _)| Site::unknown(site))).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// The table itself, `None` before anything was stored.
    pub(crate) fn provider(&self) -> Result<Option<Arc<dyn TableProvider>>, StoreError> {
        Ok(self.snapshot.as_ref().map(TableSnapshot::provider).transpose()?)
    }

    /// Parts that exist, in order.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Record> {
        self.parts.values().filter(|record| record.row.denominator > 0)
    }

    /// Rows of the parts that exist, in order.
    pub(crate) fn part_rows(&self) -> Vec<PartRow> {
        let mut rows: Vec<PartRow> = self.live().map(|record| record.row.clone()).collect();
        rows.sort();
        rows
    }

    /// Rows of one metric in these weeks that exist, in order.
    pub(crate) fn part_rows_of(&self, metric: &str, weeks: &WeekSet) -> Vec<PartRow> {
        let rows = weeks_of(&self.parts, metric, weeks).filter(|record| record.row.denominator > 0);
        rows.map(|record| record.row.clone()).collect()
    }

    /// Bad rows that exist, in order.
    pub(crate) fn bad_rows(&self) -> Vec<BadRow> {
        let mut rows: Vec<BadRow> = self.bad.values().filter_map(Record::bad_row).collect();
        rows.sort();
        rows
    }

    /// Rows of one metric at one site in the weeks from one Monday up to before another that exist, in order.
    pub(crate) fn part_rows_between(&self, metric: &str, site: &str, first: Date, before: Date) -> Vec<PartRow> {
        let from = |week: Date, site: &str| (metric.to_owned(), week, site.to_owned(), BTreeMap::new());
        let first = self.parts.range(from(first, "")..).next().filter(|(key, _)| key.0 == metric);
        let weeks = first.map_or(0..0, |(key, _)| index_of(key.1)..index_of(before));
        let mondays = weeks.filter_map(|week| date_of_days(monday_days(week)));
        let rows = mondays.flat_map(|monday| {
            let here = self.parts.range(from(monday, site)..).map(|(_, record)| &record.row);
            here.take_while(move |row| row.metric == metric && row.week == monday && row.site == site)
        });
        rows.filter(|row| row.denominator > 0).cloned().collect()
    }

    /// When a row of each metric was last stored.
    pub(crate) fn computed_at(&self) -> BTreeMap<String, Timestamp> {
        let mut latest: BTreeMap<String, Timestamp> = BTreeMap::new();
        for record in self.parts.values() {
            let at = latest.entry(record.row.metric.clone()).or_insert(record.computed_at);
            *at = record.computed_at.max(*at);
        }
        latest
    }

    /// Activity that exists.
    pub(crate) fn active(&self) -> Activity {
        activity(self.activity.values())
    }

    /// That of these streams in these weeks.
    pub(crate) fn active_in<'a>(&'a self, streams: impl Iterator<Item = &'a String>, weeks: &'a WeekSet) -> Activity {
        let streams: BTreeSet<&String> = streams.collect();
        activity(streams.into_iter().flat_map(|stream| weeks_of(&self.activity, stream, weeks)))
    }
}

impl OtherWeeks for State {
    fn knows_series(&self, metric: &str, series: &BTreeSet<Series>) -> bool {
        self.series.get(metric).map_or(series.is_empty(), |known| series.is_subset(known))
    }

    fn series_outside(&self, metric: &str, weeks: &WeekSet) -> BTreeSet<Series> {
        let rows = weeks_of(&self.parts, metric, &WeekSet::All).map(|record| &record.row);
        let outside = rows.filter(|row| row.denominator > 0 && !weeks.holds(row.week));
        outside.map(|row| (row.site.clone(), row.labels.clone())).collect()
    }

    fn bad_rows_outside(&self, metric: &str, weeks: &WeekSet) -> Vec<BadRow> {
        let rows = weeks_of(&self.bad, metric, &WeekSet::All).filter(|record| !weeks.holds(record.row.week));
        rows.filter_map(Record::bad_row).collect()
    }

    fn rows_outside(&self, metric: &str, from: Date, weeks: &WeekSet) -> usize {
        let rows = weeks_of(&self.parts, metric, &WeekSet::All).map(|record| &record.row);
        rows.filter(|row| row.denominator > 0 && row.week >= from && !weeks.holds(row.week)).count()
    }

    fn totals_outside(&self, metric: &str, weeks: &WeekSet) -> Totals {
        let mut totals = self.totals.get(metric).copied().unwrap_or_default();
        weeks_of(&self.parts, metric, weeks).for_each(|record| totals.take(&record.row));
        totals
    }
}

impl Named {
    fn count(&mut self, record: &Record) {
        if record.row.denominator > 0 {
            *self.rows.entry(record.row.week).or_default() += 1;
        }
        self.events += events(record);
    }

    fn discount(&mut self, record: &Record) {
        if record.row.denominator > 0
            && let Entry::Occupied(mut rows) = self.rows.entry(record.row.week)
        {
            *rows.get_mut() -= 1;
            if *rows.get() == 0 {
                rows.remove();
            }
        }
        self.events -= events(record);
    }
}

/// Events that a record of activity stands for.
fn events(record: &Record) -> i128 {
    let active = record.kind == Kind::Activity && record.row.denominator > 0;
    if active { record.row.numerator / ONE } else { 0 }
}

fn activity<'a>(records: impl Iterator<Item = &'a Record>) -> Activity {
    let mut activity = Activity::default();
    for Record { row, .. } in records.filter(|record| record.row.denominator > 0) {
        activity.weeks.entry((row.metric.clone(), row.site.clone())).or_default().insert(row.week);
    }
    activity
}

/// The clock of the evaluation stored last.
async fn clock(snapshot: &TableSnapshot) -> Result<Option<Timestamp>, StoreError> {
    Ok(snapshot.mark(AS_OF).await?.and_then(|micros| Timestamp::from_microsecond(micros).ok()))
}

/// The records of one metric (or stream) in these weeks, in order.
pub(crate) fn weeks_of<'a>(
    records: &'a BTreeMap<Key, Record>,
    metric: &'a str,
    weeks: &'a WeekSet,
) -> Box<dyn Iterator<Item = &'a Record> + 'a> {
    let from = |week: Date| (metric.to_owned(), week, String::new(), BTreeMap::new());
    let rows = move |first: Date| {
        let rows = records.range(from(first)..).take_while(move |(key, _)| key.0 == metric);
        rows.map(|(_, record)| record)
    };
    match weeks {
        WeekSet::All => Box::new(rows(Date::MIN)),
        WeekSet::Some(some) => Box::new(
            some.iter()
                .filter_map(|week| date_of_days(monday_days(*week)))
                .flat_map(move |monday| rows(monday).take_while(move |record| record.row.week == monday)),
        ),
    }
}
