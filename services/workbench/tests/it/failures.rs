//! A failing query harms no other, and what was stored of it stays.

use crate::events::*;
use evaluation::{Limits, QueryFailure, evaluate};
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};
use workbench::read_queries;

fn outcome(id: usize) -> Value {
    json!({"outcome_id": format!("o{id}"), "revision": 0, "recorded_at": "2026-03-02T00:00:00Z", "site_id": "a",
        "occurred_at": "2026-03-02T00:00:00Z", "kind": "near_miss", "value": id})
}

fn count(label: &str, numerator: &str) -> String {
    format!(
        "/*---\nhelp = \"h\"\nkind = \"count\"\nlabels = [\"site\", \"name\"]\ndirection = \"lower\"\nowner = \"o\"\n---*/
        SELECT week, site_id AS site, {label} AS name, {numerator} AS numerator FROM outcomes GROUP BY week, site_id, {label}"
    )
}

async fn run(files: &[(&str, String)], limits: Limits) -> evaluation::Evaluated {
    let files: Vec<_> = files.iter().map(|(name, text)| (PathBuf::from(format!("{name}.sql")), text.clone())).collect();
    let metrics = read_queries(&files, &contracts()).await.unwrap();
    let events: Vec<Value> = (0..20).map(outcome).collect();
    let tables = tables([("outcomes", batch("outcomes", &events, 0))]);
    evaluate(&tables, &metrics, "2026-04-01T00:00:00Z".parse().unwrap(), &limits).await.unwrap()
}

#[tokio::test]
async fn one_that_fails_or_has_too_many_series_leaves_the_others_alone() {
    let files = [
        ("fine", count("kind", "COUNT(*)")),
        ("divides", count("kind", "SUM(1 / (revision - revision))")),
        ("wide", count("CAST(value AS VARCHAR)", "COUNT(*)")),
    ];
    let evaluated = run(&files, Limits { series: 10, ..limits() }).await;
    assert_eq!(evaluated.failed().into_iter().collect::<Vec<_>>(), ["divides", "wide"]);
    assert_eq!(evaluated.parts.len(), 1);
    assert_eq!((evaluated.parts[0].metric.as_str(), evaluated.parts[0].numerator), ("fine", 20 * NINE));
    assert_eq!(evaluated.runs[1].metric, "fine");
    assert_eq!(evaluated.runs[2].outcome, Err(QueryFailure::Series(10)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_too_slow_is_stopped() {
    // Every outcome with every other, seven times over: more than a billion rows.
    let joins: String = (1..7).map(|n| format!(" CROSS JOIN outcomes AS o{n}")).collect();
    let slow = count("o.kind", "COUNT(*)")
        .replace("week, site_id", "o.week, o.site_id")
        .replace("FROM outcomes", &format!("FROM outcomes AS o{joins}"));
    let timeout = Duration::from_millis(200);
    let evaluated = run(&[("fine", count("kind", "COUNT(*)")), ("slow", slow)], Limits { timeout, ..limits() }).await;
    assert_eq!(evaluated.runs[1].outcome, Err(QueryFailure::Timeout(timeout)));
}

#[tokio::test]
async fn two_rows_of_one_label_set_are_refused() {
    // No label and an empty one name the same series.
    let label = "CASE WHEN value < 5 THEN NULL ELSE '' END";
    let text = count(label, "COUNT(*)");
    let evaluated = run(&[("twice", text)], limits()).await;
    assert!(
        evaluated.runs[0].outcome.as_ref().unwrap_err().to_string().contains("same labels"),
        "{:?}",
        evaluated.runs
    );
}

#[tokio::test]
async fn a_query_most_of_whose_rows_are_outside_their_range_fails_and_says_which() {
    let ratio = count("kind", "SUM(value)").replace("\"count\"", "\"ratio\"");
    let share = |parts: &str| ratio.replace("SUM(value) AS numerator", parts);
    let says = [
        ("SUM(2) AS numerator, COUNT(*) AS denominator", "its numerator is above its denominator"),
        ("SUM(-1) AS numerator, COUNT(*) AS denominator", "its numerator is below 0"),
        ("SUM(1) AS numerator, SUM(-2) AS denominator", "its denominator is below 0"),
        ("SUM(1) AS numerator, SUM(0) AS denominator", "its denominator is 0 and its numerator is not"),
        ("SUM(1) AS numerator, SUM(revision) FILTER (WHERE value < 0) AS denominator", "its denominator is NULL"),
        ("SUM(revision) FILTER (WHERE value < 0) AS numerator, SUM(1) AS denominator", "COALESCE(numerator, 0)"),
        ("SUM(1) AS numerator, SUM(1) AS denominator, SUM(-1) AS logged, SUM(1) AS expected", "its logged is below 0"),
    ];
    for (parts, why) in says {
        let evaluated = run(&[("share", share(parts))], limits()).await;
        let failed = evaluated.runs[0].outcome.as_ref().unwrap_err().to_string();
        assert!(failed.starts_with("1 of 1 rows of the last 52 weeks are outside the range of their kind"), "{failed}");
        assert!(failed.contains("The first: week 2026-03-02, site a: ") && failed.contains(why), "{failed}");
        assert_eq!((evaluated.parts.len(), evaluated.bad.len()), (0, 0), "as of any query that failed");
    }
    let fine = share("SUM(1) AS numerator, COUNT(*) AS denominator");
    assert_eq!(run(&[("share", fine)], limits()).await.parts.len(), 1);
    let nothing = share("SUM(revision) FILTER (WHERE value < 0) AS numerator, SUM(0) AS denominator");
    let evaluated = run(&[("nothing", nothing)], limits()).await;
    assert_eq!(evaluated.runs[0].outcome, Ok(0), "nothing of nothing is no row, and no bad one");
    let unknown = "SUM(1) AS numerator, SUM(1) AS denominator, SUM(1) AS logged, SUM(revision) FILTER (WHERE value < 0) AS expected";
    assert_eq!(run(&[("unknown", share(unknown))], limits()).await.parts[0].expected, None, "unknown is not bad");
    let below = run(&[("below", count("kind", "SUM(-1)"))], limits()).await.runs.remove(0).outcome.unwrap_err();
    assert!(below.to_string().contains("its numerator is below 0"), "{below}");
}

#[tokio::test]
async fn a_failure_over_a_value_does_not_repeat_the_value() {
    let text = count("kind", "SUM(CAST(outcome_id AS BIGINT))");
    let failed = run(&[("cast", text)], limits()).await.runs.remove(0).outcome.unwrap_err().to_string();
    assert!(failed.contains("Cannot cast string '…' to value of Int64 type"), "{failed}");
}
