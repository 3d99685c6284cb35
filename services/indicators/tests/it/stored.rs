//! Evaluations in a lake: one commit each, differences only, publications once.

use crate::events::*;
use contracts::Contracts;
use datafusion::arrow::{
    array::{ArrayRef, AsArray, Date32Array, Int32Array, Int64Array, RecordBatch, TimestampMicrosecondArray},
    datatypes::{Int64Type, TimestampMicrosecondType},
    util::pretty::pretty_format_batches,
};
use indicators::{Evaluated, Metric, Refreshed, Results, Tables, Telemetry, evaluate, load, read_queries, sql};
use jiff::Timestamp;
use lake::{Lake, TableSpec};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

const WALL: Timestamp = Timestamp::constant(1_800_000_000, 0);
const METRICS: [&str; 3] = ["field_time", "learning_follow_through", "prestart_quality"];

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
        ingest(&world.lake, "sites", &[site], 0).await;
        world
    }
    async fn evaluate(&self, as_of: &str) -> Evaluated {
        let tables = Tables::open(&self.lake, &self.contracts).await.unwrap();
        let evaluated = evaluate(&tables, &self.metrics, as_of.parse().unwrap(), &limits()).await.unwrap();
        assert!(evaluated.failed().is_empty(), "{:?}", evaluated.runs);
        evaluated
    }
    async fn open(&self) -> Results {
        Results::open(&self.lake, &self.contracts, &limits()).await.unwrap()
    }
    async fn refresh(&self, results: &mut Results, as_of: &str) -> Refreshed {
        results.refresh(&self.metrics, &BTreeSet::new(), as_of.parse().unwrap(), WALL).await.unwrap()
    }
    /// Number of the evaluation and rows, by a program that starts anew; `None` where nothing was written.
    async fn save(&self, as_of: &str) -> Option<(i64, usize)> {
        let refreshed = self.refresh(&mut self.open().await, as_of).await;
        assert!(refreshed.runs.iter().all(|run| run.outcome.is_ok()), "{refreshed:?}");
        refreshed.evaluation.map(|evaluation| (evaluation, refreshed.rows))
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
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")], 0).await;
    ingest(&world.lake, "pulse_responses", &answers(0..6), 0).await;
    let as_of = "2026-03-20T00:00:00Z";
    let evaluated = world.evaluate(as_of).await;
    assert_eq!(evaluated.parts.len(), 2);
    let mut results = world.open().await;
    assert!(results.stored().is_none());
    let refreshed = world.refresh(&mut results, as_of).await;
    assert_eq!((refreshed.evaluation, refreshed.rows), (Some(1), 5)); // two parts, two activities, one publication
    let stored = load(&world.lake, &world.contracts, &limits()).await.unwrap().unwrap();
    assert_eq!((stored.evaluation, stored.as_of), (1, as_of.parse().unwrap()));
    assert_eq!(
        (&stored.parts, &stored.activity, &stored.sites),
        (&evaluated.parts, &evaluated.activity, &evaluated.sites)
    );
    assert_eq!(stored.publications.len(), 1);
    assert_eq!(format!("{:?}", results.stored().unwrap()), format!("{stored:?}"), "what is held is what is read back");
    assert_eq!(world.refresh(&mut results, as_of).await.evaluation, None);
    assert_eq!(world.save(as_of).await, None);
    // A later clock alone is progress: marks and no rows.
    assert_eq!(world.save("2026-03-20T00:00:01Z").await, Some((2, 0)));
}

