//! Queries that would never end, or need more than the machine has: each fails by itself, and says why.

use crate::events::*;
use evaluation::{Limits, QueryFailure, evaluate};
use indicators::PartRow;
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};
use workbench::read_queries;

/// Events of one week at one site.
const EVENTS: usize = 20;

fn outcome(id: usize) -> Value {
    json!({"outcome_id": format!("o{id}"), "revision": 0, "recorded_at": "2026-03-02T00:00:00Z", "site_id": "a",
        "occurred_at": "2026-03-02T00:00:00Z", "kind": "near_miss", "value": id})
}

/// A count with this SELECT.
fn count(select: &str) -> String {
    format!(
        "/*---\nhelp = \"h\"\nkind = \"count\"\nlabels = [\"site\"]\ndirection = \"lower\"\nowner = \"o\"\n---*/\n{select}\n"
    )
}

fn fine() -> String {
    count("SELECT week, site_id AS site, COUNT(*) AS numerator FROM outcomes GROUP BY week, site_id")
}

/// `outcomes` with itself: 20 to the power of `times` rows, each with a text of its own.
fn many(times: usize) -> String {
    let joins: String = (1..times).map(|n| format!(" CROSS JOIN outcomes AS o{n}")).collect();
    let ids: String = (1..times).map(|n| format!(", o{n}.outcome_id")).collect();
    format!(
        "(SELECT o.week, o.site_id AS site, md5(concat_ws('/', o.outcome_id{ids})) AS text FROM outcomes AS o{joins})"
    )
}

/// Runs it between two that are fine, and gives why it failed.
async fn failure(select: &str, limits: Limits) -> QueryFailure {
    let files = [("alpha", fine()), ("runaway", count(select)), ("zeta", fine())];
    let files: Vec<_> = files.into_iter().map(|(name, text)| (PathBuf::from(format!("{name}.sql")), text)).collect();
    let metrics = read_queries(&files, &contracts()).await.unwrap_or_else(|error| panic!("{error}"));
    let events: Vec<Value> = (0..EVENTS).map(outcome).collect();
    let tables = tables([("outcomes", batch("outcomes", &events, 0))]);
    let evaluated = evaluate(&tables, &metrics, "2026-04-01T00:00:00Z".parse().unwrap(), &limits).await.unwrap();
    assert_eq!(evaluated.failed().into_iter().collect::<Vec<_>>(), ["runaway"]);
    let parts: Vec<(&str, i128)> =
        evaluated.parts.iter().map(|row: &PartRow| (row.metric.as_str(), row.numerator)).collect();
    assert_eq!(parts, [("alpha", 20 * NINE), ("zeta", 20 * NINE)], "the others have their values");
    let run = evaluated.runs.into_iter().find(|run| run.metric == "runaway").unwrap();
    run.outcome.unwrap_err()
}

fn hasty() -> Limits {
    Limits { timeout: Duration::from_secs(1), ..limits() }
}

/// 1 MiB a query, and 8 MiB on disk.
fn small() -> Limits {
    Limits { memory_bytes: 4 << 20, concurrency: 2, ..limits() }
}

const OUTGROWN: &str =
    "needs more than its 1 MiB of memory and 8 MiB on disk: narrow the query, or raise `indicators.memory`";

#[tokio::test(flavor = "multi_thread")]
async fn a_cross_join_of_billions_of_rows_is_stopped() {
    let select = format!("SELECT week, site, COUNT(*) AS numerator FROM {} GROUP BY week, site", many(8));
    let failed = failure(&select, hasty()).await;
    assert_eq!(failed, QueryFailure::Timeout(Duration::from_secs(1)));
    assert!(failed.to_string().contains("narrow the query, or raise `indicators.timeout`"), "{failed}");
}

/// 3.2 million texts of 32 characters.
#[tokio::test(flavor = "multi_thread")]
async fn a_sort_beyond_memory_and_disk_fails() {
    let sorted = format!("SELECT week, site, SUM(1) OVER (PARTITION BY site ORDER BY text) AS n FROM {}", many(5));
    let select = format!("SELECT week, site, SUM(n) AS numerator FROM ({sorted}) GROUP BY week, site");
    let failed = failure(&select, small()).await.to_string();
    assert!(failed.starts_with(OUTGROWN), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aggregation_beyond_memory_and_disk_fails() {
    let grouped = format!("SELECT week, site, text, COUNT(*) AS n FROM {} GROUP BY week, site, text", many(5));
    let select = format!("SELECT week, site, SUM(n) AS numerator FROM ({grouped}) GROUP BY week, site");
    let failed = failure(&select, small()).await.to_string();
    assert!(failed.starts_with(OUTGROWN), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_beyond_the_cap_fail() {
    let select = "SELECT week, concat('site ', CAST(value AS VARCHAR)) AS site, COUNT(*) AS numerator FROM outcomes
                  GROUP BY week, concat('site ', CAST(value AS VARCHAR))";
    let failed = failure(select, Limits { series: EVENTS - 1, ..limits() }).await;
    assert_eq!(failed, QueryFailure::Series(EVENTS - 1));
    assert!(failed.to_string().contains("take labels away, or raise `indicators.series`"), "{failed}");
}
