//! Evaluations in a lake: one commit each, differences only, publications once.

use crate::events::*;
use contracts::Contracts;
use datafusion::arrow::{
    array::{ArrayRef, AsArray, Date32Array, Int32Array, Int64Array, RecordBatch, TimestampMicrosecondArray},
    datatypes::{Int64Type, TimestampMicrosecondType},
    util::pretty::pretty_format_batches,
};
use indicators::{Evaluated, Metric, QueryFailure, Saved, Tables, Telemetry, evaluate, is_current, load, save, sql};
use jiff::Timestamp;
use lake::{Lake, TableSpec};
use serde_json::{Value, json};
use std::sync::Arc;

const WALL: Timestamp = Timestamp::constant(1_800_000_000, 0);
const METRICS: [&str; 3] = ["field_time", "learning_follow_through", "prestart_quality"];

/// Appends events to their stream's table as ingest would.
async fn ingest(lake: &Lake, stream: &str, events: &[Value]) {
    let contract = Arc::clone(contracts().get(stream).unwrap());
    let spec = TableSpec::stream(&contract, "cluster");
    let rows = batch(stream, events, 0);
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
                "_offset" => Arc::new((0..).take(n).collect::<Int64Array>()),
                "_ingested_at" => Arc::new(TimestampMicrosecondArray::from(vec![0; n]).with_timezone("UTC")),
                name => Arc::clone(rows.column_by_name(name).unwrap()),
            }
        })
        .collect();
    let mut writer = lake.writer(&spec).await.unwrap();
    let pending = writer.write(&[RecordBatch::try_new(spec.schema, columns).unwrap()]).await.unwrap();
    writer.commit(pending, &[]).await.unwrap();
}

struct World {
    _dir: tempfile::TempDir,
    lake: Lake,
    contracts: Contracts,
    metrics: Vec<Arc<Metric>>,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::create(dir.path().join("lake").to_str().unwrap()).await.unwrap();
        let world = Self { _dir: dir, lake, contracts: contracts(), metrics: shipped(&METRICS).await };
        let site = json!({"site_id": "a", "revision": 0, "recorded_at": "2025-01-01T00:00:00Z", "name": "A", "region": "r", "timezone": "Europe/London"});
        ingest(&world.lake, "sites", &[site]).await;
        world
    }
    async fn evaluate(&self, as_of: &str) -> Evaluated {
        let tables = Tables::open(&self.lake, &self.contracts).await.unwrap();
        let evaluated = evaluate(&tables, &self.metrics, as_of.parse().unwrap(), &limits()).await.unwrap();
        assert!(evaluated.failed().is_empty(), "{:?}", evaluated.runs);
        evaluated
    }
    async fn save(&self, as_of: &str) -> Option<(i64, usize)> {
        self.store(&self.evaluate(as_of).await).await
    }
    /// Number of the evaluation and rows; `None` where nothing was written.
    async fn store(&self, evaluated: &Evaluated) -> Option<(i64, usize)> {
        match save(&self.lake, &self.metrics, evaluated, WALL, &limits()).await.unwrap() {
            Saved::Done { rows, stored } => Some((stored.evaluation, rows)),
            Saved::Unchanged | Saved::Superseded => None,
        }
    }
    async fn is_current(&self, as_of: &str) -> bool {
        let tables = Tables::open(&self.lake, &self.contracts).await.unwrap();
        is_current(&self.lake, &tables, &self.metrics, as_of.parse().unwrap()).await.unwrap()
    }
    async fn sql(&self, text: &str) -> String {
        let rows =
            sql(&self.lake, &self.contracts, &self.metrics, text, Timestamp::UNIX_EPOCH, &limits()).await.unwrap();
        pretty_format_batches(&rows.batches).unwrap().to_string()
    }
    async fn number(&self, text: &str) -> i64 {
        let rows =
            sql(&self.lake, &self.contracts, &self.metrics, text, Timestamp::UNIX_EPOCH, &limits()).await.unwrap();
        rows.batches[0].column(0).as_primitive::<Int64Type>().value(0)
    }
}

fn entry(id: usize, from: &str, to: &str) -> Value {
    json!({"entry_id": format!("e{id}"), "revision": 0, "recorded_at": "2026-03-01T00:00:00Z", "leader_id": "l", "site_id": "a",
        "basis": "actual", "category": "field", "status": "confirmed", "starts_at": from, "ends_at": to})
}

fn answers(people: std::ops::Range<usize>) -> Vec<Value> {
    let answer = |n| {
        json!({"response_id": format!("r{n}"), "revision": 0, "recorded_at": "2026-03-02T00:00:00Z", "survey_id": "s",
        "instrument": "prestart", "site_id": "a", "team_id": "t", "respondent_id": format!("p{n}"),
        "submitted_at": "2026-03-02T07:00:00Z", "items": [{"item": "i", "score": 4, "min": 1, "max": 5}]})
    };
    people.map(answer).collect()
}

