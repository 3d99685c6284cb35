//! Wrong input on Apache Kafka and on the command line: a dead letter or a clear refusal, never silence.

use crate::produce::{self, Record};
use end_to_end::{Kafka, Program};
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

const CALENDAR: &str = "bellwether.calendar-audits";
const SITES: &str = "bellwether.sites";

fn entry(changes: &[(&str, Value)]) -> Vec<u8> {
    let mut event: Value = serde_json::from_str(
        r#"{"entry_id":"e-1","revision":0,"recorded_at":"2026-03-02T08:00:00Z","leader_id":"jane.doe@example.com","site_id":"S1",
            "basis":"actual","category":"field","status":"confirmed","starts_at":"2026-03-02T07:00:00Z","ends_at":"2026-03-02T09:00:00Z"}"#,
    )
    .unwrap();
    for (field, value) in changes {
        if value.is_null() {
            event.as_object_mut().unwrap().remove(*field);
        } else {
            event[*field] = value.clone();
        }
    }
    event.to_string().into_bytes()
}

fn site(id: &str) -> Vec<u8> {
    format!(
        r#"{{"site_id":"{id}","revision":0,"recorded_at":"2026-01-01T00:00:00Z","name":"N","region":"R","timezone":"Europe/London"}}"#
    )
    .into_bytes()
}

