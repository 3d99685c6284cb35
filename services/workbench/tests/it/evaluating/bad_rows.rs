//! A row outside its kind's range has no value, harms no other row, and is named.

use crate::{events::*, world::*};
use evaluation::{QueryFailure, load};
use indicators::{Metric, Values, Why};
use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc};
use workbench::read_queries;

const AS_OF: &str = "2026-06-10T12:00:00Z"; // a Wednesday
const LAST: &str = "2026-06-01"; // Monday of the last complete week
const RUNNING: &str = "2026-06-08";

/// Hours without an incident, as a share.
const SAFE_WORK: &str =
    "/*---\nhelp = \"h\"\nkind = \"ratio\"\nlabels = [\"site\"]\ndirection = \"lower\"\nowner = \"o\"\n---*/
    SELECT week, site_id AS site,
           SUM(CASE WHEN kind = 'recordable_incident' THEN 1 ELSE 0 END) AS numerator,
           SUM(CASE WHEN kind = 'hours_worked' THEN CAST(value AS BIGINT) ELSE 0 END) AS denominator
    FROM outcomes GROUP BY week, site_id";

/// Answers above 3 of answers to the first survey: a share that is none where others were asked, too.
const CONTENT: &str = "/*---\nhelp = \"h\"\nkind = \"ratio\"\nlabels = [\"site\"]\ndirection = \"higher\"\nowner = \"o\"\nprivacy = { minimum = 5 }\n---*/
    SELECT week, site_id AS site, COUNT(score(items)) AS numerator,
           COUNT(*) FILTER (WHERE instrument = 'prestart') AS denominator,
           respondents(respondent_id, survey_id) AS respondents
    FROM pulse_responses GROUP BY week, site_id";

async fn metric(name: &str, text: &str) -> Arc<Metric> {
    let file = (PathBuf::from(format!("{name}.sql")), text.to_owned());
    read_queries(&[file], &contracts()).await.unwrap().remove(0)
}

fn outcome(id: &str, revision: u32, site: &str, week: Date, kind: &str, value: u32) -> Value {
    let at = format!("{week}T09:00:00Z");
    json!({"outcome_id": id, "revision": revision, "recorded_at": at, "site_id": site, "occurred_at": at, "kind": kind,
        "value": value})
}

fn week(ago: i64) -> Date {
    LAST.parse::<Date>().unwrap().saturating_sub(jiff::SignedDuration::from_hours(24 * 7 * ago))
}

/// 400 hours at ten sites in each of the last three weeks.
fn hours() -> Vec<Value> {
    let sites = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let worked = |ago: i64| sites.map(|site| outcome(&format!("{site}{ago}"), 0, site, week(ago), "hours_worked", 400));
    (0..3).flat_map(worked).collect()
}

async fn world(metric: Arc<Metric>) -> World {
    let mut world = World::new().await;
    world.metrics = vec![metric];
    world
}

/// What the board and the exporter read: the results stored last.
async fn read_back(world: &World) -> Values {
    load(&world.lake, &world.contracts, &limits()).await.unwrap().unwrap().values(&world.metrics)
}

/// Incremental as in full, in memory as read back; how many rows are told as bad.
async fn told(world: &World, results: &evaluation::Results, as_of: &str) -> Vec<(Date, String, Why)> {
    let (full, stored) = (world.evaluate(as_of).await, results.stored().unwrap());
    // Of rows of fewer people than was promised it is not told how many they are.
    let bad: Vec<_> = full.bad.into_iter().map(|row| stored.promises.show_bad(row)).collect();
    assert_eq!((&stored.parts, &stored.bad), (&full.parts, &bad));
    let values = read_back(world).await;
    assert_eq!(values, results.values(&world.metrics).unwrap());
    values.bad_rows.iter().map(|row| (row.week, row.site.clone(), row.why)).collect()
}

/// An incident at a site whose hours were not reported once froze every site at its last value.
#[tokio::test]
async fn an_incident_without_hours_has_no_value_and_harms_no_other_site() {
    let world = world(metric("safe_work", SAFE_WORK).await).await;
    ingest(&world.lake, "outcomes", &hours(), 0).await;
    let mut results = world.open().await;
    assert_eq!(world.refresh(&mut results, AS_OF).await.bad, []);
    ingest(&world.lake, "outcomes", &[outcome("x", 0, "k", week(1), "recordable_incident", 1)], 100).await;
    ingest(&world.lake, "outcomes", &[outcome("y", 0, "b", week(1), "recordable_incident", 1)], 200).await;
    let refreshed = world.refresh(&mut results, AS_OF).await;
    assert_eq!(refreshed.runs[0].outcome, Ok(20), "the weeks around the incidents, all sites but one");
    assert_eq!(refreshed.bad.len(), 1, "told once, when it came");
    let bad = (week(1), "k".to_owned(), Why::NoDenominator);
    assert_eq!(told(&world, &results, AS_OF).await, std::slice::from_ref(&bad));
    let values = read_back(&world).await;
    let judged = |site: &str| values.metrics[0].judgement(site).unwrap().windows.clone();
    assert!(judged("k").is_empty(), "no value");
    assert_eq!(judged("b")[&indicators::WindowKind::FourWeeks].value, 1.0 / 1200.0);
    let rows = world.sql("SELECT COUNT(*) FILTER (WHERE site = 'k') AS k, COUNT(*) AS rows FROM indicators").await;
    assert!(rows.contains("| 0 | 30   |"), "{rows}");
    // A program that starts anew knows it still, and nothing new is told.
    let mut restarted = world.open().await;
    let refreshed = world.refresh(&mut restarted, "2026-06-10T13:00:00Z").await;
    assert_eq!((refreshed.rows, refreshed.bad.len()), (0, 0));
    assert_eq!(told(&world, &restarted, "2026-06-10T13:00:00Z").await, [bad]);
    // The hours arrive.
    ingest(&world.lake, "outcomes", &[outcome("z", 0, "k", week(1), "hours_worked", 100)], 300).await;
    assert_eq!(world.refresh(&mut restarted, "2026-06-10T14:00:00Z").await.bad, []);
    assert_eq!(told(&world, &restarted, "2026-06-10T14:00:00Z").await, []);
    assert_eq!(read_back(&world).await.metrics[0].judgement("k").unwrap().windows.len(), 2);
}

