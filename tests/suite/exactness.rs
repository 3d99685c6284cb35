//! The central property: results never depend on order, batching or repetition of arrival.

use crate::{histories, parts, seed7};
use end_to_end::{Kafka, Port, Program, Running, get, wait_for};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// For anything to happen, on a machine that does much else.
const LIMIT: Duration = Duration::from_secs(180);

#[test]
fn kafka_to_indicators_gives_the_planted_truth() {
    let Some(program) = seed7::lake() else { return };
    parts::assert_same(&parts::stored(program), &parts::truth(seed7::events()).0);
}

/// Each portion is evaluated before the next comes, the first two at earlier clocks, by programs that are killed at the start,
/// as they write and when they are done: results are one commit or none, and the next evaluation goes on from there.
#[test]
fn shuffled_doubled_and_in_three_portions_gives_the_same() {
    let Some(kafka) = Kafka::start() else { return };
    let mut program = Program::new(&kafka.brokers());
    let port = Port::hold();
    program.set("HTTP__LISTEN", &port.address());
    let end: jiff::Timestamp = seed7::as_of().parse().unwrap();
    let portions = histories::shuffled_and_doubled(seed7::events(), program.folder(), 3);
    for (portion, weeks_before) in portions.iter().zip([20, 3, 0]) {
        seed7::publish(&program, portion);
        program.succeed(&["ingest", "--until-caught-up"]);
        let as_of = (end - jiff::SignedDuration::from_hours(weeks_before * 168)).to_string();
        let page = |path: &str| get(&format!("http://{}/-/{path}", port.address())).map(drop);
        killed(&program, &as_of, "its start", |_| page("healthy"));
        killed(
            &program,
            &as_of,
            "a new file",
            |before| {
                if files(&program.lake()) > before { Ok(()) } else { page("ready") }
            },
        );
        killed(&program, &as_of, "its end", |_| page("ready"));
        program.succeed(&["indicators", "--once", "--as-of", &as_of]);
    }
    parts::assert_same(&parts::stored(&program), &parts::truth(seed7::events()).0);
}

/// Starts an evaluation and kills it as soon as it has come so far; `so_far` is given how many files the lake had before.
fn killed(program: &Program, as_of: &str, what: &str, so_far: impl Fn(usize) -> Result<(), String>) {
    let before = files(&program.lake());
    let run = program.start("killed", &["indicators", "--as-of", as_of]);
    wait_for(what, LIMIT, || so_far(before));
    run.signal("KILL");
}

/// Files below a folder, in which others may be writing.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
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
    let port = Port::hold();
    program.set("HTTP__LISTEN", &port.address());
    for commits in [1, 5, 10, 20] {
        ingesting(&program, "killed", commits).signal("KILL");
    }
    let mut paused = ingesting(&program, "paused", 10);
    paused.signal("STOP");
    program.succeed(&["ingest", "--until-caught-up"]);
    paused.signal("CONT");
    // What it had in hand has then been tried, and its partitions are its own again.
    let resumed = UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
    wait_for("the paused one, caught up", LIMIT, || {
        caught_up(&get(&format!("http://{}/metrics", port.address()))?, resumed)
    });
    paused.signal("TERM");
    assert!(paused.wait(LIMIT).expect("it ends").success());
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

/// Starts to ingest and waits for so many commits.
fn ingesting(program: &Program, name: &str, commits: usize) -> Running {
    let before = committed(&program.lake());
    let run = program.start(name, &["ingest"]);
    wait_for(&format!("{commits} commits"), LIMIT, || match committed(&program.lake()) - before {
        few if few < commits => Err(format!("{few}")),
        _ => Ok(()),
    });
    run
}

/// Commits of all tables.
fn committed(lake: &Path) -> usize {
    let tables = std::fs::read_dir(lake).into_iter().flatten().flatten();
    tables.map(|table| files(&table.path().join("_delta_log"))).sum()
}

/// The broker has answered since then, and there is no lag.
fn caught_up(metrics: &str, since: f64) -> Result<(), String> {
    let values = |family: &str| -> Vec<f64> {
        let lines = metrics.lines().filter(|line| line.starts_with(family));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect()
    };
    let lag = values("bellwether_consumer_lag{");
    let answered = values("bellwether_broker_last_answer_timestamp_seconds").iter().any(|at| *at > since);
    let done = answered && !lag.is_empty() && lag.iter().all(|lag| *lag < 1.0);
    done.then_some(()).ok_or_else(|| format!("lag {lag:?}, answered {answered}"))
}
