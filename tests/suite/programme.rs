//! A programme of the simulator, which truly closes so many more remedies, is found where it began: events, broker, lake, metric
//! and `validate`.

use crate::seed7;
use contracts::Contracts;
use end_to_end::{Program, root};
use serde_json::Value;
use simulator::EmbeddedBroker;

/// What the programme moves comes from these alone.
const STREAMS: [&str; 2] = ["sites", "remedies"];

#[test]
fn validate_finds_the_planted_programme_within_its_interval() {
    let contracts = Contracts::shipped().unwrap();
    let topics: Vec<(&str, i32)> = contracts.iter().map(|contract| (contract.topic(), 1)).collect();
    let broker = EmbeddedBroker::start(&topics).unwrap();
    let mut program = Program::new(broker.bootstrap_servers());
    program.set("INGEST__CREATE_DEAD_LETTER_TOPICS", "false");
    let queries = program.folder().join("queries");
    std::fs::create_dir(&queries).unwrap();
    let metric = "queries/catalogue/remedies_closed.sql";
    std::fs::copy(root().join(metric), queries.join("remedies_closed.sql")).unwrap();
    program.set("INDICATORS__QUERIES", &queries.to_string_lossy());
    let events = program.folder().join("events");
    let out = events.to_string_lossy().into_owned();
    program.succeed(&["simulate", "--seed", "11", "--sites", "32", "--weeks", "52", "--out", &out]);
    let truth: Value = serde_json::from_str(&std::fs::read_to_string(events.join("truth.json")).unwrap()).unwrap();
    for stream in Contracts::shipped().unwrap().iter().map(|contract| contract.name().to_owned()) {
        if !STREAMS.contains(&stream.as_str()) {
            std::fs::remove_file(events.join(format!("{stream}.ndjson"))).unwrap();
        }
    }
    seed7::publish(&program, &events);
    program.succeed(&["ingest", "--until-caught-up"]);
    program.succeed(&["indicators", "--once", "--as-of", truth["as_of"].as_str().unwrap()]);
    let planted = &truth["rollouts"][0];
    let file = events.join("rollouts.csv").to_string_lossy().into_owned();
    let name = planted["rollout"].as_str().unwrap();
    // Of a few remedies a week, four weeks of a site before its start say little.
    let ask = ["validate", "--rollout", name, "--rollouts", &file, "--weeks-together", "6", "--format", "json"];
    let found: Value = serde_json::from_str(&program.succeed(&ask)).unwrap();
    let report = &found["rollouts"][0];
    assert_eq!(report["metric"], planted["metric"]);
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{report:#}"));
    // In points, as leaders are told.
    let effect = 100.0 * number(&planted["effect"]);
    let interval = &report["effect"]["interval"];
    let (low, high) = (number(&interval["low"]), number(&interval["high"]));
    assert!(low <= effect && effect <= high, "planted {effect}, found {low} to {high}: {report:#}");
    assert!(low > 0.0, "and it is told from nothing: {}", report["sentence"]);
}