#[tokio::test]
async fn more_than_one_bad_row_in_twenty_fails_the_metric_however_it_is_computed() {
    let world = world(metric("safe_work", SAFE_WORK).await).await;
    ingest(&world.lake, "outcomes", &hours(), 0).await;
    let mut results = world.open().await;
    world.refresh(&mut results, AS_OF).await;
    for (id, site, of) in [("x", "k", 31), ("y", "l", 32)] {
        ingest(&world.lake, "outcomes", &[outcome(id, 0, site, week(1), "recordable_incident", 1)], 100).await;
        let outcome = world.refresh(&mut results, AS_OF).await.runs.remove(0).outcome;
        let first = format!("week {}, site k: {}", week(1), Why::NoDenominator);
        match of {
            31 => assert!(outcome.is_ok(), "1 of 31 is less than 5 %: {outcome:?}"),
            _ => assert_eq!(outcome, Err(QueryFailure::BadRows { bad: 2, rows: 32, percent: 5, first })),
        }
    }
    // What was stored last stays, and is what is told; the next good evaluation catches up.
    assert_eq!(read_back(&world).await.bad_rows.len(), 1);
    ingest(&world.lake, "outcomes", &[outcome("z", 0, "l", week(1), "hours_worked", 9)], 300).await;
    assert!(world.refresh(&mut results, AS_OF).await.runs[0].outcome.is_ok());
    assert_eq!(told(&world, &results, AS_OF).await.len(), 1);
}

/// Only the last 52 weeks count: a metric does not fail for what was wrong two years ago, and it is not told any more.
#[tokio::test]
async fn a_bad_row_is_forgotten_after_a_year() {
    let world = world(metric("safe_work", SAFE_WORK).await).await;
    let incidents = [60, 61, 62].map(|ago| outcome(&format!("x{ago}"), 0, "a", week(ago), "recordable_incident", 1));
    ingest(&world.lake, "outcomes", &incidents, 0).await;
    ingest(&world.lake, "outcomes", &hours(), 10).await;
    let mut results = world.open().await;
    assert_eq!(world.refresh(&mut results, AS_OF).await.runs[0].outcome, Ok(30));
    assert_eq!(results.stored().unwrap().bad.len(), 3);
    assert_eq!(told(&world, &results, AS_OF).await, []);
}

fn answer(number: usize, site: &str, instrument: &str, week: Date) -> Value {
    json!({"response_id": format!("{site}{week}{number}"), "revision": 0, "recorded_at": "2026-03-02T00:00:00Z",
        "survey_id": "s", "instrument": instrument, "site_id": site, "team_id": "t", "respondent_id": format!("p{number}"),
        "submitted_at": format!("{week}T07:00:00Z"), "items": [{"item": "i", "score": 4, "min": 1, "max": 5}]})
}

/// That a row of few respondents is bad could say what one of them answered; so could when it came to be bad.
#[tokio::test]
async fn of_answers_only_what_may_be_shown_is_told_and_not_why() {
    let world = world(metric("content", CONTENT).await).await;
    let running: Date = RUNNING.parse().unwrap();
    let fine = |ago: i64| (0..10).map(move |n| answer(n, if n < 5 { "a" } else { "b" }, "prestart", week(ago)));
    let odd = |site: &'static str, people: usize, week: Date| {
        (0..people).map(move |n| answer(n, site, if n == 0 { "prestart" } else { "other" }, week))
    };
    let few: Vec<Value> = (0..45).flat_map(fine).chain(odd("few", 4, week(0))).collect();
    let many: Vec<Value> = odd("many", 5, week(0)).chain(odd("many", 6, running)).collect();
    let rows: Vec<Value> = few.into_iter().chain(many).collect();
    ingest(&world.lake, "pulse_responses", &rows, 0).await;
    let mut results = world.open().await;
    let refreshed = world.refresh(&mut results, AS_OF).await;
    assert_eq!(refreshed.runs[0].outcome, Ok(90));
    assert_eq!(results.stored().unwrap().bad.len(), 3);
    let only = (week(0), "many".to_owned(), Why::OutOfRange);
    assert_eq!(told(&world, &results, AS_OF).await, [only]);
    assert_eq!(refreshed.bad, read_back(&world).await.bad_rows, "in the log, too");
    let later: Timestamp = "2026-06-16T12:00:00Z".parse().unwrap(); // the running week is complete
    world.refresh(&mut results, &later.to_string()).await;
    assert_eq!(told(&world, &results, &later.to_string()).await.len(), 2);
}
