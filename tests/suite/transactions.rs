//! Transactions on Apache Kafka: what was aborted is never seen, and progress goes past it.

use crate::produce::{self, End, Record};
use end_to_end::{Kafka, Program};
use serde_json::Value;

const TOPIC: &str = "bellwether.outcomes";

#[test]
fn aborted_records_are_never_seen_and_do_not_hold_progress_up() {
    let Some(kafka) = Kafka::start() else { return };
    let program = Program::new(&kafka.brokers());
    let batches = [
        (outcomes("kept-a", 50), End::Commit),
        (outcomes("lost-a", 70), End::Abort),
        (outcomes("kept-b", 30), End::Commit),
        (outcomes("lost-b", 90), End::Abort),
    ];
    produce::transactions(&kafka.brokers(), &batches);
    program.succeed(&["ingest", "--until-caught-up"]);
    assert_eq!(count(&program), 80);

    produce::transactions(&kafka.brokers(), &[(outcomes("kept-c", 5), End::Commit)]);
    program.succeed(&["ingest", "--until-caught-up"]);
    program.succeed(&["ingest", "--until-caught-up"]);
    assert_eq!(count(&program), 85);
}

fn outcomes(name: &str, count: usize) -> Vec<Record<'static>> {
    let event = |n: usize| {
        format!(
            r#"{{"outcome_id":"{name}-{n}","revision":0,"recorded_at":"2026-03-02T08:00:00Z","site_id":"S1","occurred_at":"2026-03-02T07:00:00Z","kind":"near_miss","value":1}}"#
        )
    };
    (0..count).map(|n| (TOPIC, None, Some(event(n).into_bytes()))).collect()
}

fn count(program: &Program) -> u64 {
    let text = program.succeed(&["lake", "status", "--format", "json"]);
    let status: Vec<Value> = serde_json::from_str(&text).unwrap();
    status.iter().find(|line| line["table"] == "outcomes").and_then(|line| line["rows"].as_u64()).unwrap()
}
