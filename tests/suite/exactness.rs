//! The central property: results never depend on order, batching or repetition of arrival.

use crate::{histories, parts, seed7};
use end_to_end::{Kafka, Program, free_port, pause};
use std::time::Duration;

#[test]
fn kafka_to_indicators_gives_the_planted_truth() {
    let Some(program) = seed7::lake() else { return };
    parts::assert_same(&parts::stored(program), &parts::truth(seed7::events()).0);
}

/// Each portion is evaluated before the next comes, the first two at earlier clocks, by programs that are killed at
/// whatever they are doing: results are one commit or none, and the next evaluation goes on from there.
#[test]
fn shuffled_doubled_and_in_three_portions_gives_the_same() {
    let Some(kafka) = Kafka::start() else { return };
    let mut program = Program::new(&kafka.brokers());
    program.set("HTTP__LISTEN", &format!("127.0.0.1:{}", free_port()));
    let end: jiff::Timestamp = seed7::as_of().parse().unwrap();
    let portions = histories::shuffled_and_doubled(seed7::events(), program.folder(), 3);
    for (portion, weeks_before) in portions.iter().zip([20, 3, 0]) {
        seed7::publish(&program, portion);
        program.succeed(&["ingest", "--until-caught-up"]);
        let as_of = (end - jiff::SignedDuration::from_hours(weeks_before * 168)).to_string();
        for time in [400, 1500, 3000] {
            let run = program.start("killed", &["indicators", "--as-of", &as_of]);
            pause(Duration::from_millis(time));
            run.signal("KILL");
        }
        program.succeed(&["indicators", "--once", "--as-of", &as_of]);
    }
    parts::assert_same(&parts::stored(&program), &parts::truth(seed7::events()).0);
}

#[test]
fn the_embedded_broker_gives_the_same() {
    let mut program = Program::new("127.0.0.1:1");
    let data = program.folder().join("demo");
    let data = data.to_string_lossy();
    program.succeed(&["demo", "--once", "--seed", "7", "--sites", "20", "--weeks", "52", "--data", &data]);
    program.set("LAKE__URL", &format!("file://{data}"));
    parts::assert_same(&parts::stored(&program), &parts::truth(seed7::events()).0);
}

/// Killed again and again in the middle of its work, and paused while another takes its partitions over.
#[test]
fn kill_9_and_a_paused_process_lose_and_double_nothing() {
    let Some(kafka) = Kafka::start() else { return };
    let mut program = Program::new(&kafka.brokers());
    seed7::publish(&program, seed7::events());
    program.set("INGEST__FLUSH_ROWS", "400");
    program.set("KAFKA__PROPERTIES__session.timeout.ms", "6000");
    for attempt in 0..4 {
        let run = program.start("killed", &["ingest"]);
        pause(Duration::from_millis(1200 + 500 * attempt));
        run.signal("KILL");
    }
    let paused = program.start("paused", &["ingest"]);
    pause(Duration::from_secs(3));
    paused.signal("STOP");
    program.succeed(&["ingest", "--until-caught-up"]);
    paused.signal("CONT");
    pause(Duration::from_secs(8));
    paused.signal("TERM");
    drop(paused);
    program.succeed(&["indicators", "--once", "--as-of", &seed7::as_of()]);
    parts::assert_same(&parts::stored(&program), &parts::truth(seed7::events()).0);
    let rows = |table: &str| {
        let text = program.succeed(&["lake", "status", "--format", "json"]);
        let status: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        status.iter().find(|line| line["table"] == table).and_then(|line| line["rows"].as_u64()).unwrap()
    };
    for stream in histories::STREAMS {
        let events = std::fs::read_to_string(seed7::events().join(format!("{stream}.ndjson"))).unwrap().lines().count();
        assert_eq!(rows(stream), events as u64, "{stream}: one row an event, exactly once");
    }
}
