//! Weeks → the lake, as ingest and compaction would have left it: one file a day and stream, one commit a week.

use super::{
    calendar::{self, Entry},
    columns::{Row, batch, day, times},
    surveys::{self, Response},
    training::{self, Training},
    who::{DAY, HOUR, Organisation, Week, as_of},
};
use crate::chance::Chance;
use arrow::{
    array::{ArrayRef, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array},
    datatypes::SchemaRef,
};
use contracts::Contracts;
use lake::{Commit, Lake, TableSpec, TableWriter};
use std::{collections::BTreeMap, sync::Arc};

/// Rows of a week may lie this far before it (moved entries, zones) and after it (what became of commitments).
const BACK: i64 = 2;

/// Lays out a lake of so many weeks up to the running one; gives its rows.
pub async fn write_lake(lake: &Lake, weeks: i64) -> u64 {
    let org = Arc::new(Organisation::new());
    let contracts = Contracts::shipped().unwrap();
    references(lake, &contracts, &org).await;
    let mut calendar = Stream::<Entry>::open(lake, &contracts).await;
    let mut training = Stream::<Training>::open(lake, &contracts).await;
    let mut surveys = Stream::<Response>::open(lake, &contracts).await;
    for number in 1 - weeks..=0 {
        let (of, week) = (Arc::clone(&org), org.week(number));
        let (entries, events, responses) = tokio::task::spawn_blocking(move || rows(&of, &week, 0)).await.unwrap();
        calendar.add(entries);
        training.add(events);
        surveys.add(responses);
        let before = day(org.week(number - BACK).at(&org.sites[0], 0, 0));
        let all = tokio::join!(
            calendar.write_before(before, &org),
            training.write_before(before, &org),
            surveys.write_before(before, &org)
        );
        let _: ((), (), ()) = all;
    }
    let rest = i64::MAX;
    tokio::join!(
        calendar.write_before(rest, &org),
        training.write_before(rest, &org),
        surveys.write_before(rest, &org)
    );
    calendar.rows + training.rows + surveys.rows
}

/// What sites, leaders and crews did in a week.
fn rows(org: &Organisation, week: &Week, salt: u64) -> (Vec<Entry>, Vec<Training>, Vec<Response>) {
    let (mut entries, mut events, mut responses) = (Vec::new(), Vec::new(), Vec::new());
    (0..org.leaders.len()).for_each(|leader| calendar::week(org, leader, week, salt, &mut entries));
    for site in 0..org.sites.len() {
        training::week(org, site, week, salt, &mut events);
        surveys::week(org, site, week, salt, &mut responses);
    }
    (entries, events, responses)
}

/// Appends a thousand events of the last three weeks, in the proportions of the whole: half are new, half correct what is
/// there. Every `round` is another thousand.
pub async fn late(lake: &Lake, round: u64) -> u64 {
    let org = Arc::new(Organisation::new());
    let contracts = Contracts::shipped().unwrap();
    let now = as_of().as_microsecond() + round.cast_signed() * HOUR / 60;
    let recent = |time: i64| time < now && time >= now - 21 * DAY;
    let (mut entries, mut events, mut responses) = (Vec::new(), Vec::new(), Vec::new());
    for number in -3..=0 {
        let week = org.week(number);
        let (old, new) = (rows(&org, &week, 0), rows(&org, &week, round));
        let revised = |revision: i64| revision + 10 * round.cast_signed();
        entries.extend(old.0.iter().map(|r| Entry { category: "admin", revision: revised(r.revision), ..*r }));
        entries.extend(new.0);
        events.extend(old.1.iter().map(|r| Training { revision: revised(r.revision), ..*r }));
        events.extend(new.1);
        responses.extend(old.2.iter().map(|r| Response { marks: [4; 4], revision: revised(r.revision), ..*r }));
        responses.extend(new.2);
    }
    let chance = &mut Chance::of(&[9, round]);
    let mut written = 0;
    for (stream, rows) in [("calendar_audits", 850), ("training_events", 80), ("pulse_responses", 70)] {
        written += match stream {
            "calendar_audits" => {
                let chosen = choose(chance, &entries, rows, recent);
                let chosen = chosen.into_iter().map(|r| Entry { recorded: now, ..r }).collect();
                Stream::<Entry>::open(lake, &contracts).await.append(chosen, &org).await
            }
            "training_events" => {
                let chosen = choose(chance, &events, rows, recent);
                let chosen = chosen.into_iter().map(|r| Training { recorded: now, ..r }).collect();
                Stream::<Training>::open(lake, &contracts).await.append(chosen, &org).await
            }
            _ => {
                let chosen = choose(chance, &responses, rows, recent);
                let chosen = chosen.into_iter().map(|r| Response { recorded: now, ..r }).collect();
                Stream::<Response>::open(lake, &contracts).await.append(chosen, &org).await
            }
        };
    }
    written
}

/// So many rows whose time fits; of a key at most one, so that no two tie.
fn choose<R: Row>(chance: &mut Chance, rows: &[R], many: usize, fits: impl Fn(i64) -> bool) -> Vec<R> {
    let mut places = BTreeMap::new();
    while places.len() < many {
        let place = chance.place(0, rows.len() / 8 - 1) * 8;
        if fits(rows[place].time()) && rows[place].recorded() <= as_of().as_microsecond() {
            places.insert(place, rows[place]);
        }
    }
    places.into_values().collect()
}

