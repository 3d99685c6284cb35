//! A lake whose results are kept up to date, and what comes into it.

use crate::events::*;
use contracts::Contracts;
use datafusion::arrow::{
    array::{ArrayRef, AsArray, Date32Array, Int32Array, Int64Array, RecordBatch, TimestampMicrosecondArray},
    datatypes::{Int64Type, TimestampMicrosecondType},
    util::pretty::pretty_format_batches,
};
use evaluation::{Evaluated, Refreshed, Results, Tables, evaluate, sql};
use indicators::Metric;
use jiff::Timestamp;
use lake::{Lake, TableSpec};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

pub const WALL: Timestamp = Timestamp::constant(1_800_000_000, 0);
pub const METRICS: [&str; 3] = ["field_time", "learning_follow_through", "prestart_quality"];

/// Appends events to their stream's table as ingest would.
pub async fn ingest(lake: &Lake, stream: &str, events: &[Value], first_offset: i64) {
    let contract = Arc::clone(contracts().get(stream).unwrap());
    let spec = TableSpec::stream(&contract, "cluster");
    let rows = batch(stream, events, first_offset);
    let n = rows.num_rows();
    let day = |at: i64| i32::try_from(at.div_euclid(86_400_000_000)).unwrap();
    let columns: Vec<ArrayRef> = spec
        .schema
        .fields()
        .iter()
        .map(|field| -> ArrayRef {
            match field.name().as_str() {
                "event_date" => {
                    let times = rows.column_by_name(contract.event_time().unwrap()).unwrap();
                    let times = times.as_primitive::<TimestampMicrosecondType>().values();
                    Arc::new(Date32Array::from_iter_values(times.iter().map(|at| day(*at))))
                }
                "_partition" => Arc::new(Int32Array::from(vec![0; n])),
                "_offset" => Arc::new((first_offset..).take(n).collect::<Int64Array>()),
                "_ingested_at" => Arc::new(TimestampMicrosecondArray::from(vec![first_offset; n]).with_timezone("UTC")),
                name => Arc::clone(rows.column_by_name(name).unwrap()),
            }
        })
        .collect();
    let mut writer = lake.writer(&spec).await.unwrap();
    let pending = writer.write(&[RecordBatch::try_new(spec.schema, columns).unwrap()]).await.unwrap();
    writer.commit(pending, &[]).await.unwrap();
}

/// A lake with one site, and the shipped metrics that have tests here.
pub struct World {
    dir: tempfile::TempDir,
    pub lake: Lake,
    pub contracts: Contracts,
    pub metrics: Vec<Arc<Metric>>,
}

impl World {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::create(dir.path().join("lake").to_str().unwrap()).await.unwrap();
        let world = Self { dir, lake, contracts: contracts(), metrics: shipped(&METRICS).await };
        let site = json!({"site_id": "a", "revision": 0, "recorded_at": "2025-01-01T00:00:00Z", "name": "A", "region": "r", "timezone": "Europe/London"});
        ingest(&world.lake, "sites", &[site], 0).await;
        world
    }
    /// The folder of a table.
    pub fn folder(&self, table: &str) -> PathBuf {
        self.dir.path().join("lake").join(table)
    }
    pub async fn evaluate(&self, as_of: &str) -> Evaluated {
        let tables = Tables::open(&self.lake, &self.contracts).await.unwrap();
        let evaluated = evaluate(&tables, &self.metrics, as_of.parse().unwrap(), &limits()).await.unwrap();
        assert!(evaluated.failed().is_empty(), "{:?}", evaluated.runs);
        evaluated
    }
    pub async fn open(&self) -> Results {
        Results::open(&self.lake, &self.contracts, &limits()).await.unwrap()
    }
    pub async fn refresh(&self, results: &mut Results, as_of: &str) -> Refreshed {
        results.refresh(&self.metrics, &BTreeSet::new(), as_of.parse().unwrap(), WALL).await.unwrap()
    }
    /// Number of the evaluation and rows, by a program that starts anew; `None` where nothing was written.
    pub async fn save(&self, as_of: &str) -> Option<(i64, usize)> {
        let refreshed = self.refresh(&mut self.open().await, as_of).await;
        assert!(refreshed.runs.iter().all(|run| run.outcome.is_ok()), "{refreshed:?}");
        refreshed.evaluation.map(|evaluation| (evaluation, refreshed.rows))
    }
    pub async fn sql(&self, text: &str) -> String {
        let rows =
            sql(&self.lake, &self.contracts, &self.metrics, text, Timestamp::UNIX_EPOCH, &limits()).await.unwrap();
        pretty_format_batches(&rows.batches).unwrap().to_string()
    }
    pub async fn number(&self, text: &str) -> i64 {
        let rows =
            sql(&self.lake, &self.contracts, &self.metrics, text, Timestamp::UNIX_EPOCH, &limits()).await.unwrap();
        rows.batches[0].column(0).as_primitive::<Int64Type>().value(0)
    }
}

pub fn entry(id: usize, from: &str, to: &str) -> Value {
    json!({"entry_id": format!("e{id}"), "revision": 0, "recorded_at": "2026-03-01T00:00:00Z", "leader_id": "l", "site_id": "a",
        "basis": "actual", "category": "field", "status": "confirmed", "starts_at": from, "ends_at": to})
}

pub fn answers(people: std::ops::Range<usize>) -> Vec<Value> {
    let answer = |n| {
        json!({"response_id": format!("r{n}"), "revision": 0, "recorded_at": "2026-03-02T00:00:00Z", "survey_id": "s",
        "instrument": "prestart", "site_id": "a", "team_id": "t", "respondent_id": format!("p{n}"),
        "submitted_at": "2026-03-02T07:00:00Z", "items": [{"item": "i", "score": 4, "min": 1, "max": 5}]})
    };
    people.map(answer).collect()
}
