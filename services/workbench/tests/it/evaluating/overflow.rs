//! Sums that leave their type fail their metric, and never wrap around to a number that looks like any other.

use crate::{events::*, world::*};
use datafusion::arrow::util::pretty::pretty_format_batches;
use evaluation::{QueryFailure, SqlError, load};
use indicators::Metric;
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc};
use workbench::read_queries;

const AS_OF: &str = "2026-03-20T00:00:00Z";

async fn metric(name: &str, numerator: &str) -> Arc<Metric> {
    let text = format!(
        "/*---\nhelp = \"h\"\nkind = \"count\"\nlabels = [\"site\"]\ndirection = \"lower\"\nowner = \"o\"\n---*/
        SELECT week, site_id AS site, {numerator} AS numerator FROM outcomes GROUP BY week, site_id"
    );
    read_queries(&[(PathBuf::from(format!("{name}.sql")), text)], &contracts()).await.unwrap().remove(0)
}

fn outcome(id: &str, site: &str, at: &str) -> Value {
    json!({"outcome_id": id, "revision": 0, "recorded_at": at, "site_id": site, "occurred_at": at, "kind": "near_miss",
        "value": 1})
}

/// 6 · 10²⁸ for each event: two of them are more than DECIMAL(38,9) holds.
const HUGE: &str = "SUM(CAST('60000000000000000000000000000' AS DECIMAL(38,9)))";

#[tokio::test]
async fn a_sum_within_a_query_fails_it_and_no_other() {
    let mut world = World::new().await;
    let squares = HUGE.replace("60000000000000000000000000000", "60000000000000000000").replace("38,9", "38,18");
    let squares = format!(
        "SUM(CASE WHEN s.total > 0 THEN 1 ELSE 0 END) AS numerator FROM (SELECT week, site_id, {squares} \
        AS total FROM outcomes GROUP BY week, site_id) AS s GROUP BY s.week, s.site_id"
    );
    let mut within = metric("within", "COUNT(*)").await.as_ref().clone();
    within.sql = format!("SELECT s.week AS week, s.site_id AS site, {squares}");
    world.metrics = vec![metric("fine", "COUNT(*)").await, metric("huge", HUGE).await, Arc::new(within)];
    let outcomes = ["2026-03-03T09:00:00Z", "2026-03-04T09:00:00Z"].map(|at| outcome(at, "a", at));
    ingest(&world.lake, "outcomes", &outcomes, 0).await;
    let runs = world.refresh(&mut world.open().await, AS_OF).await.runs;
    assert_eq!(runs[0].outcome, Ok(1));
    for (run, of) in [(&runs[1], "Decimal128(38, 9)"), (&runs[2], "Decimal128(38, 18)")] {
        let failure = run.outcome.as_ref().unwrap_err().to_string();
        assert!(failure.contains("sum(") && failure.contains("leaves its type") && failure.contains(of), "{failure}");
    }
}

/// Each site has a number that fits; the company's does not. The week before is stored, and is counted with what is new.
#[tokio::test]
async fn a_company_whose_sum_leaves_the_type_fails_the_metric_however_it_is_computed() {
    let mut world = World::new().await;
    world.metrics = vec![metric("huge", HUGE).await];
    ingest(&world.lake, "outcomes", &[outcome("1", "a", "2026-03-04T09:00:00Z")], 0).await;
    let mut results = world.open().await;
    assert_eq!(world.refresh(&mut results, AS_OF).await.runs[0].outcome, Ok(1));
    ingest(&world.lake, "outcomes", &[outcome("2", "b", "2026-03-18T09:00:00Z")], 10).await;
    let overflow = QueryFailure::Overflow { part: "numerator", scale: 9 };
    assert!(overflow.to_string().starts_with("the sum of `numerator` over all weeks and sites leaves DECIMAL(38,9)"));
    assert_eq!(world.refresh(&mut results, AS_OF).await.runs[0].outcome, Err(overflow.clone()));
    let anew = world.refresh(&mut world.open().await, AS_OF).await;
    assert_eq!(anew.runs[0].outcome, Err(overflow.clone()), "a program that starts anew finds it, too");
    let tables = evaluation::Tables::open(&world.lake, &world.contracts).await.unwrap();
    let full = evaluation::evaluate(&tables, &world.metrics, AS_OF.parse().unwrap(), &limits()).await.unwrap();
    assert_eq!(full.runs[0].outcome, Err(overflow));
    let stored = load(&world.lake, &world.contracts, &limits()).await.unwrap().unwrap();
    assert_eq!(stored.parts.len(), 1, "what was stored last stays");
    // One of them is taken back.
    let mut moved = outcome("2", "b", "2026-03-18T09:00:00Z");
    (moved["revision"], moved["site_id"], moved["occurred_at"]) = (json!(1), json!("b"), json!("2026-03-25T09:00:00Z"));
    ingest(&world.lake, "outcomes", &[moved], 20).await;
    assert_eq!(world.refresh(&mut results, AS_OF).await.runs[0].outcome, Ok(0));
}

/// Two numbers whose sum, difference, product and negation leave BIGINT, or DECIMAL(38,0); as columns, so that nothing is
/// worked out beforehand.
const NUMBERS: &str = "(SELECT outcome_id, CASE WHEN outcome_id = '1' THEN -9223372036854775808 ELSE 2 END AS least, \
                       CASE WHEN outcome_id = '1' THEN 9223372036854775807 ELSE 2 END AS most, \
                       CASE WHEN outcome_id = '1' THEN CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0)) \
                       ELSE 2 END AS wide FROM outcomes) AS n";
const BEYOND: [&str; 8] =
    ["most + 1", "least - most", "most * 2", "-least", "wide + wide", "wide + 1", "-wide - wide", "wide * 2"];

