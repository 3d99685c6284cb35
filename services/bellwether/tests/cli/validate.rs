use crate::{Place, lake};
use serde_json::{Value, json};

#[test]
fn wrong_usage_ends_with_two_before_the_lake_is_looked_at() {
    let place = Place::new();
    place.run(&["validate", "--outcome", "incidents", "--seed", "x"]).refused(2, &["--seed", "invalid digit"]);
    place.run(&["validate", "--rollout", "coaching", "--weeks-together", "0"]).refused(2, &["--weeks-together"]);
    place.run(&["validate", "--rollout", "coaching"]).refused(2, &["--rollouts FILE", "`validate.rollouts`"]);
    place
        .run(&["validate", "--rollout", "coaching", "--rollouts", "none.csv"])
        .refused(2, &["none.csv", "No such file"]);
    let place = place.set("BELLWETHER__VALIDATE__OUTCOMES", "fieldtime");
    place.run(&["validate"]).refused(2, &["there is no metric `fieldtime`; did you mean `field_time`?"]);
}

#[test]
fn it_says_that_there_is_no_lake() {
    Place::new().run(&["validate", "--outcome", "field_time"]).refused(1, &["no lake at", "bellwether ingest"]);
}

const AS_OF: &str = "2026-03-31T12:00:00Z";
const SITES: usize = 12;
const WEEKS: usize = 30;
const START: usize = 16;

fn monday(week: usize) -> jiff::civil::Date {
    let first: jiff::civil::Date = "2025-09-01".parse().unwrap();
    first.checked_add(jiff::Span::new().weeks(i64::try_from(week).unwrap())).unwrap()
}

/// Twelve sites and their incidents in 30 weeks; at the first six a programme began in the 17th, and they had fewer since.
fn place() -> Place {
    let mut outcomes = Vec::new();
    for (site, week) in (0..SITES).flat_map(|site| (0..WEEKS).map(move |week| (site, week))) {
        let (id, at) = (format!("site-{site:02}"), format!("{}T09:00:00Z", monday(week)));
        let event = |kind: &str, value: usize| {
            json!({"outcome_id": format!("{id}/{week}/{kind}"), "revision": 0, "recorded_at": at, "site_id": id,
                "occurred_at": at, "kind": kind, "value": value})
        };
        outcomes.push(event("hours_worked", 4_000));
        let chance = (site * 7919 + week * 104_729 + site * week * 31) % 97;
        let fewer = site < 6 && week >= START;
        outcomes.push(event("recordable_incident", chance % if fewer { 3 } else { 7 }));
    }
    let sites = (0..SITES).map(|site| lake::site(&format!("site-{site:02}"), "Europe/London")).collect();
    let place = lake::with(&[("sites", sites), ("outcomes", outcomes)]);
    place.run(&["query", "new", "trir", "--kind", "rate"]).done();
    place.run(&["indicators", "--once", "--as-of", AS_OF]).done();
    place.set("BELLWETHER__VALIDATE__ROLLOUTS", "rollouts.csv")
}

fn rollouts(sites: &[&str]) -> String {
    let lines = sites.iter().map(|site| format!("field_coaching,{site},{}\n", monday(START)));
    format!("rollout,site,week\n{}", lines.collect::<String>())
}

#[test]
fn a_rollout_from_a_file_is_measured_on_a_lake() {
    let reached = ["site-00", "site-01", "site-02", "site-03", "site-04", "site-05"];
    let place = place().file("rollouts.csv", &rollouts(&reached));
    let ask = ["validate", "--rollout", "field_coaching", "--outcome", "trir"];
    let ended = place.run(&[&ask[..], &["--format", "json"]].concat());
    let document: Value = serde_json::from_str(ended.done()).unwrap();
    let report = &document["rollouts"][0];
    assert_eq!((&report["rollout"], &report["metric"]), (&json!("field_coaching"), &json!("trir")));
    assert_eq!((&report["unit"], &report["lower_is_better"]), (&json!("per 200,000 hours"), &json!(true)));
    let group = json!({"start": monday(START).to_string(), "sites": 6, "weeks": 12, "why_not": null});
    assert_eq!((&report["groups"], &report["never_reached"]), (&json!([group]), &json!(6)));
    assert_eq!((&document["as_of"], &document["pairs"]), (&json!(AS_OF), &json!([])));
    let page = place.run(&ask);
    assert!(page.done().contains("weeks since the start"), "{}", page.stdout);
    assert!(page.stdout.contains(report["sentence"].as_str().unwrap()), "{}", page.stdout);
    let lines = place.run(&[&ask[..], &["--format", "csv"]].concat());
    assert!(lines.done().starts_with("rollout,metric,finding,effect,low,high,unit,p_adjusted,"), "{}", lines.stdout);
    assert_eq!(lines.stdout.lines().count(), 2);
}

/// Sites and names that were written wrongly.
#[test]
fn a_wrong_file_of_rollouts_is_told_with_line_and_column() {
    let place = place().file("rollouts.csv", &rollouts(&["site-00", "site-1"]));
    let ask = ["validate", "--rollout", "field_coaching", "--outcome", "trir"];
    place.run(&ask).refused(2, &["rollouts.csv:3:16: there is no site `site-1`; did you mean `site-01`?"]);
    let place = place.file("rollouts.csv", &rollouts(&["site-00"]));
    place.run(&["validate", "--rollout", "coaching", "--outcome", "trir"]).refused(2, &["no rollout `coaching`"]);
    let ended = place.run(&ask);
    assert!(ended.done().contains("1 of its 1 sites have values before and after: 5 are needed"), "{}", ended.stdout);
}
