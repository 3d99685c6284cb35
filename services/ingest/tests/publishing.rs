//! NDJSON files into topics.

use crate::support::{Bench, OUTCOMES, outcome, stored};
use ingest::{PublishError, publish};
use std::{io::Write, path::PathBuf};

fn lines(range: std::ops::Range<usize>) -> Vec<u8> {
    range.flat_map(|n| [outcome(&format!("o-{n}")), b"\n".to_vec()].concat()).collect()
}

fn write(bench: &Bench, name: &str, bytes: &[u8]) -> PathBuf {
    let path = bench.folder().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn attempt(bench: &Bench, file: PathBuf) -> Result<u64, PublishError> {
    publish(&bench.kafka(), bench.contracts.get("outcomes").unwrap(), &[file]).map(|published| published.records)
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_and_packed_files_arrive_whole_and_keyed() {
    let bench = Bench::new(3);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&lines(50..100)).unwrap();
    // No newline at the end, a blank line in between.
    let plain = [lines(0..49), b"\n".to_vec(), outcome("o-49")].concat();
    let files = [write(&bench, "a.ndjson", &plain), write(&bench, "b.ndjson.gz", &packed.finish().unwrap())];
    let published = publish(&bench.kafka(), bench.contracts.get("outcomes").unwrap(), &files).unwrap();
    assert_eq!((published.records, published.bytes), (100, 100 * outcome("o-10").len() as u64 - 10));
    bench.catch_up().await.unwrap();
    let ids: Vec<String> = (0..100).map(|n| format!("o-{n}")).collect();
    let expected = stored(ids.iter().map(|id| (id.as_str(), 1)));
    assert_eq!(bench.texts("outcomes", "outcome_id").await, expected);
    let before = bench.places("outcomes").await;
    assert!((0..3).all(|partition| before.iter().any(|(p, _)| *p == partition)), "spread by key");
    // The same keys go to the same partitions.
    let ends = |bench: &Bench| [0, 1, 2].map(|partition| bench.broker.watermarks(OUTCOMES, partition).unwrap().1);
    let first = ends(&bench);
    publish(&bench.kafka(), bench.contracts.get("outcomes").unwrap(), &files).unwrap();
    assert_eq!(ends(&bench), first.map(|end| end * 2));
}

#[test]
fn a_line_that_is_no_event_is_named_with_file_and_line() {
    let bench = Bench::new(1);
    // Without its key a line cannot be sent: then all that is wrong with it is told.
    let also = "stream's key; /revision: is required; /recorded_at: is required; /site_id";
    for (bad, problem, others) in [
        ("{\"outcome_id\": 3}", "no text in the field \"outcome_id\"", also),
        ("[]", "not a JSON object", "write one event a line; 2 records"),
    ] {
        let file = write(&bench, "bad.ndjson", &[lines(0..2), bad.into(), b"\n".to_vec(), lines(3..4)].concat());
        let error = attempt(&bench, file.clone()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}:3: {problem}", file.display())), "{error}");
        assert!(error.contains("2 records were published by then") && error.contains("again"), "{error}");
        assert!(error.contains(others), "{error}");
    }
    let missing = attempt(&bench, "/no/such/file.ndjson".into()).unwrap_err().to_string();
    assert!(missing.contains("/no/such/file.ndjson") && missing.ends_with("nothing was published"), "{missing}");
}

/// Lines in another encoding were published, and refused one by one by ingestion.
#[test]
fn a_file_that_is_not_utf_8_is_refused_with_line_and_column() {
    let bench = Bench::new(1);
    let latin =
        [lines(0..1), "{\"outcome_id\": \"o-1\", \"note\": \"größe ".as_bytes().to_vec(), b"\xfc\"}\n".to_vec()]
            .concat();
    let utf16: Vec<u8> = "\u{feff}{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = ["\u{feff}".as_bytes(), &lines(0..1)].concat();
    for (bytes, place, words, published) in [
        (latin, "2:38", "not UTF-8: convert the file, e.g. `iconv -f WINDOWS-1252", "1 records were"),
        (utf16, "1:1", "UTF-16: convert the file", "nothing was"),
        (marked, "1:1", "a byte order mark: convert the file", "nothing was"),
    ] {
        let file = write(&bench, "text.ndjson", &bytes);
        let error = attempt(&bench, file.clone()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}:{place}: {words}", file.display())), "{error}");
        assert!(error.contains(published), "{error}");
    }
}

#[test]
fn lines_are_held_against_the_contract_without_a_broker() {
    let folder = tempfile::tempdir().unwrap();
    let contracts = contracts::Contracts::shipped().unwrap();
    let contract = contracts.get("outcomes").unwrap();
    let good = String::from_utf8(outcome("o-1")).unwrap();
    let bad = good.replace("\"revision\":0", "\"revision\":\"0\"");
    assert_ne!(good, bad);
    let text = format!("{good}\n\n{bad}\nnonsense\n");
    let path = folder.path().join("a.ndjson");
    std::fs::write(&path, [text.as_bytes(), b"{\"a\": \"\xfc\"}\n"].concat()).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let many = format!("{good}\n").repeat(10_000) + &good.replace("2026", "1026");
    packed.write_all(many.as_bytes()).unwrap();
    let gz = folder.path().join("b.ndjson.gz");
    std::fs::write(&gz, packed.finish().unwrap()).unwrap();
    let mut faults = Vec::new();
    let settings = ingest::IngestSettings::default();
    let checked = ingest::check_lines(&settings, contract, &[path.clone(), gz.clone()], |fault| {
        faults.push((fault.file, fault.line, fault.field, fault.reason));
    })
    .unwrap();
    assert_eq!((checked.lines, checked.refused), (10_005, 4));
    let (a, b) = (path.display().to_string(), gz.display().to_string());
    let expected = [
        (a.clone(), 3, "/revision".to_owned(), "schema"),
        (a.clone(), 4, String::new(), "malformed"),
        (a, 5, String::new(), "malformed"),
        (b, 10_001, "/occurred_at".to_owned(), "event_time"),
    ];
    assert_eq!(faults, expected);
}

/// A line with four faults was checked, corrected and refused four times.
#[test]
fn every_fault_of_a_line_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let contracts = contracts::Contracts::shipped().unwrap();
    let line = r#"{"outcome_id":"o-1","revision":"0","site_id":"","occurred_at":"1026-03-02T07:00:00Z","kind":"far_miss","value":1}"#;
    let good = String::from_utf8(outcome("o-1")).unwrap();
    let large = good.replace("\"revision\":0", &format!("\"revision\":-1,\"note\":\"{}\"", "x".repeat(900)));
    let path = folder.path().join("a.ndjson");
    std::fs::write(&path, format!("{good}\n{line}\n{{\"outcome_id\": \n{large}\n")).unwrap();
    let settings = ingest::IngestSettings { max_record_bytes: 800, ..Default::default() };
    let mut faults = Vec::new();
    let checked = ingest::check_lines(&settings, contracts.get("outcomes").unwrap(), &[path], |fault| {
        faults.push((fault.line, fault.field, fault.reason, fault.message));
    })
    .unwrap();
    assert_eq!((checked.lines, checked.refused), (4, 3));
    let places: Vec<(usize, &str, &str)> =
        faults.iter().map(|(line, field, reason, _)| (*line, field.as_str(), *reason)).collect();
    let expected = [
        (2, "/revision", "schema"),
        (2, "/recorded_at", "schema"),
        (2, "/site_id", "schema"),
        (2, "/kind", "schema"),
        (2, "/occurred_at", "event_time"),
        (3, "", "malformed"),
        (4, "", "too_large"),
        (4, "/revision", "schema"),
    ];
    assert_eq!(places, expected, "{faults:#?}");
    assert_eq!(faults[1].3, "is required");
    assert_eq!(faults[5].3, "not one JSON object: EOF while parsing a value at column 14");
}

