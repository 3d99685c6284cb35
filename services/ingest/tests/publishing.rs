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
    for (bad, problem) in [("{\"outcome_id\": 3}", "no text in the field \"outcome_id\""), ("[]", "not a JSON object")]
    {
        let file = write(&bench, "bad.ndjson", &[lines(0..2), bad.into(), b"\n".to_vec(), lines(3..4)].concat());
        let error = attempt(&bench, file.clone()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}:3: {problem}", file.display())), "{error}");
        assert!(error.contains("2 records were published by then") && error.contains("again"), "{error}");
    }
    let missing = attempt(&bench, "/no/such/file.ndjson".into()).unwrap_err().to_string();
    assert!(missing.contains("/no/such/file.ndjson") && missing.ends_with("nothing was published"), "{missing}");
}

#[test]
fn an_unreachable_broker_is_named() {
    let bench = Bench::new(1);
    let kafka = ingest::KafkaSettings { brokers: "127.0.0.1:1".into(), ..Default::default() };
    let file = write(&bench, "a.ndjson", &lines(0..1));
    let error = publish(&kafka, bench.contracts.get("outcomes").unwrap(), &[file]).unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:1") && error.contains("BELLWETHER__KAFKA__BROKERS"), "{error}");
}
