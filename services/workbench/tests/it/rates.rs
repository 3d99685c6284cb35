//! So many per so much: what a query file declares, and what comes of its parts.

use crate::{
    events::{contracts, limits, queries},
    query_files::{faults, good},
    world::*,
};
use evaluation::load;
use indicators::{Scope, WindowKind};
use serde_json::{Value, json};
use std::path::PathBuf;
use workbench::{doubts, load_queries, read_queries};

fn rate(keys: &str) -> String {
    let text = good("\"count\"", "\"rate\"").replace("AS numerator", "AS numerator, SUM(revision) AS denominator");
    text.replace("owner ", &format!("{keys}\nowner "))
}

#[tokio::test]
async fn only_a_rate_is_per_something() {
    let of = async |text: &str, says: &[&str]| faults(text, says).await;
    of(&rate("per = 200000\nunit = \"hours\"\ntarget = 3.5\nuncertainty = \"poisson\""), &[]).await;
    of(&rate(""), &[]).await;
    of(&rate("per = 0"), &["`per` is 0: it must be from 1 to"]).await;
    of(&rate("per = 0.5"), &["`per` must be a whole number"]).await;
    of(&rate("unit = \" \""), &["`unit` is empty"]).await;
    of(&rate("unit = \"hours\\nof work\""), &["`unit` must be a word or two on one line"]).await;
    of(&rate("target = -1"), &["`target` is -1: it must be 0 or more"]).await;
    of(&rate("uncertainty = \"wilson\""), &["it needs kind = \"ratio\""]).await;
    of(&rate("uncertainty = \"normal\""), &["no column `sum_squares`"]).await;
    of(&rate("").replace(", SUM(revision) AS denominator", ""), &["no column `denominator`"]).await;
    let days = rate("uncertainty = \"poisson\"").replace("COUNT(*)", "SUM(CAST(value AS DECIMAL(20,3)))");
    of(&days, &["`poisson` counts whole events"]).await;
    let per = "per = 2\nunit = \"x\"\nowner ";
    of(&good("owner ", per), &["`per` says what a rate is per: a count has none", "`unit` says what a rate is per"])
        .await;
}

const SESSIONS: &str = "/*---\nhelp = \"Coaching sessions\"\nkind = \"rate\"\nunit = \"leader\"\nlabels = [\"site\"]\ndirection = \"higher\"
owner = \"o\"\n---*/
    SELECT week, site, SUM(sessions) AS numerator, COUNT(*) AS denominator
    FROM (SELECT week, site_id AS site, leader_id, COUNT(*) FILTER (WHERE category = 'coaching') AS sessions
          FROM calendar_audits GROUP BY week, site_id, leader_id)
    GROUP BY week, site";

/// Sessions per leader were refused at the first site with more sessions than leaders.
#[tokio::test]
async fn sessions_per_leader_are_more_than_one() {
    let mut world = World::new().await;
    let file = (PathBuf::from("coaching_sessions.sql"), SESSIONS.to_owned());
    world.metrics = read_queries(&[file], &contracts()).await.unwrap();
    let entry = |number: usize, site: &str, leader: &str, category: &str| -> Value {
        let mut entry = entry(number, "2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z");
        entry["site_id"] = json!(site);
        entry["leader_id"] = json!(leader);
        entry["category"] = json!(category);
        entry
    };
    let mut entries = vec![entry(90, "a", "ann", "meeting"), entry(91, "b", "cem", "meeting")];
    entries.extend((0..5).map(|number| entry(number, "a", "ann", "coaching")));
    entries.extend((5..7).map(|number| entry(number, "a", "bob", "coaching")));
    ingest(&world.lake, "calendar_audits", &entries, 0).await;
    world.save("2026-03-12T00:00:00Z").await;
    let stored = load(&world.lake, &world.contracts, &limits()).await.unwrap().unwrap();
    let values = stored.values(&world.metrics);
    assert_eq!(values.metrics[0].metric.said_per().as_deref(), Some("per leader"));
    let week = |scope: &Scope| {
        let series = values.metrics[0].series.iter().find(|series| series.scope == *scope).unwrap();
        series.windows[&WindowKind::Week].value
    };
    assert_eq!(week(&Scope::Site("a".to_owned())), 7.0 / 2.0);
    assert_eq!(week(&Scope::Site("b".to_owned())), 0.0, "a week without a session is a 0");
    assert_eq!(week(&Scope::Company), 7.0 / 3.0, "pooled, not the mean of the sites");
}

fn ratio(parts: &str) -> String {
    let every = good("\"count\"", "\"ratio\"").replace("WHERE kind = 'near_miss' AND", "WHERE");
    every.replace("COUNT(*) AS numerator", parts)
}

async fn doubt(parts: &str) -> Option<String> {
    let file = (PathBuf::from("x.sql"), ratio(parts));
    let metrics = read_queries(&[file], &contracts()).await.unwrap();
    doubts(&metrics, &contracts()).await.unwrap().pop().map(|(_, why)| why)
}

/// A ratio of incidents to hours passed the check and was refused at the first real row.
#[tokio::test]
async fn a_ratio_whose_numerator_is_plainly_no_part_of_its_denominator_is_doubted() {
    let one = "CASE WHEN kind = 'recordable_incident' THEN 1 ELSE 0 END";
    let hours = "CASE WHEN kind = 'hours_worked' THEN CAST(value AS BIGINT) ELSE 0 END";
    for (parts, why) in [
        (format!("SUM({one}) AS numerator, SUM({hours}) AS denominator"), "a number of rows is over a sum of `value`"),
        ("SUM(CAST(value AS BIGINT)) AS numerator, COUNT(*) AS denominator".to_owned(), "sum of `value` is over a number"),
        ("SUM(CAST(value AS BIGINT)) AS numerator, SUM(revision) AS denominator".to_owned(), "over one of `revision`"),
        (
            "COUNT(*) FILTER (WHERE kind = 'near_miss') AS numerator, COUNT(*) FILTER (WHERE kind = 'hours_worked') AS denominator"
                .to_owned(),
            "only the denominator is held to kind = 'hours_worked'",
        ),
        ("COUNT(*) AS numerator, COUNT(*) FILTER (WHERE revision > 0) AS denominator".to_owned(), "held to revision > 0"),
    ] {
        let found = doubt(&parts).await;
        assert!(found.as_ref().is_some_and(|found| found.contains(why)), "{parts}: {found:?}");
    }
    for parts in [
        format!("SUM({one}) AS numerator, COUNT(*) AS denominator"),
        "COUNT(*) FILTER (WHERE kind = 'near_miss') AS numerator, COUNT(*) AS denominator".to_owned(),
        "COUNT(*) FILTER (WHERE kind = 'near_miss' AND revision > 0) AS numerator, COUNT(*) FILTER (WHERE kind = 'near_miss') AS denominator"
            .to_owned(),
        "COUNT(*) FILTER (WHERE kind = 'near_miss') AS numerator, COUNT(*) FILTER (WHERE kind IN ('near_miss', 'hours_worked')) AS denominator"
            .to_owned(),
        "SUM(CASE WHEN value > 2 THEN revision ELSE 0 END) AS numerator, SUM(revision) AS denominator".to_owned(),
    ] {
        assert_eq!(doubt(&parts).await, None, "{parts}");
    }
    let shipped = load_queries(queries(), &contracts()).await.unwrap();
    assert!(doubts(&shipped, &contracts()).await.unwrap().is_empty());
}