#[tokio::test]
async fn a_row_that_ceased_to_exist_leaves_the_results_and_stays_in_history() {
    let world = World::new().await;
    let one = entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z");
    ingest(&world.lake, "calendar_audits", std::slice::from_ref(&one), 0).await;
    world.save("2026-03-20T00:00:00Z").await;
    let mut moved = one;
    moved["revision"] = json!(1);
    moved["starts_at"] = json!("2026-03-09T09:00:00Z");
    moved["ends_at"] = json!("2026-03-09T11:00:00Z");
    ingest(&world.lake, "calendar_audits", &[moved], 0).await;
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
async fn events_of_unknown_sites_are_counted_until_the_site_arrives() {
    let world = World::new().await;
    let mut events: Vec<Value> = (0..3).map(|id| entry(id, "2026-03-01T23:00:00Z", "2026-03-02T01:00:00Z")).collect();
    events.iter_mut().for_each(|event| event["site_id"] = json!("b"));
    ingest(&world.lake, "calendar_audits", &events, 0).await;
    let (mut results, as_of) = (world.open().await, "2026-03-20T00:00:00Z");
    assert_eq!(world.refresh(&mut results, as_of).await.unknown_site_events, 3);
    assert_eq!(world.refresh(&mut results, as_of).await.unknown_site_events, 3);
    let site = json!({"site_id": "b", "revision": 0, "recorded_at": "2025-01-01T00:00:00Z", "name": "B", "region": "r", "timezone": "Asia/Tokyo"});
    ingest(&world.lake, "sites", &[site], 0).await;
    let known = world.refresh(&mut results, as_of).await;
    assert_eq!(known.unknown_site_events, 0);
    let stored = results.stored().unwrap();
    assert_eq!(stored.parts, world.evaluate(as_of).await.parts);
    assert_eq!(stored.parts.len(), 1, "in Tokyo it was Monday all the time");
}

#[tokio::test]
async fn two_that_evaluate_at_the_same_time_store_every_row_once() {
    let world = World::new().await;
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")], 0).await;
    let (mut one, mut two) = (world.open().await, world.open().await);
    let as_of = "2026-03-20T00:00:00Z";
    let (a, b) = tokio::join!(world.refresh(&mut one, as_of), world.refresh(&mut two, as_of));
    assert_eq!(BTreeSet::from([a.evaluation, b.evaluation]), BTreeSet::from([None, Some(1)]));
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators_history").await, 1);
    assert_eq!(format!("{:?}", one.stored()), format!("{:?}", two.stored()));
}

/// A near-miss count that fails while an event is worth nothing.
const SHAKY: &str =
    "/*---\nhelp = \"h\"\nkind = \"count\"\nlabels = [\"site\"]\ndirection = \"lower\"\nowner = \"o\"\n---*/
    SELECT week, site_id AS site, SUM(1 / CAST(value AS BIGINT)) AS numerator FROM outcomes GROUP BY week, site_id";

fn outcome(revision: u32, value: u32, at: &str) -> Value {
    json!({"outcome_id": at, "revision": revision, "recorded_at": at, "site_id": "a", "occurred_at": at,
        "kind": "near_miss", "value": value})
}

#[tokio::test]
async fn a_query_that_failed_keeps_its_rows_and_catches_up_from_where_it_stood() {
    let mut world = World::new().await;
    world
        .metrics
        .extend(read_queries(&[(PathBuf::from("shaky.sql"), SHAKY.to_owned())], &world.contracts).await.unwrap());
    ingest(&world.lake, "outcomes", &[outcome(0, 1, "2026-03-02T09:00:00Z")], 0).await;
    assert_eq!(world.save("2026-03-08T00:00:00Z").await, Some((1, 2)));
    ingest(&world.lake, "outcomes", &[outcome(0, 0, "2026-02-02T09:00:00Z")], 0).await;
    let mut results = world.open().await;
    let failed = world.refresh(&mut results, "2026-03-19T00:00:00Z").await;
    assert!(failed.runs.iter().any(|run| run.metric == "shaky" && run.outcome.is_err()), "{failed:?}");
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators WHERE metric = 'shaky'").await, 1);
    // The others went on meanwhile, twice; then the bad event is mended, and only its week is computed again.
    world.refresh(&mut results, "2026-03-20T00:00:00Z").await;
    ingest(&world.lake, "outcomes", &[outcome(1, 1, "2026-02-02T09:00:00Z")], 0).await;
    let mut results = world.open().await;
    assert!(world.refresh(&mut results, "2026-03-20T00:00:00Z").await.runs.iter().all(|run| run.outcome.is_ok()));
    let stored = load(&world.lake, &world.contracts, &limits()).await.unwrap().unwrap();
    assert_eq!(stored.parts, world.evaluate("2026-03-20T00:00:00Z").await.parts);
    assert_eq!(stored.parts.len(), 2);
    assert_eq!(world.save("2026-03-20T00:00:00Z").await, None, "it shares the basis of the others again");
}

#[tokio::test]
async fn a_metric_computed_beside_the_others_catches_up_with_them() {
    let world = World::new().await;
    let as_of = "2026-03-20T00:00:00Z";
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")], 0).await;
    let (mut main, mut beside) = (world.open().await, world.open().await);
    let skip = BTreeSet::from(["field_time".to_owned()]);
    assert!(!beside.holds(&world.metrics[0]).unwrap());
    main.refresh(&world.metrics, &skip, as_of.parse().unwrap(), WALL).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 0);
    let alone = beside.recompute(&world.metrics[0], as_of.parse().unwrap(), WALL).await.unwrap();
    assert_eq!((alone.evaluation, alone.rows), (Some(2), 1));
    ingest(&world.lake, "calendar_audits", &[entry(2, "2026-03-10T09:00:00Z", "2026-03-10T10:00:00Z")], 0).await;
    main.refresh(&world.metrics, &skip, as_of.parse().unwrap(), WALL).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 1, "what others store stays");
    let both = world.refresh(&mut main, as_of).await;
    assert_eq!(both.rows, 1, "only the new week");
    assert_eq!(main.stored().unwrap().parts, world.evaluate(as_of).await.parts);
}