/// A wrong name and a wrong port were one message.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_nowhere_is_told_from_an_address_where_nobody_listens() {
    let bench = Bench::new(1);
    let ingest = ingest::IngestSettings { connect_limit: std::time::Duration::from_secs(5), ..Default::default() };
    for (brokers, words) in [
        ("no-such-broker.invalid:9092", "a name in no-such-broker.invalid:9092 is not known here"),
        ("127.0.0.1:1", "no Kafka broker at 127.0.0.1:1 answered within"),
    ] {
        let kafka = ingest::KafkaSettings { brokers: brokers.into(), ..Default::default() };
        let listed = ingest::dead_letters::list(&kafka, &ingest, &[OUTCOMES]).await.unwrap_err().to_string();
        let file = write(&bench, "a.ndjson", &lines(0..1));
        let contract = std::sync::Arc::clone(bench.contracts.get("outcomes").unwrap());
        let publishing = tokio::task::spawn_blocking(move || publish(&kafka, &contract, &[file]));
        let published = publishing.await.unwrap().unwrap_err().to_string();
        assert!(listed.contains(words) && published.contains(words), "{listed}\n{published}");
        assert!(listed.contains("BELLWETHER__KAFKA__BROKERS"), "{listed}");
    }
}

#[test]
fn an_unreachable_broker_is_named() {
    let bench = Bench::new(1);
    let kafka = ingest::KafkaSettings { brokers: "127.0.0.1:1".into(), ..Default::default() };
    let file = write(&bench, "a.ndjson", &lines(0..1));
    let error = publish(&kafka, bench.contracts.get("outcomes").unwrap(), &[file]).unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:1") && error.contains("BELLWETHER__KAFKA__BROKERS"), "{error}");
}

/// A line that just fitted was found good, and refused once its key had come to it.
#[test]
fn a_line_is_as_large_as_the_record_that_it_becomes() {
    let folder = tempfile::tempdir().unwrap();
    let contracts = contracts::Contracts::shipped().unwrap();
    let line = outcome("o-1");
    let path = folder.path().join("a.ndjson");
    std::fs::write(&path, &line).unwrap();
    for (limit, refused) in [(line.len() + "o-1".len(), 0), (line.len() + "o-1".len() - 1, 1)] {
        let settings = ingest::IngestSettings { max_record_bytes: limit, ..Default::default() };
        let outcomes = contracts.get("outcomes").unwrap();
        let checked = ingest::check_lines(&settings, outcomes, std::slice::from_ref(&path), |fault| {
            assert_eq!(fault.reason, "too_large");
        });
        assert_eq!(checked.unwrap().refused, refused, "{limit}");
    }
}
