//! What a leader is told: exactly the planted sites lag or are silent.

use crate::{parts, seed7};
use end_to_end::Program;
use serde_json::Value;
use std::collections::BTreeSet;

type Called = BTreeSet<(String, String, String)>;

#[test]
fn the_board_calls_exactly_the_planted() {
    let Some(program) = seed7::lake() else { return };
    let board: Value = serde_json::from_str(&program.succeed(&["board", "--format", "json"])).unwrap();
    let truth = parts::truth(seed7::events()).1;
    assert_eq!(called(&board), planted(&truth));
    for state in truth["states"].as_array().unwrap() {
        let reasons = |value: &Value| -> BTreeSet<String> {
            let list = value.as_array().unwrap().iter();
            list.map(|r| r["reason"].as_str().or(r.as_str()).unwrap().to_owned()).collect()
        };
        if state["state"] == "lagging" {
            let metric = metric(&board, &state["site"], &state["metric"]);
            let (found, planted) = (reasons(&metric["reasons"]), reasons(&state["reasons"]));
            assert!(
                found.is_superset(&planted),
                "{} {}: {found:?}, planted {planted:?}",
                state["site"],
                state["metric"]
            );
        }
    }
}

#[test]
fn the_demonstration_ends_with_a_board_of_twelve_sites_and_three_metrics() {
    let board = Program::new("127.0.0.1:1").succeed(&["demo", "--once"]);
    assert!(board.contains("12 sites"), "{board}");
    for metric in ["Field time", "Learning follow through", "Prestart quality"] {
        assert!(board.contains(metric), "{metric} is not in: {board}");
    }
    let lines = board.split("All sites").nth(1).unwrap().lines().skip(3).take_while(|line| !line.trim().is_empty());
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 12 + 1, "{board}");
    // One site is too small for its answers to be shown: the company's value is that of the others.
    assert!(lines[12].contains("Company") && lines[12].contains("of 11 sites)"), "{board}");
}

#[test]
fn the_board_at_another_time_evaluates_and_stores_nothing() {
    let Some(program) = seed7::lake() else { return };
    let before = parts::stored(program);
    let first: Value = serde_json::from_str(&program.succeed(&["board", "--format", "json"])).unwrap();
    let earlier = seed7::as_of().parse::<jiff::Timestamp>().unwrap() - jiff::SignedDuration::from_hours(24 * 7 * 30);
    let text = program.succeed(&["board", "--as-of", &earlier.to_string(), "--format", "json"]);
    let board: Value = serde_json::from_str(&text).unwrap();
    assert_ne!(board["as_of"], first["as_of"]);
    assert_eq!(parts::stored(program), before);
    assert_eq!(first, serde_json::from_str::<Value>(&program.succeed(&["board", "--format", "json"])).unwrap());
}

fn called(board: &Value) -> Called {
    let mut found = Called::new();
    for site in board["sites"].as_array().unwrap() {
        for metric in site["metrics"].as_array().unwrap() {
            if metric["state"] == "lagging" || metric["state"] == "silent" {
                found.insert(triple(&metric["state"], &metric["metric"], &site["site"]));
            }
        }
    }
    found
}

fn planted(truth: &Value) -> Called {
    let states = truth["states"].as_array().unwrap().iter();
    let states = states.filter(|state| state["state"] == "lagging" || state["state"] == "silent");
    states.map(|state| triple(&state["state"], &state["metric"], &state["site"])).collect()
}

fn metric<'a>(board: &'a Value, site: &Value, name: &Value) -> &'a Value {
    let site = board["sites"].as_array().unwrap().iter().find(|entry| entry["site"] == *site).unwrap();
    site["metrics"].as_array().unwrap().iter().find(|entry| entry["metric"] == *name).unwrap()
}

fn triple(state: &Value, metric: &Value, site: &Value) -> (String, String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(state), text(metric), text(site))
}