#[tokio::test]
async fn what_is_stored_beside_a_refresh_under_way_stays() {
    let world = World::new().await;
    let as_of = "2026-03-20T00:00:00Z".parse().unwrap();
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")], 0).await;
    let (mut main, mut beside) = (world.open().await, world.open().await);
    let others = &world.metrics[1..];
    let none = BTreeSet::new();
    let refresh = main.refresh(others, &none, as_of, WALL);
    // Whichever commits first: the refresh knew nothing of the metric when it began.
    let (refreshed, recomputed) = tokio::join!(refresh, beside.recompute(&world.metrics[0], as_of, WALL));
    refreshed.unwrap();
    recomputed.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators_history").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 1);
}

#[tokio::test]
async fn a_metric_without_rows_that_comes_back_has_missed_nothing() {
    let mut world = World::new().await;
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")], 0).await;
    ingest(&world.lake, "pulse_responses", &answers(0..6), 0).await;
    world.save("2026-03-10T00:00:00Z").await;
    let learning = world.metrics.remove(1);
    assert_eq!(learning.name, "learning_follow_through");
    let event = |verb: &str, id: &str| {
        json!({"event_id": id, "revision": 0, "recorded_at": "2026-03-02T09:00:00Z", "person_id": "p", "role": "learner",
            "site_id": "a", "program_id": "x", "verb": verb, "occurred_at": "2026-03-02T09:00:00Z", "commitment_id": "c",
            "due_at": "2026-03-04T09:00:00Z"})
    };
    ingest(&world.lake, "training_events", &[event("committed", "1"), event("applied", "2")], 0).await;
    world.save("2026-03-19T00:00:00Z").await;
    world.metrics.insert(1, learning);
    world.save("2026-03-20T00:00:00Z").await;
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators WHERE metric = 'learning_follow_through'").await, 1);
}

#[tokio::test]
async fn the_cap_on_series_counts_all_weeks() {
    let mut world = World::new().await;
    let text = SHAKY
        .replace(r#"["site"]"#, r#"["site", "kind"]"#)
        .replace("site_id AS site, SUM(1 / CAST(value AS BIGINT))", "site_id AS site, outcome_id AS kind, COUNT(*)")
        .replace("GROUP BY week, site_id", "GROUP BY week, site_id, outcome_id");
    let text = text.replace("outcome_id", "CAST(value AS VARCHAR)");
    world.metrics = read_queries(&[(PathBuf::from("wide.sql"), text)], &world.contracts).await.unwrap();
    let mut results = world.open().await.with_limits(indicators::Limits { series: 2, ..limits() });
    for (value, at, fits) in
        [(1, "2026-03-02T09:00:00Z", true), (2, "2026-03-09T09:00:00Z", true), (3, "2026-03-16T09:00:00Z", false)]
    {
        ingest(&world.lake, "outcomes", &[outcome(0, value, at)], 0).await;
        let refreshed = world.refresh(&mut results, "2026-03-30T00:00:00Z").await;
        assert_eq!(refreshed.runs[0].outcome.is_ok(), fits, "{refreshed:?}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 2, "its last good rows stay");
}

#[tokio::test]
async fn rows_of_a_metric_whose_file_was_taken_away_leave_the_results() {
    let mut world = World::new().await;
    let as_of = "2026-03-20T00:00:00Z";
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")], 0).await;
    world.save(as_of).await;
    let field_time = world.metrics.remove(0);
    assert_eq!(world.save(as_of).await, Some((2, 2))); // its part, and the activity of its stream
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 0);
    world.metrics.insert(0, field_time);
    assert_eq!(world.save(as_of).await, Some((3, 2)));
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 1);
}

/// Of a bad file nobody knows the definition: what was computed by its last good text is there when it is mended.
#[tokio::test]
async fn rows_of_a_metric_whose_file_is_bad_stay_without_its_definition() {
    let mut world = World::new().await;
    let as_of = "2026-03-20T00:00:00Z";
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")], 0).await;
    world.save(as_of).await;
    let field_time = world.metrics.remove(0);
    let mut results = Results::open(&world.lake, &world.contracts, &limits()).await.unwrap();
    let held = BTreeSet::from([field_time.name.clone()]);
    results.refresh(&world.metrics, &held, as_of.parse().unwrap(), WALL).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 1);
    assert!(results.holds(&field_time).unwrap());
    let other = Arc::new(Metric { fingerprint: 1, ..field_time.as_ref().clone() });
    assert!(!results.holds(&other).unwrap(), "another text of it was never computed");
    results.refresh(&world.metrics, &BTreeSet::new(), as_of.parse().unwrap(), WALL).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 0);
    assert!(!results.holds(&field_time).unwrap(), "its file is gone");
}

