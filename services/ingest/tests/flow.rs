//! The straight path, restarts, and what never reaches the lake.

use crate::support::{
    Bench, CALENDAR, GENEROUS, LEADERS, OUTCOMES, SITES, decoded, eventually, metric, noted_outcome, outcome,
    pseudonym, send_noted_outcomes, send_outcomes, series, stored,
};
use ingest::{CancellationToken, PrivacyKey, Until};
use prometheus::Registry;
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer},
};
use std::{collections::BTreeMap, path::Path, time::Duration};

fn calendar(entry: &str, leader: &str) -> Vec<u8> {
    format!(
        r#"{{"entry_id":"{entry}","revision":0,"recorded_at":"2026-03-02T08:00:00Z","leader_id":"{leader}","site_id":"S1","basis":"actual","category":"field","status":"confirmed","starts_at":"2026-03-01T23:30:00-02:00","ends_at":"2026-03-02T09:00:00Z","title":"Performance review of J. Doe"}}"#
    )
    .into_bytes()
}

fn leader(id: &str) -> Vec<u8> {
    format!(r#"{{"leader_id":"{id}","revision":0,"recorded_at":"2026-01-01T00:00:00Z","site_id":"S1"}}"#).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_become_rows_once_each_and_positions_follow() {
    let bench = Bench::new(3);
    send_outcomes(&bench, 0..1_000);
    let registry = Registry::new();
    let report = bench.run(&registry, Until::CaughtUp, CancellationToken::new()).await.unwrap();
    assert!(report.drained);
    assert_eq!(report.streams["outcomes"].rows, 1_000);
    let ids: Vec<String> = (0..1_000).map(|n| format!("o-{n}")).collect();
    let expected = stored(ids.iter().map(|id| (id.as_str(), 1)));
    assert_eq!(bench.texts("outcomes", "outcome_id").await, expected);
    assert_eq!(bench.texts("outcomes", "event_date").await, BTreeMap::from([("2026-03-02".into(), 1_000)]));
    let places = bench.places("outcomes").await;
    for partition in 0..3 {
        let end = bench.broker.watermarks(OUTCOMES, partition).unwrap().1;
        let held = places.iter().filter(|(p, _)| *p == partition).count();
        assert_eq!(i64::try_from(held).unwrap(), end);
        assert_eq!(bench.mark("outcomes", &format!("kafka/{OUTCOMES}/{partition}/offset")).await, Some(end));
    }
    assert_eq!(metric(&registry, "bellwether_ingested_rows_total", Some("outcomes")), 1_000.0);
    assert_eq!(metric(&registry, "bellwether_consumer_lag", None), 0.0);
    assert!(metric(&registry, "bellwether_last_commit_timestamp_seconds", Some("outcomes")) > 1_772_438_400.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_lose_nothing_and_double_nothing() {
    let bench = Bench::new(2);
    for portion in 0..4 {
        send_outcomes(&bench, portion * 100..(portion + 1) * 100);
        let report = bench.catch_up().await.unwrap();
        assert_eq!(report.streams["outcomes"].rows, 100, "only what is new");
    }
    let idle = bench.catch_up().await.unwrap();
    assert_eq!((idle.streams["outcomes"].rows, idle.streams["outcomes"].commits), (0, 0));
    let texts = bench.texts("outcomes", "outcome_id").await;
    assert_eq!((texts.len(), texts.values().max()), (400, Some(&1)));
}

/// Every channel full, every batch tiny: the order of the stages must not matter to the result.
#[tokio::test(flavor = "multi_thread")]
async fn tiny_batches_give_the_same_rows() {
    let mut bench = Bench::new(5);
    bench.ingest.flush_rows = 7;
    let (half, bad) = ((0..600).collect::<Vec<usize>>(), b"no event".to_vec());
    let records = half.iter().map(|n| match n % 10 {
        0 => (OUTCOMES, None, Some(bad.clone())),
        _ => (OUTCOMES, None, Some(outcome(&format!("o-{n}")))),
    });
    bench.produce(records);
    let report = bench.catch_up().await.unwrap().streams["outcomes"];
    assert_eq!((report.rows, report.dead_letters), (540, 60));
    let texts = bench.texts("outcomes", "outcome_id").await;
    assert_eq!((texts.len(), texts.values().max()), (540, Some(&1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_commits_what_is_in_flight() {
    let mut bench = Bench::new(2);
    bench.ingest.flush_age = std::time::Duration::from_secs(3_600);
    send_noted_outcomes(&bench, 0..500);
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    let run = bench.run(&registry, Until::Stopped, stop.clone());
    let stopper = async {
        eventually("all is read, and waits for an hour to pass", async || decoded(&registry) == 500.0).await;
        assert_eq!(metric(&registry, "bellwether_ingested_rows_total", None), 0.0);
        stop.cancel();
    };
    let (report, ()) = tokio::join!(run, stopper);
    let report = report.unwrap();
    assert_eq!((report.streams["outcomes"].rows, report.drained), (500, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn persons_leave_no_byte_and_unknown_fields_are_counted() {
    let bench = Bench::new(1);
    let ids = ["jane.doe@example.com", "Åsa Öberg", "raw-leader-0017"];
    let mut records = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        records.push((CALENDAR, None, Some(calendar(&format!("entry of {id} {n}"), id))));
        records.push((LEADERS, Some(*id), Some(leader(id))));
    }
    records.push((LEADERS, Some(ids[0]), None));
    bench.produce(records);
    let registry = Registry::new();
    bench.run(&registry, Until::CaughtUp, CancellationToken::new()).await.unwrap();
    assert_eq!(metric(&registry, "bellwether_unknown_fields_total", Some("title")), 3.0);

    let pseudonym = |id: &str| pseudonym("person", id);
    let leaders = bench.texts("calendar_audits", "leader_id").await;
    assert_eq!(leaders, ids.iter().map(|id| (pseudonym(id), 1)).collect());
    // A deletion names the same leader as the record that it deletes.
    assert_eq!(bench.texts("leaders", "leader_id").await[&pseudonym(ids[0])], 2);
    // The event began before midnight by its own clock, after midnight by UTC.
    assert_eq!(bench.texts("calendar_audits", "event_date").await, BTreeMap::from([("2026-03-02".into(), 3)]));

    let mut read = 0;
    for file in files(&bench.folder().join("lake")) {
        let bytes = std::fs::read(&file).unwrap();
        for forbidden in ids.iter().chain(&["Performance review"]) {
            let found = bytes.windows(forbidden.len()).any(|window| window == forbidden.as_bytes());
            assert!(!found, "{forbidden} stands in {}", file.display());
        }
        read += 1;
    }
    assert!(read > 10, "the lake holds tables");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_topic_counts_as_empty_and_is_read_once_it_appears() {
    let mut bench = Bench::new(1);
    bench.broker = simulator::EmbeddedBroker::start(&[(SITES, 1)]).unwrap();
    let report = bench.catch_up().await.unwrap();
    assert!(report.streams.values().all(|stream| stream.rows == 0));
    bench.produce([(OUTCOMES, None, Some(outcome("late")))]);
    bench.catch_up().await.unwrap();
    assert_eq!(bench.texts("outcomes", "outcome_id").await, stored([("late", 1)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_broker_is_waited_out() {
    let bench = Bench::new(1);
    send_outcomes(&bench, 0..10);
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    let run = bench.run(&registry, Until::Stopped, stop.clone());
    let rows = || metric(&registry, "bellwether_ingested_rows_total", Some("outcomes"));
    let outage = async {
        eventually("the first rows", async || rows() == 10.0).await;
        bench.broker.down().unwrap();
        eventually("nobody answers", async || !answers(&bench)).await;
        bench.broker.up().unwrap();
        send_outcomes(&bench, 10..20);
        eventually("the rest", async || rows() == 20.0).await;
        stop.cancel();
    };
    let (report, ()) = tokio::join!(run, outage);
    assert_eq!(report.unwrap().streams["outcomes"].rows, 20);
}

fn answers(bench: &Bench) -> bool {
    let client: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", bench.broker.bootstrap_servers()).create().unwrap();
    client.fetch_metadata(None, Duration::from_millis(500)).is_ok()
}

/// A dead letter that nobody acknowledged held up its batch, and its table with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_flush_does_not_outlive_the_drain_limit() {
    let mut bench = Bench::new(1);
    bench.produce([(OUTCOMES, None, Some(b"no event".to_vec())), (OUTCOMES, None, Some(noted_outcome("behind it")))]);
    bench.ingest.drain_limit = Duration::from_secs(1);
    // The dead letter waits for company for ten minutes.
    bench.properties = vec![("linger.ms", "600000"), ("message.timeout.ms", "700000")];
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    let run = tokio::time::timeout(GENEROUS, bench.run(&registry, Until::Stopped, stop.clone()));
    let stopper = async {
        eventually("the dead letter is on its way", async || decoded(&registry) == 1.0).await;
        stop.cancel();
    };
    let (report, ()) = tokio::join!(run, stopper);
    assert!(!report.expect("it ends in time").unwrap().drained);
}

/// While a dead letter waited for its acknowledgement, all that was read before it waited, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_that_waits_does_not_hold_up_the_rows_before_it() {
    let mut bench = Bench::new(1);
    (bench.ingest.drain_limit, bench.ingest.flush_age) = (Duration::from_secs(1), Duration::from_secs(4));
    send_noted_outcomes(&bench, 0..10);
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    // Producing needs a client that does not wait.
    let mut patient = bench.kafka();
    patient.properties.extend([("linger.ms", "600000"), ("message.timeout.ms", "700000")].map(owned));
    let run = bench.run_on(patient, &registry, Until::Stopped, stop.clone());
    let watching = async {
        eventually("the rows are read", async || decoded(&registry) == 10.0).await;
        bench.produce([(OUTCOMES, None, Some(b"no event".to_vec())), (OUTCOMES, None, Some(noted_outcome("last")))]);
        eventually("the dead letter is on its way", async || decoded(&registry) == 11.0).await;
        let rows = || metric(&registry, "bellwether_ingested_rows_total", Some("outcomes"));
        eventually("the rows before it are committed", async || rows() == 10.0).await;
        stop.cancel();
    };
    let (report, ()) = tokio::join!(run, watching);
    assert!(!report.unwrap().drained, "the dead letter is still on its way");
    let position = bench.mark("outcomes", &format!("kafka/{OUTCOMES}/0/offset")).await;
    assert_eq!(position, Some(10), "no position passes a dead letter that is not acknowledged");
    let report = bench.catch_up().await.unwrap().streams["outcomes"];
    assert_eq!((report.rows, report.dead_letters), (1, 1));
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_vanishes_counts_as_empty_and_is_read_on_once_it_is_back() {
    let mut bench = Bench::new(1);
    bench.properties = vec![("topic.metadata.refresh.interval.ms", "500"), ("topic.metadata.propagation.max.ms", "0")];
    send_outcomes(&bench, 0..10);
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    let run = bench.run(&registry, Until::Stopped, stop.clone());
    let rows = |stream: &str| metric(&registry, "bellwether_ingested_rows_total", Some(stream));
    let vanishing = async {
        eventually("the first rows", async || rows("outcomes") == 10.0).await;
        bench.broker.hide_topic(OUTCOMES).unwrap();
        let lag = || series(&registry, "bellwether_consumer_lag", OUTCOMES);
        eventually("the group knows that it is gone", async || lag() == 0).await;
        bench.produce([(SITES, Some("S9"), None)]);
        eventually("the other streams go on", async || rows("sites") == 1.0).await;
        bench.broker.show_topic(OUTCOMES).unwrap();
        send_outcomes(&bench, 10..20);
        eventually("the rest", async || rows("outcomes") == 20.0).await;
        stop.cancel();
    };
    let both = async { tokio::join!(run, vanishing).0 };
    let report = tokio::time::timeout(2 * GENEROUS, both).await.expect("it goes on");
    assert_eq!(report.unwrap().streams["outcomes"].rows, 20);
    let left = registry.gather().into_iter().filter(|family| family.name() == "bellwether_consumer_lag");
    assert_eq!(left.map(|family| family.get_metric().len()).sum::<usize>(), 0, "no series of partitions given up");
}

#[tokio::test]
async fn an_unreachable_broker_is_named_in_bounded_time() {
    let mut bench = Bench::new(1);
    bench.ingest.connect_limit = std::time::Duration::from_secs(2);
    bench.broker.down().unwrap();
    let error = bench.catch_up().await.unwrap_err().to_string();
    assert!(error.contains(bench.broker.bootstrap_servers()), "{error}");
    assert!(error.contains("within 2 s") && error.contains("BELLWETHER__KAFKA__BROKERS"), "{error}");
}

#[tokio::test]
async fn another_privacy_key_is_refused() {
    let bench = Bench::new(1);
    bench
        .lake()
        .await
        .bind_key(&PrivacyKey::new("quite another key, of long ago").unwrap().fingerprint())
        .await
        .unwrap();
    let error = bench.catch_up().await.unwrap_err().to_string();
    assert!(error.contains("key"), "{error}");
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// A schema that was rolled back, or a column that another engine had added, stopped ingestion for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_the_table_that_the_schema_does_not_name_is_filled_with_null() {
    let bench = Bench::new(1);
    send_outcomes(&bench, 0..5);
    bench.catch_up().await.unwrap();
    let mut wider = lake::TableSpec::stream(bench.contracts.get("outcomes").unwrap(), &bench.cluster());
    let extra = arrow::datatypes::Field::new("severity", arrow::datatypes::DataType::Utf8, true);
    let fields = wider.schema.fields().iter().cloned().chain([std::sync::Arc::new(extra)]);
    wider.schema = std::sync::Arc::new(arrow::datatypes::Schema::new(fields.collect::<Vec<_>>()));
    bench.lake().await.writer(&wider).await.unwrap();
    send_outcomes(&bench, 5..10);
    assert_eq!(bench.catch_up().await.unwrap().streams["outcomes"].rows, 5);
    assert_eq!(bench.texts("outcomes", "severity").await, [("(null)".to_owned(), 10)].into());
}
