//! Every kind of record that is no row becomes a dead letter with its reason, and the offset moves on.

use crate::support::{Bench, CALENDAR, LEADERS, SITES, metric};
use ingest::{CancellationToken, Until, dead_letters};
use prometheus::Registry;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn entry(change: &[(&str, Value)]) -> Option<Vec<u8>> {
    let mut event = json!({
        "entry_id": "e-1", "revision": 0, "recorded_at": "2026-03-02T08:00:00Z", "leader_id": "jane.doe@example.com",
        "site_id": "S1", "basis": "actual", "category": "field", "status": "confirmed",
        "starts_at": "2026-03-02T07:00:00Z", "ends_at": "2026-03-02T09:00:00Z"
    });
    for (field, value) in change {
        match value {
            Value::Null => drop(event.as_object_mut().unwrap().remove(*field)),
            value => event[*field] = value.clone(),
        }
    }
    Some(event.to_string().into_bytes())
}

fn between(start: &str, end: &str) -> Option<Vec<u8>> {
    entry(&[("starts_at", start.into()), ("ends_at", end.into())])
}

fn site(id: &str) -> Option<Vec<u8>> {
    let event = json!({"site_id": id, "revision": 0, "recorded_at": "2026-01-01T00:00:00Z", "name": "N", "region": "R", "timezone": "Europe/London"});
    Some(event.to_string().into_bytes())
}

type Case = (&'static str, &'static str, Option<&'static str>, Option<Vec<u8>>);

/// Expected reason (none: a row), and the record.
fn cases() -> Vec<Case> {
    vec![
        ("", CALENDAR, None, entry(&[])),
        ("malformed", CALENDAR, None, Some(b"{\"entry_id\": ".to_vec())),
        ("malformed", CALENDAR, None, Some(b"[1, 2]".to_vec())),
        ("malformed", CALENDAR, None, Some(b"\xff\xfe{}".to_vec())),
        ("malformed", CALENDAR, None, Some(Vec::new())),
        ("schema", CALENDAR, None, entry(&[("revision", "12".into())])),
        ("schema", CALENDAR, None, entry(&[("site_id", Value::Null)])),
        ("schema", CALENDAR, None, entry(&[("category", "golf".into())])),
        ("check", CALENDAR, None, between("2026-03-02T07:00:00Z", "2026-03-02T06:00:00Z")),
        ("event_time", CALENDAR, None, between("1970-01-01T00:00:00Z", "1970-01-01T01:00:00Z")),
        ("event_time", CALENDAR, None, between("2100-01-01T00:00:00Z", "2100-01-01T01:00:00Z")),
        ("too_large", CALENDAR, None, Some(vec![b' '; 2_000_000])),
        ("key", CALENDAR, None, None),
        ("", CALENDAR, None, entry(&[("entry_id", "e-2".into()), ("site_id", "nobody-knows-this-site".into())])),
        ("", SITES, Some("S1"), site("S1")),
        ("key", SITES, Some("another"), site("S2")),
        ("key", SITES, None, site("S3")),
        ("key", SITES, None, None),
        ("malformed", SITES, Some("S4"), Some(Vec::new())),
        ("", SITES, Some("S1"), None),
        ("key", LEADERS, Some("other"), Some(br#"{"leader_id":"jane.doe@example.com","revision":0,"recorded_at":"2026-01-01T00:00:00Z","site_id":"S1"}"#.to_vec())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_record_is_a_dead_letter_and_the_good_ones_stay() {
    let bench = Bench::new(1);
    let cases = cases();
    bench.produce(cases.iter().map(|(_, topic, key, value)| (*topic, *key, value.clone())));
    let registry = Registry::new();
    let report = bench.run(&registry, Until::CaughtUp, CancellationToken::new()).await.unwrap();

    let mut expected = BTreeMap::new();
    let mut offsets: BTreeMap<&str, i64> = BTreeMap::new();
    for (reason, topic, ..) in &cases {
        let offset = offsets.entry(*topic).or_default();
        if !reason.is_empty() {
            expected.insert(((*topic).to_owned(), *offset), (*reason).to_owned());
        }
        *offset += 1;
    }
    let topics = [CALENDAR, SITES, LEADERS];
    let letters = dead_letters::list(&bench.kafka(), &bench.ingest, &topics).await.unwrap();
    let found: BTreeMap<_, _> =
        letters.iter().map(|l| ((l.source.topic.clone(), l.source.offset), l.reason.clone())).collect();
    assert_eq!(found, expected);
    assert!(!format!("{letters:?}").contains("jane.doe"), "no person in a reason");
    assert!(letters.iter().all(|letter| !letter.message.is_empty() && letter.at.is_some()));
    for (stream, topic) in [("calendar_audits", CALENDAR), ("sites", SITES)] {
        let position = bench.mark(stream, &format!("kafka/{topic}/0/offset")).await;
        assert_eq!(position, Some(offsets[topic]), "the position moves on behind {topic}");
    }
    assert_eq!(report.streams["calendar_audits"].rows, 2);
    assert_eq!(report.streams["sites"].rows, 2, "a site and its deletion");
    assert_eq!(report.streams["leaders"].rows, 0);
    let counted = f64::from(u32::try_from(expected.len()).unwrap());
    assert_eq!(metric(&registry, "bellwether_dead_letters_total", None), counted);
    assert_eq!(metric(&registry, "bellwether_dead_letters_total", Some("key")), 5.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_of_bad_records_only_is_committed_and_not_read_again() {
    let bench = Bench::new(1);
    bench.produce((0..5).map(|_| (CALENDAR, None, Some(b"nonsense".to_vec()))));
    let first = bench.catch_up().await.unwrap().streams["calendar_audits"];
    assert_eq!((first.rows, first.dead_letters), (0, 5));
    let second = bench.catch_up().await.unwrap().streams["calendar_audits"];
    assert_eq!((second.dead_letters, second.commits), (0, 0));
}