#[tokio::test]
async fn a_restart_knows_when_queries_last_succeeded() {
    let world = World::new().await;
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z")], 0).await;
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
    let refreshed = world.refresh(&mut world.open().await, "2026-03-21T00:00:00Z").await;
    telemetry.observe(&refreshed, Timestamp::constant(1_900_000_000, 0));
    telemetry.remember(&world.metrics, &stored);
    assert!(last_success().iter().all(|(_, at)| *at == 1.9e9));
}

#[tokio::test]
async fn a_week_is_published_once_complete_and_again_only_for_enough_further_respondents() {
    let world = World::new().await;
    ingest(&world.lake, "pulse_responses", &answers(0..6), 0).await;
    let count = "SELECT COUNT(*) FROM publications";
    world.save("2026-03-09T23:59:59Z").await; // its week ended at midnight: 24 hours of grace
    assert_eq!(world.number(count).await, 0);
    world.save("2026-03-10T00:00:00Z").await;
    assert_eq!(world.number(count).await, 1);
    ingest(&world.lake, "pulse_responses", &answers(6..10), 0).await;
    world.save("2026-03-11T00:00:00Z").await;
    assert_eq!(world.number(count).await, 1);
    ingest(&world.lake, "pulse_responses", &answers(10..11), 0).await;
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
    ingest(&world.lake, "calendar_audits", &[entry(1, "2026-03-09T09:00:00Z", "2026-03-09T10:00:00Z")], 0).await;
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

/// A tenth of the time in the field and answers that say no, every week for two years and a half; and a site that nobody
/// knows of, two years ago.
#[tokio::test]
async fn years_are_shown_as_if_all_of_them_were_looked_at() {
    let world = World::new().await;
    let (mut entries, mut answered) = (Vec::new(), Vec::new());
    for week in 0..130_i64 {
        let monday: Timestamp = "2023-09-04T08:00:00Z".parse().unwrap();
        let at = |hour: i64| (monday + jiff::SignedDuration::from_hours(week * 7 * 24 + hour)).to_string();
        for (id, category, from, to) in [(2 * week, "field", 0, 1), (2 * week + 1, "admin", 1, 10)] {
            let mut entry = entry(usize::try_from(id).unwrap(), &at(from), &at(to));
            entry["category"] = json!(category);
            entries.push(entry);
        }
        for (n, mut answer) in answers(0..6).into_iter().enumerate() {
            answer["response_id"] = json!(format!("r{week}-{n}"));
            answer["survey_id"] = json!(format!("s{week}"));
            answer["submitted_at"] = json!(at(1));
            answer["items"][0]["score"] = json!(1 + n % 2);
            answered.push(answer);
        }
    }
    entries[60]["site_id"] = json!("nobody knows");
    ingest(&world.lake, "calendar_audits", &entries, 0).await;
    ingest(&world.lake, "pulse_responses", &answered, 0).await;
    let mut results = world.open().await;
    world.refresh(&mut results, "2026-03-05T00:00:00Z").await;
    let values = results.values(&world.metrics).unwrap();
    assert_eq!(values, results.stored().unwrap().values(&world.metrics));
    let streaks = values.metrics.iter().map(|metric| metric.judgements[0].streak).collect::<Vec<_>>();
    assert_eq!(streaks, [Some(130), None, Some(130)]);
    assert!(values.sites.iter().any(|site| site.id == "nobody knows"));
}
