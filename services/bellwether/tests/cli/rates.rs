//! A rate from its skeleton to the board, and the row that has none.

use crate::{Place, lake};
use serde_json::{Value, json};

const AS_OF: &str = "2026-03-31T12:00:00Z";

fn outcome(id: &str, site: &str, at: &str, kind: &str, value: u32) -> Value {
    json!({"outcome_id": id, "revision": 0, "recorded_at": at, "site_id": site, "occurred_at": at, "kind": kind,
        "value": value})
}

/// Two sites of 50,000 hours a week, one with two incidents in four weeks; a third one with an incident and no hours.
fn place() -> Place {
    let mut outcomes = vec![
        outcome("a", "leith", "2026-03-04T09:00:00Z", "recordable_incident", 1),
        outcome("b", "leith", "2026-03-25T09:00:00Z", "recordable_incident", 1),
        outcome("c", "york", "2026-03-25T09:00:00Z", "recordable_incident", 1),
    ];
    let mondays = ["2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"];
    for monday in mondays.into_iter().chain(["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]) {
        for site in ["leith", "perth"] {
            let id = format!("{site}{monday}");
            outcomes.push(outcome(&id, site, &format!("{monday}T20:00:00Z"), "hours_worked", 50_000));
        }
    }
    let sites = ["leith", "perth", "york"].map(|id| lake::site(id, "Europe/London")).to_vec();
    let place = lake::with(&[("sites", sites), ("outcomes", outcomes)]);
    place.run(&["query", "new", "trir", "--kind", "rate"]).done();
    place
}

#[test]
fn incidents_per_200_000_hours_are_shown_with_their_unit() {
    let place = place();
    place.run(&["indicators", "--once", "--as-of", AS_OF]).done();
    let board: Value = serde_json::from_str(place.run(&["board", "--format", "json"]).done()).unwrap();
    let of = |site: &str| board["sites"].as_array().unwrap().iter().find(|card| card["site"] == site).unwrap();
    let leith = &of("leith")["metrics"][0];
    assert_eq!(leith["unit"], "per 200,000 hours");
    let month = &leith["windows"]["4w"];
    assert_eq!((&month["value"], &month["sample_size"]), (&json!(2.0), &json!(2.0)));
    // scipy: chi2.ppf(0.025, 4) / 2 and chi2.ppf(0.975, 6) / 2 of two events in 200,000 hours
    assert!((month["lower"].as_f64().unwrap() - 0.242_209_278_543_964_96).abs() < 1e-12, "{month}");
    assert!((month["upper"].as_f64().unwrap() - 7.224_687_667_723_96).abs() < 1e-12, "{month}");
    assert_eq!(of("perth")["metrics"][0]["windows"]["4w"]["value"], 0.0);
    let page = place.run(&["board"]);
    assert!(page.done().contains("Trir per 200,000 hours"), "{}", page.stdout);
    assert!(page.stdout.contains(" 2.0 ") && !page.stdout.contains("200 %"), "{}", page.stdout);
    // Never without its interval: of so few events most is chance.
    assert!(page.stdout.contains(" 2.0 (0.24–7.2)"), "{}", page.stdout);
}

/// A site with an incident and no hours froze the metric at every site, and the board did not say so.
#[test]
fn an_incident_without_hours_is_named_wherever_somebody_looks() {
    let place = place();
    let why = "its denominator is 0 and its numerator is not";
    let run = ["query", "run", "trir", "--as-of", AS_OF, "--where", "bad IS NOT NULL", "--format", "json"];
    let rows: Vec<Value> = serde_json::from_str(place.run(&run).done()).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["week"], &rows[0]["site"], &rows[0]["bad"]),
        (&json!("2026-03-23"), &json!("york"), &json!(why))
    );
    assert_eq!((&rows[0]["numerator"], &rows[0]["value"]), (&Value::Null, &Value::Null));
    let stored = place.run(&["indicators", "--once", "--as-of", AS_OF]);
    stored.done();
    for said in ["a row outside its range has no value", "trir", "2026-03-23", "york", why] {
        assert!(stored.stderr.contains(said), "no «{said}» in: {}", stored.stderr);
    }
    let again = place.run(&["indicators", "--once", "--as-of", AS_OF]);
    assert!(!again.stderr.contains("outside its range"), "told once: {}", again.stderr);
    let board: Value = serde_json::from_str(place.run(&["board", "--format", "json"]).done()).unwrap();
    let row = json!({"metric": "trir", "week": "2026-03-23", "site": "york", "why": why});
    assert_eq!(board["bad_rows"], json!([row]));
    let page = place.run(&["board"]);
    let named = format!("Trir per 200,000 hours: 1\n    york, week of 23 Mar 2026: {why}");
    assert!(page.done().contains(&named), "{}", page.stdout);
}

#[test]
fn check_says_where_a_ratio_cannot_be_promised_and_lets_it_pass() {
    let place = lake::with(&[]).file(
        "queries/trir.sql",
        "/*---\nhelp = \"h\"\nkind = \"ratio\"\nlabels = [\"site\"]\ndirection = \"lower\"\nowner = \"o\"\n---*/
        SELECT week, site_id AS site, COUNT(*) AS numerator, SUM(CAST(value AS BIGINT)) AS denominator
        FROM outcomes GROUP BY week, site_id",
    );
    // Elsewhere than in CI, where a query without a test is a fault.
    let checked = place.set("CI", "false").run(&["query", "check"]);
    let says = ["note: trir: a ratio is from 0 to 1 only if", "sum of `value`", "kind = \"rate\"", "1 query, no fault"];
    for say in says {
        assert!(checked.done().contains(say), "no «{say}» in: {}", checked.stdout);
    }
}
