//! Sums that leave their type fail their metric, and never wrap around to a number that looks like any other.

use crate::{events::*, world::*};
use evaluation::{QueryFailure, load};
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