#[tokio::test]
async fn what_is_saved_is_loaded_and_saving_it_again_writes_nothing() {
    let world = World::new().await;
    assert!(load(&world.lake, &world.contracts, &limits()).await.unwrap().is_none());
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")]).await;
    ingest(&world.lake, "pulse_responses", &answers(0..6)).await;
    let as_of = "2026-03-20T00:00:00Z";
    let evaluated = world.evaluate(as_of).await;
    assert_eq!(evaluated.parts.len(), 2);
    let saved = save(&world.lake, &world.metrics, &evaluated, WALL, &limits()).await.unwrap();
    let Saved::Done { rows: 5, stored: told } = saved else { panic!("{saved:?}") }; // two parts, two activities, one publication
    let stored = load(&world.lake, &world.contracts, &limits()).await.unwrap().unwrap();
    assert_eq!((stored.evaluation, stored.as_of), (1, as_of.parse().unwrap()));
    assert_eq!(
        (&stored.parts, &stored.activity, &stored.sites),
        (&evaluated.parts, &evaluated.activity, &evaluated.sites)
    );
    assert_eq!(stored.publications.len(), 1);
    assert_eq!(format!("{told:?}"), format!("{stored:?}"), "what is told to be stored is what is read back");
    let unchanged = save(&world.lake, &world.metrics, &world.evaluate(as_of).await, WALL, &limits()).await.unwrap();
    assert!(matches!(unchanged, Saved::Unchanged), "{unchanged:?}");
    assert!(world.is_current(as_of).await);
    // A later clock alone is progress: marks and no rows.
    assert_eq!(world.save("2026-03-20T00:00:01Z").await, Some((2, 0)));
    assert!(!world.is_current(as_of).await);
}

#[tokio::test]
async fn a_row_that_ceased_to_exist_leaves_the_results_and_stays_in_history() {
    let world = World::new().await;
    let one = entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z");
    ingest(&world.lake, "calendar_audits", std::slice::from_ref(&one)).await;
    world.save("2026-03-20T00:00:00Z").await;
    let mut moved = one;
    moved["revision"] = json!(1);
    moved["starts_at"] = json!("2026-03-09T09:00:00Z");
    moved["ends_at"] = json!("2026-03-09T11:00:00Z");
    ingest(&world.lake, "calendar_audits", &[moved]).await;
    assert_eq!(world.save("2026-03-20T00:00:00Z").await, Some((2, 4)));
    let weeks = world.sql("SELECT week, site, numerator FROM indicators ORDER BY week").await;
    assert!(weeks.contains("2026-03-09 | a    | 7200.000000000") && !weeks.contains("2026-03-02"), "{weeks}");
    let history = world.sql("SELECT week, denominator FROM indicators_history ORDER BY evaluation, week").await;
    assert_eq!(history.matches("2026-03-0").count(), 3, "{history}");
    assert!(history.contains("2026-03-02 | 0.000000000"), "that it ceased is told: {history}");
    let stored = load(&world.lake, &world.contracts, &limits()).await.unwrap().unwrap();
    assert_eq!(stored.activity, world.evaluate("2026-03-20T00:00:00Z").await.activity);
}

#[tokio::test]
async fn of_two_evaluations_from_the_same_state_one_wins_whole() {
    let world = World::new().await;
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")]).await;
    let evaluated = world.evaluate("2026-03-20T00:00:00Z").await;
    let (one, two, limits) = (Timestamp::UNIX_EPOCH, WALL, limits());
    let race = |at| save(&world.lake, &world.metrics, &evaluated, at, &limits);
    let (a, b) = tokio::join!(race(one), race(two));
    let results = [a.unwrap(), b.unwrap()];
    let done = results.iter().filter(|saved| matches!(saved, Saved::Done { .. })).count();
    assert_eq!(done, 1, "{results:?}");
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators_history").await, 1);
}

#[tokio::test]
async fn an_evaluation_of_older_tables_never_takes_the_place_of_a_newer_one() {
    let world = World::new().await;
    let as_of = "2026-03-20T00:00:00Z";
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")]).await;
    let older = world.evaluate(as_of).await;
    ingest(&world.lake, "calendar_audits", &[entry(2, "2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z")]).await;
    assert!(world.save(as_of).await.is_some());
    let late = save(&world.lake, &world.metrics, &older, WALL, &limits()).await.unwrap();
    assert!(matches!(late, Saved::Superseded), "{late:?}");
    assert!(world.is_current(as_of).await);
    assert_eq!(world.number("SELECT CAST(numerator AS BIGINT) FROM indicators").await, 7200);
}

#[tokio::test]
async fn a_query_that_failed_is_tried_again_and_its_rows_stay() {
    let world = World::new().await;
    let as_of = "2026-03-20T00:00:00Z";
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")]).await;
    world.save("2026-03-19T00:00:00Z").await;
    let mut evaluated = world.evaluate(as_of).await;
    evaluated.parts.clear();
    evaluated.runs[0].outcome = Err(QueryFailure::Died("test".to_owned()));
    assert_eq!(evaluated.failed().into_iter().collect::<Vec<_>>(), ["field_time"]);
    assert_eq!(world.store(&evaluated).await, Some((2, 0)));
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 1);
    assert!(!world.is_current(as_of).await);
    assert_eq!(world.save(as_of).await, Some((3, 0)));
    assert!(world.is_current(as_of).await);
}