async fn answer(world: &World, text: &str) -> Result<String, SqlError> {
    let (lake, contracts) = (&world.lake, &world.contracts);
    let rows = evaluation::sql(lake, contracts, &[], text, AS_OF.parse().unwrap(), &limits()).await?;
    Ok(pretty_format_batches(&rows.batches).unwrap().to_string())
}

async fn failure_of(world: &World, text: &str) -> String {
    match answer(world, text).await {
        Ok(rows) => panic!("{text}: {rows}"),
        Err(error) => error.to_string(),
    }
}

/// `hours * 3600` of a slip of the pen wrapped around to a small number, which no bound refused.
#[tokio::test]
async fn arithmetic_that_leaves_its_type_fails_wherever_it_stands() {
    let world = World::new().await;
    ingest(&world.lake, "outcomes", &["1", "2"].map(|id| outcome(id, "a", "2026-03-04T09:00:00Z")), 0).await;
    for beyond in BEYOND {
        let places = [
            format!("SELECT {beyond} AS x FROM {NUMBERS}"),
            format!("SELECT outcome_id FROM {NUMBERS} WHERE {beyond} > 5"),
            format!("SELECT MAX({beyond}) FROM {NUMBERS}"),
            format!("SELECT outcome_id, MIN({beyond}) FROM {NUMBERS} GROUP BY outcome_id"),
            format!("SELECT COUNT(*) FILTER (WHERE {beyond} > 5) FROM {NUMBERS}"),
            format!("SELECT COUNT(*) FROM {NUMBERS} GROUP BY {beyond}"),
            format!("SELECT COUNT(*) FROM {NUMBERS} GROUP BY outcome_id HAVING MAX({beyond}) > 5"),
            format!("SELECT n.outcome_id FROM {NUMBERS} JOIN outcomes AS o ON {beyond} = o.value"),
            format!("SELECT n.outcome_id FROM {NUMBERS} LEFT JOIN outcomes AS o ON {beyond} > o.value"),
            format!("SELECT outcome_id FROM {NUMBERS} ORDER BY {beyond}"),
            format!("SELECT SUM({beyond}) OVER (PARTITION BY outcome_id) FROM {NUMBERS}"),
            format!("SELECT ROW_NUMBER() OVER (ORDER BY {beyond}) FROM {NUMBERS}"),
            format!("SELECT CASE WHEN {beyond} > 5 THEN 1 ELSE 0 END FROM {NUMBERS}"),
            format!("SELECT CASE WHEN outcome_id = '1' THEN {beyond} ELSE 0 END FROM {NUMBERS}"),
            format!("SELECT COALESCE({beyond}, 1) FROM {NUMBERS}"),
            format!("SELECT DISTINCT {beyond} FROM {NUMBERS}"),
            format!("SELECT {beyond} FROM {NUMBERS} UNION ALL SELECT 1"),
            format!("SELECT COUNT(*) FROM outcomes WHERE value IN (SELECT {beyond} FROM {NUMBERS})"),
            format!("WITH w AS (SELECT {beyond} AS x FROM {NUMBERS}) SELECT x FROM w WHERE x > 5"),
        ];
        for text in places {
            let failure = failure_of(&world, &text).await;
            assert!(failure.contains("arithmetic leaves its type"), "{text}: {failure}");
        }
    }
}

/// What is worked out before the query runs does not wrap either.
#[tokio::test]
async fn constants_that_leave_their_type_fail() {
    let world = World::new().await;
    ingest(&world.lake, "outcomes", &[outcome("1", "a", "2026-03-04T09:00:00Z")], 0).await;
    for constant in [
        "9223372036854775807 + 1",
        "-9223372036854775807 - 2",
        "3037000500 * 3037000500",
        "-(-9223372036854775807 - 1)",
        "CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0)) + 1",
        "CAST('-99999999999999999999999999999999999999' AS DECIMAL(38,0)) - 1",
        "CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0)) * 10",
    ] {
        for text in [
            format!("SELECT {constant}"),
            format!("SELECT outcome_id FROM outcomes WHERE value < {constant}"),
            format!("SELECT SUM(value + ({constant})) FROM outcomes"),
            format!("SELECT * FROM (VALUES ({constant})) AS v(x)"),
        ] {
            let failure = failure_of(&world, &text).await;
            assert!(failure.contains("arithmetic leaves its type"), "{text}: {failure}");
        }
    }
}

/// All that fits is as the engine has it: values, types, names of columns, dates and lengths of time among them.
#[tokio::test]
async fn arithmetic_within_its_type_is_as_it_was() {
    let world = World::new().await;
    ingest(&world.lake, "outcomes", &[outcome("1", "a", "2026-03-04T09:00:00Z")], 0).await;
    let text = "SELECT 2 + 3 * 4 - 1, -(5) * -1, 0.5 + 1, 1.5 * 2.25, -(0.5), 7 - 10, NULL + 1, value * 3600, \
                9223372036854775806 + 1, week + INTERVAL '1 day', week - DATE '2026-03-01', \
                EXTRACT(EPOCH FROM occurred_at - TIMESTAMP '2026-03-04T08:00:00Z') FROM outcomes LIMIT 1 + 1";
    let shown = answer(&world, text).await.unwrap();
    let cells: Vec<&str> =
        shown.lines().nth(3).unwrap().split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let expected =
        ["13", "5", "1.5", "3.375", "-0.5", "-3", "3600.0", "9223372036854775807", "2026-03-03", "1", "3600.0"];
    assert_eq!(cells, expected, "{shown}");
    let named = "SELECT (value + 1) * 2 FROM outcomes";
    let shown = answer(&world, named).await.unwrap();
    assert!(shown.contains("| outcomes.value + Int64(1) * Int64(2) |"), "{shown}");
}
