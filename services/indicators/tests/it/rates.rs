//! So many per so much: what a query file declares, and what comes of its parts.

use crate::{
    events::{contracts, limits},
    query_files::{faults, good},
    world::*,
};
use indicators::{Scope, WindowKind, load, read_queries};
use serde_json::{Value, json};
use std::path::PathBuf;

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
