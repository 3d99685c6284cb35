//! The whole catalogue: every metric is, from events to parts, exactly what was planted, and what was planted is found.

use crate::{
    parts::{self, Parts},
    seed7,
};
use end_to_end::{Kafka, Program, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Half a year of eight sites: the smallest in which something is planted.
const SMALL: [&str; 4] = ["--sites", "8", "--weeks", "26"];

/// Lets a program evaluate every query that there is.
pub fn all_queries(program: &mut Program) {
    let folder = program.folder().join("queries");
    std::fs::create_dir_all(&folder).unwrap();
    for from in [root().join("queries"), root().join("queries/catalogue")] {
        for name in parts::names(&from) {
            let file = format!("{name}.sql");
            std::fs::copy(from.join(&file), folder.join(&file)).unwrap();
        }
    }
    program.set("INDICATORS__QUERIES", &folder.to_string_lossy());
}

/// Simulates half a year of a seed, and says where it is.
fn simulated(program: &Program, seed: &str) -> PathBuf {
    let out = program.folder().join("events");
    let plan = ["simulate", "--seed", seed, "--out", &out.to_string_lossy()];
    program.succeed(&[&plan[..], &SMALL].concat());
    out
}

/// Every metric of the catalogue, and the parts of each to the last digit.
fn assert_planted(program: &Program, events: &Path) {
    let (expected, found) = (parts::whole_truth(events).0, parts::stored(program));
    let metrics = |parts: &Parts| parts.keys().map(|(metric, ..)| metric.clone()).collect::<BTreeSet<_>>();
    let offered: BTreeSet<String> =
        ["queries", "queries/catalogue"].iter().flat_map(|folder| parts::names(&root().join(folder))).collect();
    assert_eq!(metrics(&expected), offered, "a metric with nothing to compare proves nothing");
    let of = |parts: &Parts, metric: &String| -> Parts {
        parts.iter().filter(|(key, _)| key.0 == *metric).map(|(key, row)| (key.clone(), *row)).collect()
    };
    let differ: Vec<_> = offered.iter().filter(|metric| of(&expected, metric) != of(&found, metric)).collect();
    assert!(differ.is_empty(), "{} of {} metrics differ: {differ:?}\n{}", differ.len(), offered.len(), {
        let told = differ.iter().map(|metric| first_difference(metric, &of(&found, metric), &of(&expected, metric)));
        told.collect::<Vec<_>>().join("\n")
    });
    assert_eq!(metrics(&found), offered);
}

fn first_difference(metric: &str, found: &Parts, expected: &Parts) -> String {
    let keys: BTreeSet<_> = found.keys().chain(expected.keys()).collect();
    let differ: Vec<_> = keys.into_iter().filter(|key| found.get(*key) != expected.get(*key)).collect();
    let key = differ[0];
    format!(
        "{metric}: {} of {} rows, first {key:?}: expected {:?}, found {:?}",
        differ.len(),
        expected.len(),
        expected.get(key),
        found.get(key)
    )
}

#[test]
fn the_embedded_broker_gives_every_metric_as_planted() {
    for seed in ["7", "11", "13"] {
        let mut program = Program::new("127.0.0.1:1");
        all_queries(&mut program);
        let events = simulated(&program, seed);
        let data = program.folder().join("demo").to_string_lossy().into_owned();
        program.succeed(&[&["demo", "--once", "--seed", seed, "--data", &data][..], &SMALL].concat());
        program.set("LAKE__URL", &format!("file://{data}"));
        assert_planted(&program, &events);
    }
}

#[test]
fn kafka_to_indicators_gives_every_metric_of_a_year_as_planted() {
    let Some(program) = seed7::catalogue() else { return };
    assert_planted(program, seed7::events());
}

#[test]
fn kafka_gives_every_metric_of_other_seeds_as_planted() {
    for seed in ["11", "13"] {
        let Some(kafka) = Kafka::start() else { return };
        let mut program = Program::new(&kafka.brokers());
        all_queries(&mut program);
        let events = simulated(&program, seed);
        seed7::publish(&program, &events);
        program.succeed(&["ingest", "--until-caught-up"]);
        let as_of = parts::whole_truth(&events).1["as_of"].as_str().unwrap().to_owned();
        program.succeed(&["indicators", "--once", "--as-of", &as_of]);
        assert_planted(&program, &events);
    }
}

/// Sites that lag, fall or have gone silent in metrics of the catalogue, and what too few people answered.
#[test]
fn the_board_finds_what_is_planted_in_the_catalogue() {
    let Some(program) = seed7::catalogue() else { return };
    let board: Value = serde_json::from_str(&program.succeed(&["board", "--format", "json"])).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut shown: BTreeMap<(String, String), &Value> = BTreeMap::new();
    for site in board["sites"].as_array().unwrap() {
        for metric in site["metrics"].as_array().unwrap() {
            shown.insert((text(&site["site"]), text(&metric["metric"])), metric);
        }
    }
    let truth = parts::whole_truth(seed7::events()).1;
    let (mut planted, mut missed) = (BTreeSet::new(), Vec::new());
    for state in truth["states"].as_array().unwrap() {
        let metric = shown[&(text(&state["site"]), text(&state["metric"]))];
        let on: Vec<&Value> = metric["reasons"].as_array().unwrap().iter().map(|on| &on["reason"]).collect();
        let reasons = state["reasons"].as_array().unwrap();
        if metric["state"] != state["state"] || !reasons.iter().all(|reason| on.contains(&reason)) {
            missed.push((state, metric["state"].clone(), metric["reasons"].clone()));
        }
        planted.insert((text(&state["state"]), text(&state["metric"])));
    }
    assert!(missed.is_empty(), "planted and not found: {missed:#?}");
    let lagging = planted.iter().filter(|(state, _)| state == "lagging").count();
    assert!(lagging >= 3 + 8, "a site lags or falls in {lagging} metrics: {planted:?}");
}

/// More people answered than were invited: no value, and a fault that the board tells.
#[test]
fn the_board_tells_the_fault_that_was_planted() {
    let Some(program) = seed7::catalogue() else { return };
    let faults = parts::whole_truth(seed7::events()).1["faults"].clone();
    assert!(!faults.as_array().unwrap().is_empty());
    let board: Value = serde_json::from_str(&program.succeed(&["board", "--format", "json"])).unwrap();
    let told = board["bad_rows"].as_array().unwrap();
    for fault in faults.as_array().unwrap() {
        let is = |row: &&Value| ["metric", "site", "week"].iter().all(|name| row[*name] == fault[*name]);
        let row = told.iter().find(is).unwrap_or_else(|| panic!("{fault} is not among {told:#?}"));
        assert!(row["why"].as_str().is_some_and(|why| !why.is_empty()), "{row}");
        let of_metric = told.iter().filter(|row| row["metric"] == fault["metric"]).count();
        assert_eq!(of_metric, 1, "and nothing else of it: {told:#?}");
    }
}
