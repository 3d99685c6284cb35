//! Metrics as somebody writes them who has read the documents alone, each held against a count that knows nothing of SQL.

mod world;

use crate::events::{NINE, contracts, limits, queries};
use evaluation::evaluate;
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Weekday},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};
use workbench::read_queries;
use world::{World, at};

/// Numerator and denominator by week and site, in units of the ninth digit.
type Rows = BTreeMap<(Date, String), (i128, i128)>;

/// The query gives these rows and no others, in several worlds.
async fn agrees(name: &str, sql: &str, count: fn(&World) -> Rows) {
    let file = [(PathBuf::from(format!("{name}.sql")), sql.to_owned())];
    let metrics = read_queries(&file, &contracts()).await.unwrap_or_else(|faults| panic!("{faults}"));
    for seed in 0..6 {
        let world = World::new(seed);
        let evaluated = evaluate(&world.tables(), &metrics, world.as_of, &limits()).await.unwrap();
        assert!(evaluated.failed().is_empty(), "{:?}", evaluated.runs);
        let found: Rows = evaluated
            .parts
            .iter()
            .map(|row| ((row.week, row.site.clone()), (row.numerator, row.denominator)))
            .collect();
        let mut counted = count(&world);
        counted.retain(|_, (_, denominator)| *denominator > 0);
        assert!(counted.len() > 10 && counted.values().any(|row| row.0 > 0), "a world of nothing proves nothing");
        assert_eq!(found, counted, "{name}, world {seed}");
    }
}

fn row<'a>(rows: &'a mut Rows, week: Date, site: &Value) -> &'a mut (i128, i128) {
    rows.entry((week, site.as_str().unwrap().to_owned())).or_default()
}

fn is_held(entry: &Value) -> bool {
    entry["basis"] == "actual" && entry["status"] == "confirmed"
}

/// The entries of a category, with their ends as far as the clock has reached; those that begin at the clock are no rows.
fn entries<'a>(world: &'a World, category: &str) -> Vec<(&'a Value, Timestamp, Timestamp)> {
    let entries = world.known("calendar_audits", "entry_id", "starts_at").into_iter();
    let bounded = entries.map(|entry| (entry, at(&entry["starts_at"]), at(&entry["ends_at"]).min(world.as_of)));
    bounded.filter(|(entry, starts, ends)| entry["category"] == category && starts < ends).collect()
}

#[tokio::test]
async fn prestarts_held_of_planned() {
    agrees("prestarts_held", include_str!("prestarts_held.sql"), |world| {
        let mut rows = Rows::new();
        for (entry, starts, _) in entries(world, "prestart") {
            let row = row(&mut rows, world.local(&entry["site_id"], starts).1, &entry["site_id"]);
            row.0 += i128::from(is_held(entry)) * NINE;
            row.1 += NINE;
        }
        rows
    })
    .await;
}

#[tokio::test]
async fn field_time_before_noon() {
    agrees("morning_field_time", include_str!("morning_field_time.sql"), |world| {
        // Every minute of the clock of UTC that a leader spent in the field, once.
        let mut minutes: BTreeSet<(&str, &str, Timestamp)> = BTreeSet::new();
        for (entry, starts, ends) in entries(world, "field").into_iter().filter(|(entry, ..)| is_held(entry)) {
            let (site, leader) = (entry["site_id"].as_str().unwrap(), entry["leader_id"].as_str().unwrap());
            let mut minute = starts;
            while minute < ends {
                minutes.insert((site, leader, minute));
                minute += SignedDuration::from_mins(1);
            }
        }
        let mut rows = Rows::new();
        for (site, _, minute) in minutes {
            let site = Value::from(site);
            let (shown, monday) = world.local(&site, minute);
            let row = row(&mut rows, monday, &site);
            row.0 += if shown.hour() < 12 { 60 * NINE } else { 0 };
            row.1 += 60 * NINE;
        }
        rows
    })
    .await;
}

/// The documents show how working days are read.
#[tokio::test]
async fn work_on_days_off_by_the_sites_own_working_days() {
    agrees("work_when_closed", include_str!("work_when_closed.sql"), |world| {
        let mut minutes: BTreeMap<(&str, &str, Timestamp), bool> = BTreeMap::new();
        for category in ["field", "prestart", "coaching"] {
            for (entry, starts, ends) in entries(world, category).into_iter().filter(|(entry, ..)| is_held(entry)) {
                let (site, leader) = (entry["site_id"].as_str().unwrap(), entry["leader_id"].as_str().unwrap());
                let (mut minute, mut begins) = (starts, starts);
                while minute < ends {
                    if world.local(&entry["site_id"], minute).1 != world.local(&entry["site_id"], begins).1 {
                        begins = minute; // it was cut here
                    }
                    let weekday = world.local(&entry["site_id"], begins).0.weekday();
                    let off: &[Weekday] = match site {
                        "delhi" => &[Weekday::Friday, Weekday::Saturday],
                        _ => &[Weekday::Saturday, Weekday::Sunday],
                    };
                    *minutes.entry((site, leader, minute)).or_default() |= off.contains(&weekday);
                    minute += SignedDuration::from_mins(1);
                }
            }
        }
        let mut rows = Rows::new();
        for ((site, _, minute), off) in minutes {
            let site = Value::from(site);
            let row = row(&mut rows, world.local(&site, minute).1, &site);
            row.0 += if off { 60 * NINE } else { 0 };
            row.1 += 60 * NINE;
        }
        rows
    })
    .await;
}