#[tokio::test]
async fn rows_of_a_metric_whose_file_was_taken_away_leave_the_results() {
    let mut world = World::new().await;
    let as_of = "2026-03-20T00:00:00Z";
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")]).await;
    world.save(as_of).await;
    let field_time = world.metrics.remove(0);
    assert!(!world.is_current(as_of).await);
    assert_eq!(world.save(as_of).await, Some((2, 2))); // its part, and the activity of its stream
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 0);
    world.metrics.insert(0, field_time);
    assert!(!world.is_current(as_of).await, "its fingerprint is still there");
    assert_eq!(world.save(as_of).await, Some((3, 2)));
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 1);
}

#[tokio::test]
async fn a_restart_knows_when_queries_last_succeeded() {
    let world = World::new().await;
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")]).await;
    world.save("2026-03-20T00:00:00Z").await;
    let registry = prometheus::Registry::new();
    let telemetry = Telemetry::register(&registry).unwrap();
    let last_success = || {
        let families = registry.gather();
        let family = families.iter().find(|f| f.name() == "bellwether_query_last_success_timestamp_seconds");
        let series = family.map(|family| family.get_metric().iter());
        series
            .into_iter()
            .flatten()
            .map(|one| (one.get_label()[0].value().to_owned(), one.get_gauge().get_value()))
            .collect::<Vec<_>>()
    };
    assert_eq!(last_success(), Vec::new());
    let stored = load(&world.lake, &world.contracts, &limits()).await.unwrap().unwrap();
    telemetry.remember(&world.metrics, &stored);
    assert_eq!(last_success(), [("field_time".to_owned(), 1.8e9)]);
    telemetry.observe(&world.evaluate("2026-03-21T00:00:00Z").await, Timestamp::constant(1_900_000_000, 0));
    telemetry.remember(&world.metrics, &stored);
    assert!(last_success().iter().all(|(_, at)| *at == 1.9e9));
}

#[tokio::test]
async fn a_week_is_published_once_complete_and_again_only_for_enough_further_respondents() {
    let world = World::new().await;
    ingest(&world.lake, "pulse_responses", &answers(0..6)).await;
    let count = "SELECT COUNT(*) FROM publications";
    world.save("2026-03-09T23:59:59Z").await; // its week ended at midnight: 24 hours of grace
    assert_eq!(world.number(count).await, 0);
    world.save("2026-03-10T00:00:00Z").await;
    assert_eq!(world.number(count).await, 1);
    ingest(&world.lake, "pulse_responses", &answers(6..10)).await;
    world.save("2026-03-11T00:00:00Z").await;
    assert_eq!(world.number(count).await, 1);
    ingest(&world.lake, "pulse_responses", &answers(10..11)).await;
    world.save("2026-03-12T00:00:00Z").await;
    let shown = world.sql("SELECT version, respondents, published_at FROM publications ORDER BY version").await;
    assert!(shown.contains("| 1       | 6           | 2026-03-10T00:00:00Z"), "{shown}");
    assert!(shown.contains("| 2       | 11          | 2026-03-12T00:00:00Z"), "{shown}");
}

#[tokio::test]
async fn sql_reads_and_does_nothing_else() {
    let world = World::new().await;
    for text in [
        "DROP TABLE sites",
        "SELECT 1; SELECT 2",
        "SET x = 1",
        "COPY sites TO 'x.csv'",
        "INSERT INTO sites SELECT * FROM sites",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/'",
        "EXPLAIN SELECT 1",
        "",
    ] {
        let refused = sql(&world.lake, &world.contracts, &world.metrics, text, Timestamp::UNIX_EPOCH, &limits()).await;
        assert!(refused.is_err(), "{text}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators_history").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM publications").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM indicator_values").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM calendar_audits WHERE week IS NULL").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM sites JOIN leaders USING (site_id)").await, 0);
}

#[tokio::test]
async fn indicator_values_tell_value_and_state() {
    let world = World::new().await;
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-09T09:00:00Z", "2026-03-09T10:00:00Z")]).await;
    world.save("2026-03-18T00:00:00Z").await;
    let week = world
        .sql(
            "SELECT scope, site, region, value, target, state FROM indicator_values
        WHERE metric = 'field_time' AND \"window\" = 'week' ORDER BY scope DESC",
        )
        .await;
    assert!(week.contains("| site    | a    | r      | 1.0   | 0.45   | ok"), "{week}");
    assert!(week.contains("| company |      |        | 1.0   |        |"), "{week}");
    let none =
        world.sql("SELECT state FROM indicator_values WHERE metric = 'prestart_quality' AND \"window\" IS NULL").await;
    assert!(none.contains("no_data"), "{none}");
}