/// A table and the rows that wait for their week to be complete.
struct Stream<R> {
    writer: TableWriter,
    schema: SchemaRef,
    waiting: BTreeMap<i64, Vec<R>>,
    rows: u64,
}

impl<R: Row> Stream<R> {
    async fn open(lake: &Lake, contracts: &Contracts) -> Self {
        let spec = TableSpec::stream(contracts.get(R::STREAM).unwrap(), "bench");
        let writer = lake.writer(&spec).await.unwrap();
        Self { writer, schema: spec.schema, waiting: BTreeMap::new(), rows: 0 }
    }

    /// Rows that the clock does not know of yet are left out.
    fn add(&mut self, rows: Vec<R>) {
        let now = as_of().as_microsecond();
        for row in rows.into_iter().filter(|row| row.recorded() <= now) {
            self.waiting.entry(day(row.time())).or_default().push(row);
        }
    }

    async fn write_before(&mut self, first_kept: i64, org: &Arc<Organisation>) {
        let kept = self.waiting.split_off(&first_kept);
        let mut days: Vec<Vec<R>> = std::mem::replace(&mut self.waiting, kept).into_values().collect();
        days.iter_mut().for_each(|rows| rows.sort_by_key(Row::recorded));
        self.commit(days, org).await;
    }

    /// Writes rows as they are, a file a day.
    async fn append(mut self, mut rows: Vec<R>, org: &Arc<Organisation>) -> u64 {
        rows.sort_by_key(|row| (day(row.time()), row.recorded()));
        let days = rows.chunk_by(|a, b| day(a.time()) == day(b.time())).map(<[R]>::to_vec).collect();
        self.commit(days, org).await;
        self.rows
    }

    async fn commit(&mut self, days: Vec<Vec<R>>, org: &Arc<Organisation>) {
        let (schema, first, org) = (self.schema.clone(), self.rows, Arc::clone(org));
        let batches: Vec<RecordBatch> = tokio::task::spawn_blocking(move || {
            let mut next = first.cast_signed();
            let encode = |rows: Vec<R>| {
                let offset = next;
                next += i64::try_from(rows.len()).unwrap();
                batch(&rows, &schema, offset, &org)
            };
            days.into_iter().map(encode).collect()
        })
        .await
        .unwrap();
        self.rows += batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>();
        let pending = self.writer.write(&batches).await.unwrap();
        assert!(matches!(self.writer.commit(pending, &[]).await.unwrap(), Commit::Done(_)));
    }
}

/// Sites and leaders, known since before everything else.
async fn references(lake: &Lake, contracts: &Contracts, org: &Organisation) {
    let text = |values: Vec<String>| -> ArrayRef { Arc::new(StringArray::from(values)) };
    let (sites, leaders) = (&org.sites, &org.leaders);
    append(lake, contracts, "sites", sites.len(), |name| {
        Some(match name {
            "site_id" | "name" => text(sites.iter().map(|s| s.id.clone()).collect()),
            "region" => text(sites.iter().map(|s| s.region.clone()).collect()),
            "timezone" => text(sites.iter().map(|s| org.zone_name(s).to_owned()).collect()),
            _ => return None,
        })
    })
    .await;
    append(lake, contracts, "leaders", leaders.len(), |name| {
        Some(match name {
            "leader_id" => text(leaders.iter().map(|l| l.id.text()).collect()),
            "site_id" => text(leaders.iter().map(|l| sites[l.site].id.clone()).collect()),
            "weekly_hours" => Arc::new(Float64Array::from_iter_values(leaders.iter().map(|l| l.weekly_hours))),
            _ => return None,
        })
    })
    .await;
}

async fn append(
    lake: &Lake,
    contracts: &Contracts,
    stream: &str,
    rows: usize,
    column: impl Fn(&str) -> Option<ArrayRef>,
) {
    let spec = TableSpec::stream(contracts.get(stream).unwrap(), "bench");
    let columns = spec.schema.fields().iter().map(|field| -> ArrayRef {
        match field.name().as_str() {
            "revision" => Arc::new(Int64Array::from(vec![0; rows])),
            "recorded_at" | "_ingested_at" => times((0..rows).map(|_| Some(0))),
            "_partition" => Arc::new(Int32Array::from(vec![0; rows])),
            "_offset" => Arc::new(Int64Array::from_iter_values(0..i64::try_from(rows).unwrap())),
            "opened_on" => Arc::new(Date32Array::from(vec![0; rows])),
            name => column(name).unwrap_or_else(|| new_null_array(field.data_type(), rows)),
        }
    });
    let batch = RecordBatch::try_new(spec.schema.clone(), columns.collect()).unwrap();
    let mut writer = lake.writer(&spec).await.unwrap();
    let pending = writer.write(&[batch]).await.unwrap();
    assert!(matches!(writer.commit(pending, &[]).await.unwrap(), Commit::Done(_)));
}