#[test]
fn the_documents_show_these_queries() {
    let readme = std::fs::read_to_string(queries().join("README.md")).unwrap();
    for shown in [include_str!("morning_field_time.sql"), include_str!("work_when_closed.sql")] {
        assert!(readme.contains(&format!("```sql\n{shown}```")), "queries/README.md shows another query than\n{shown}");
    }
}

#[tokio::test]
async fn response_rate_of_the_week_in_which_a_survey_was_sent() {
    agrees("response_rate", include_str!("response_rate.sql"), |world| {
        let mut rows = Rows::new();
        let answers = world.known("pulse_responses", "response_id", "submitted_at");
        for survey in world.known("pulse_surveys", "survey_id", "sent_at") {
            let sent = at(&survey["sent_at"]);
            let mut until = sent + SignedDuration::from_hours(28 * 24) - SignedDuration::from_micros(1);
            if survey["closes_at"].is_string() {
                until = until.min(at(&survey["closes_at"]));
            }
            let in_time = answers
                .iter()
                .filter(|answer| answer["survey_id"] == survey["survey_id"] && at(&answer["submitted_at"]) <= until);
            let people: BTreeSet<&str> = in_time.map(|answer| answer["respondent_id"].as_str().unwrap()).collect();
            let row = row(&mut rows, world.local(&survey["site_id"], sent).1, &survey["site_id"]);
            row.0 += people.len() as i128 * NINE;
            row.1 += i128::from(survey["invited"].as_i64().unwrap()) * NINE;
        }
        rows
    })
    .await;
}

#[tokio::test]
async fn coaching_sessions_per_leader() {
    agrees("coaching_per_leader", include_str!("coaching_per_leader.sql"), |world| {
        let mut rows = Rows::new();
        for category in ["field", "prestart", "coaching", "leave"] {
            for (entry, starts, ends) in entries(world, category) {
                let site = &entry["site_id"];
                let (first, last) =
                    (world.local(site, starts).1, world.local(site, ends - SignedDuration::from_micros(1)).1);
                let held = category == "coaching" && is_held(entry);
                row(&mut rows, first, site).0 += i128::from(held) * NINE;
                let _ = row(&mut rows, last, site);
            }
        }
        for ((week, site), row) in &mut rows {
            for leader in world.latest("leaders", "leader_id") {
                let date = |field: &str| leader[field].as_str().map(|day| day.parse::<Date>().unwrap());
                let sunday = *week + SignedDuration::from_hours(6 * 24);
                let there = date("from").is_none_or(|from| from <= sunday) && date("to").is_none_or(|to| to >= *week);
                row.1 += i128::from(there && leader["site_id"] == **site) * NINE;
            }
        }
        rows
    })
    .await;
}

#[tokio::test]
async fn recordable_incidents_per_200_000_hours() {
    agrees("trir", include_str!("trir.sql"), |world| {
        let mut rows = Rows::new();
        for outcome in world.known("outcomes", "outcome_id", "occurred_at") {
            let site = &outcome["site_id"];
            let hundredths = (outcome["value"].as_f64().unwrap() * 100.0).round() as i128 * (NINE / 100);
            let row = row(&mut rows, world.local(site, at(&outcome["occurred_at"])).1, site);
            match outcome["kind"].as_str().unwrap() {
                "recordable_incident" => row.0 += hundredths,
                "hours_worked" => row.1 += hundredths,
                _ => {}
            }
        }
        rows
    })
    .await;
}

#[tokio::test]
async fn days_to_the_first_application() {
    agrees("application_wait", include_str!("application_wait.sql"), |world| {
        let mut rows = Rows::new();
        let events = world.known("training_events", "event_id", "occurred_at");
        for made in events.iter().filter(|event| event["verb"] == "committed") {
            let since = at(&made["occurred_at"]);
            let of_it = events
                .iter()
                .filter(|event| event["verb"] == "applied" && event["commitment_id"] == made["commitment_id"]);
            let Some(first) = of_it.map(|event| at(&event["occurred_at"])).filter(|at| *at >= since).min() else {
                continue;
            };
            let seconds = i128::from(first.duration_since(since).as_secs());
            let row = row(&mut rows, world.local(&made["site_id"], first).1, &made["site_id"]);
            row.0 += (2 * seconds * NINE + 86_400) / (2 * 86_400);
            row.1 += NINE;
        }
        rows
    })
    .await;
}
