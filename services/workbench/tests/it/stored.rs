//! Evaluations in a lake: one commit each, differences only, publications once.

use crate::{events::*, world::*};
use evaluation::{Results, Telemetry, load, sql};
use indicators::Metric;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};
use workbench::read_queries;

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

/// Versions of a table that was deleted and filled again say nothing of those before, also where it has as many.
#[tokio::test]
async fn a_table_that_was_made_anew_is_computed_anew() {
    let (world, as_of) = (World::new().await, "2026-03-20T00:00:00Z");
    let on = |day: usize| entry(day, &format!("2026-03-{day:02}T09:00:00Z"), &format!("2026-03-{day:02}T10:00:00Z"));
    ingest(&world.lake, "calendar_audits", &[on(3)], 0).await;
    world.save(as_of).await;
    std::fs::remove_dir_all(world.folder("calendar_audits")).unwrap();
    for day in [10, 11, 12] {
        ingest(&world.lake, "calendar_audits", &[on(day)], i64::try_from(day).unwrap()).await;
    }
    let mut results = world.open().await;
    world.refresh(&mut results, as_of).await;
    let (stored, evaluated) = (results.stored().unwrap(), world.evaluate(as_of).await);
    assert_eq!((stored.parts.len(), &stored.parts), (1, &evaluated.parts));
    assert_eq!(stored.activity, evaluated.activity);
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
    let mut results = world.open().await.with_limits(evaluation::Limits { series: 2, ..limits() });
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
    for (text, says) in [
        ("SELECT * FROM indicator", "1:15: there is no table `indicator`: did you mean `indicators`?"),
        (
            "SELECT 1 FROM outcomes WHERE week > 2026-06-01",
            "1:30: `week` is a date and is compared with a number: write DATE '2026-06-01'",
        ),
    ] {
        let refused = sql(&world.lake, &world.contracts, &world.metrics, text, Timestamp::UNIX_EPOCH, &limits()).await;
        assert_eq!(refused.unwrap_err().to_string(), says);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM indicators_history").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM publications").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM indicator_values").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM calendar_audits WHERE week IS NULL").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM sites JOIN leaders USING (site_id)").await, 0);
}

/// What another engine's RESTORE to the version before writes: the files of the last commit are taken away, and the marks
/// stay.
fn restore(log: &std::path::Path) {
    let names = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let last: u64 = names.filter_map(|name| name.strip_suffix(".json")?.parse().ok()).max().unwrap();
    let text = std::fs::read_to_string(log.join(format!("{last:020}.json"))).unwrap();
    let actions = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let removes = actions.filter_map(|action| action.get("add").cloned()).map(|add| {
        json!({"remove": {"path": add["path"], "partitionValues": add["partitionValues"], "size": add["size"],
               "deletionTimestamp": 1_800_000_000_000_i64, "dataChange": true, "extendedFileMetadata": true}})
    });
    let info = json!({"commitInfo": {"timestamp": 1_800_000_000_000_i64, "operation": "RESTORE",
                                     "operationParameters": {"version": (last - 1).to_string()}}});
    let lines: Vec<String> = std::iter::once(info).chain(removes).map(|action| action.to_string()).collect();
    assert!(lines.len() > 1, "it takes something away");
    std::fs::write(log.join(format!("{:020}.json", last + 1)), lines.join("\n")).unwrap();
}

/// The weeks that rows left are computed without them.
#[tokio::test]
async fn a_stream_that_another_engine_restored_is_computed_as_it_is_now() {
    let (world, as_of) = (World::new().await, "2026-03-20T00:00:00Z");
    let on = |day: usize| entry(day, &format!("2026-03-{day:02}T09:00:00Z"), &format!("2026-03-{day:02}T10:00:00Z"));
    ingest(&world.lake, "calendar_audits", &[on(3)], 0).await;
    ingest(&world.lake, "calendar_audits", &[on(10)], 1).await;
    let mut results = world.open().await;
    world.refresh(&mut results, as_of).await;
    assert_eq!(results.stored().unwrap().parts.len(), 2);
    restore(&world.folder("calendar_audits").join("_delta_log"));
    world.refresh(&mut results, as_of).await;
    let stored = results.stored().unwrap();
    assert_eq!(stored.parts.len(), 1);
    assert_eq!(stored.parts, world.evaluate(as_of).await.parts);
}

/// What it rests on would be told as of before: a hole for ever.
#[tokio::test]
async fn results_that_another_engine_restored_are_refused() {
    let (world, as_of) = (World::new().await, "2026-03-20T00:00:00Z");
    ingest(&world.lake, "calendar_audits", &[entry(3, "2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z")], 0).await;
    let mut results = world.open().await;
    world.refresh(&mut results, as_of).await;
    restore(&world.folder("indicators").join("_delta_log"));
    let error = results.refresh(&[], &BTreeSet::new(), as_of.parse().unwrap(), Timestamp::now()).await.unwrap_err();
    assert!(error.to_string().contains("was restored"), "{error}");
    let error = Results::open(&world.lake, &world.contracts, &limits()).await.unwrap_err().to_string();
    assert!(error.contains("table indicators was restored") && error.contains("computed again"), "{error}");
}

/// An unmounted lake was taken for an empty one: its values were replaced by none, and tables were laid out in its place.
#[tokio::test]
async fn a_lake_that_went_away_is_no_empty_lake() {
    let (world, as_of) = (World::new().await, "2026-03-20T00:00:00Z");
    ingest(&world.lake, "calendar_audits", &[entry(3, "2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z")], 0).await;
    let mut results = world.open().await;
    world.refresh(&mut results, as_of).await;
    let stored = results.stored().unwrap().parts;
    assert!(!stored.is_empty());
    let (place, away) = (world.folder(""), world.folder("").with_file_name("away"));
    std::fs::rename(&place, &away).unwrap();
    for _ in 0..2 {
        let error = results.refresh(&world.metrics, &BTreeSet::new(), as_of.parse().unwrap(), Timestamp::now()).await;
        assert!(error.unwrap_err().to_string().contains("no lake at"));
        let error = Results::open(&world.lake, &world.contracts, &limits()).await.unwrap_err();
        assert!(error.to_string().contains("no lake at"), "{error}");
    }
    assert!(!place.exists(), "nothing was laid out in its place");
    std::fs::rename(&away, &place).unwrap();
    let mut results = world.open().await;
    world.refresh(&mut results, as_of).await;
    assert_eq!(results.stored().unwrap().parts, stored);
}