#[test]
fn every_bad_record_becomes_a_dead_letter_that_says_why_and_the_good_ones_stay() {
    let Some(kafka) = Kafka::start() else { return };
    let program = Program::new(&kafka.brokers());
    let records: Vec<(&str, Record<'_>)> = vec![
        ("", (CALENDAR, None, Some(entry(&[])))),
        ("malformed", (CALENDAR, None, Some(b"{\"entry_id\": ".to_vec()))),
        ("schema", (CALENDAR, None, Some(entry(&[("revision", "12".into())])))),
        ("schema", (CALENDAR, None, Some(entry(&[("site_id", Value::Null)])))),
        ("check", (CALENDAR, None, Some(entry(&[("ends_at", "2026-03-02T06:00:00Z".into())])))),
        ("schema", (CALENDAR, None, Some(entry(&[("category", "golf".into())])))),
        (
            "event_time",
            (
                CALENDAR,
                None,
                Some(entry(&[
                    ("starts_at", "1970-01-01T00:00:00Z".into()),
                    ("ends_at", "1970-01-01T01:00:00Z".into()),
                ])),
            ),
        ),
        (
            "event_time",
            (
                CALENDAR,
                None,
                Some(entry(&[
                    ("starts_at", "2100-01-01T00:00:00Z".into()),
                    ("ends_at", "2100-01-01T01:00:00Z".into()),
                ])),
            ),
        ),
        ("too_large", (CALENDAR, None, Some(vec![b' '; 5_000_000]))),
        ("malformed", (CALENDAR, None, Some(b"\xff\xfe{}".to_vec()))),
        ("malformed", (CALENDAR, None, Some(Vec::new()))),
        (
            "",
            (CALENDAR, None, Some(entry(&[("entry_id", "e-2".into()), ("site_id", "nobody-knows-this-site".into())]))),
        ),
        ("key", (CALENDAR, None, None)),
        ("", (SITES, Some("S1"), Some(site("S1")))),
        ("key", (SITES, Some("another"), Some(site("S2")))),
        ("key", (SITES, None, Some(site("S3")))),
        ("", (SITES, Some("S1"), None)),
    ];
    let sent: Vec<Record<'_>> = records.iter().map(|(_, record)| record.clone()).collect();
    produce::send(&kafka.brokers(), &sent);
    program.succeed(&["ingest", "--until-caught-up"]);

    let mut expected = BTreeMap::new();
    let mut offsets: BTreeMap<&str, i64> = BTreeMap::new();
    for (reason, (topic, ..)) in &records {
        let offset = offsets.entry(topic).or_default();
        if !reason.is_empty() {
            expected.insert(((*topic).to_owned(), 0, *offset), (*reason).to_owned());
        }
        *offset += 1;
    }
    let text = program.succeed(&["dead-letters", "list", "--format", "json"]);
    let letters: Vec<Value> = serde_json::from_str(&text).unwrap();
    let found: BTreeMap<(String, i64, i64), String> = letters
        .iter()
        .map(|letter| {
            let coordinates = (
                letter["topic"].as_str().unwrap().to_owned(),
                letter["partition"].as_i64().unwrap(),
                letter["offset"].as_i64().unwrap(),
            );
            (coordinates, letter["reason"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(found, expected);
    assert!(!text.contains("jane.doe"), "no person in a reason");

    let kept: Vec<Value> =
        serde_json::from_str(&program.succeed(&["sql", "select site_id from calendar_audits", "--format", "json"]))
            .unwrap();
    assert_eq!(kept.len(), 2, "{kept:?}");
    let sites: Vec<Value> =
        serde_json::from_str(&program.succeed(&["sql", "select * from sites", "--format", "json"])).unwrap();
    assert!(sites.is_empty(), "S1 was deleted: {sites:?}");
}

#[test]
fn a_topic_recreated_and_refilled_is_noticed_and_accept_gap_resumes() {
    let Some(kafka) = Kafka::start() else { return };
    let mut program = Program::new(&kafka.brokers());
    let fill = |name: &str| -> Vec<Record<'static>> {
        (0..20).map(|n| (CALENDAR, None, Some(entry(&[("entry_id", format!("{name}-{n}").into())])))).collect()
    };
    produce::send(&kafka.brokers(), &fill("first"));
    program.succeed(&["ingest", "--until-caught-up"]);
    produce::recreate(&kafka.brokers(), CALENDAR);
    produce::send(&kafka.brokers(), &[fill("second"), fill("third")].concat());

    program.set("INGEST__FLUSH_AGE", "1s");
    let refused = program.run(&["ingest", "--until-caught-up"]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("bellwether.calendar-audits-0@20") && refused.stderr.contains("--accept-gap"),
        "{}",
        refused.stderr
    );
    program.succeed(&["ingest", "--until-caught-up", "--accept-gap"]);
    let rows: Vec<Value> =
        serde_json::from_str(&program.succeed(&["sql", "select * from calendar_audits", "--format", "json"])).unwrap();
    assert_eq!(rows.len(), 60);
}

/// Each refusal: exit code, and what the message must hold.
#[test]
fn refusals_say_what_where_and_what_to_do() {
    let refused = |program: &Program, arguments: &[&str], code: i32, words: &[&str]| {
        let outcome = program.run(arguments);
        assert_eq!(outcome.code, Some(code), "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
        for word in words {
            assert!(outcome.stderr.contains(word), "{arguments:?}: no «{word}» in: {}", outcome.stderr);
        }
    };
    let mut program = Program::new("127.0.0.1:1");
    refused(&program, &["ingest", "--until-caught-up"], 1, &["127.0.0.1:1"]);
    refused(&program, &["board"], 1, &["lake"]);
    program.set("PRIVACY__KEY", "");
    refused(&program, &["ingest", "--until-caught-up"], 2, &["privacy", "BELLWETHER__PRIVACY__KEY"]);
    program.set("PRIVACY__KEY", "a key for tests, thirty-two bytes or more");
    program.set("INGEST__FLUSH_ROWZ", "5");
    refused(&program, &["config", "check"], 2, &["flush_rowz", "BELLWETHER__INGEST__FLUSH_ROWS"]);
    refused(&program, &["no-such-command"], 2, &[]);
}

#[test]
fn a_corrupt_table_is_named() {
    let program = Program::new("127.0.0.1:1");
    let log = program.lake().join("sites/_delta_log");
    std::fs::create_dir_all(&log).unwrap();
    std::fs::write(program.lake().join("_bellwether.json"), r#"{"layout":1}"#).unwrap();
    std::fs::write(log.join("00000000000000000000.json"), "this is no log\n").unwrap();
    let outcome = program.run(&["lake", "status"]);
    assert_eq!(outcome.code, Some(1), "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stderr.contains("sites"), "{}", outcome.stderr);
}

/// Run as somebody who may not write there: whoever runs the tests may be root, whom nothing stops.
#[test]
fn a_lake_folder_without_permission_is_named() {
    let program = Program::new("127.0.0.1:1");
    let closed = program.folder().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    std::fs::set_permissions(program.folder(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = program.command(&["lake", "status"]);
    command.env("BELLWETHER__LAKE__URL", format!("file://{}/lake", closed.display()));
    let root = std::fs::read_dir(&closed).is_ok();
    let copy = program.folder().join("bellwether");
    if root {
        // Nobody may not look into the target folder either.
        std::fs::copy(command.get_program(), &copy).unwrap();
        let mut as_nobody = std::process::Command::new(&copy);
        as_nobody.args(command.get_args()).envs(command.get_envs().filter_map(|(k, v)| v.map(|v| (k, v))));
        as_nobody.current_dir(program.folder()).uid(65_534).gid(65_534);
        command = as_nobody;
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("closed") && text.to_lowercase().contains("permission"), "{text}");
}
