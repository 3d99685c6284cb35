//! One partition that cannot be read, for a while or at all: the others do not notice.

use crate::support::{Bench, OUTCOMES, eventually, metric, outcome, outcomes, send_outcomes, stored};
use ingest::{CancellationToken, IngestError, KafkaSettings, PositionFault, Publisher, Until};
use prometheus::Registry;
use std::collections::BTreeSet;

/// Rows of `outcomes` that a run has committed.
fn rows(registry: &Registry) -> f64 {
    metric(registry, "bellwether_ingested_rows_total", Some("outcomes"))
}

/// A partition without a leader, met while partitions were taken, used to end the process.
#[tokio::test(flavor = "multi_thread")]
async fn a_partition_without_a_leader_is_waited_for_and_the_others_are_read() {
    let bench = Bench::new(2);
    send_outcomes(&bench, 0..100);
    let (low, high) = bench.broker.watermarks(OUTCOMES, 1).unwrap();
    let there = f64::from(i32::try_from(high - low).unwrap());
    bench.broker.orphan(OUTCOMES, 1).unwrap();
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    let run = bench.run(&registry, Until::Stopped, stop.clone());
    let waiting = async || metric(&registry, "bellwether_partition_waiting", Some(OUTCOMES));
    let electing = async {
        eventually("the other partition", async || rows(&registry) == 100.0 - there).await;
        assert_eq!(waiting().await, 1.0);
        bench.broker.lead(OUTCOMES, 1).unwrap();
        eventually("the rest", async || rows(&registry) == 100.0).await;
        eventually("nothing is waited for", async || waiting().await == 0.0).await;
        stop.cancel();
    };
    let (report, ()) = tokio::join!(run, electing);
    assert_eq!(report.unwrap().streams["outcomes"].rows, 100);
    assert_eq!(bench.texts("outcomes", "outcome_id").await.values().max(), Some(&1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_until_caught_up_waits_for_a_leader() {
    let bench = Bench::new(2);
    send_outcomes(&bench, 0..100);
    bench.broker.orphan(OUTCOMES, 0).unwrap();
    let registry = Registry::new();
    let run = bench.run(&registry, Until::CaughtUp, CancellationToken::new());
    let electing = async {
        eventually("it waits", async || metric(&registry, "bellwether_partition_waiting", Some(OUTCOMES)) == 1.0).await;
        bench.broker.lead(OUTCOMES, 0).unwrap();
    };
    let (report, ()) = tokio::join!(run, electing);
    assert_eq!(report.unwrap().streams["outcomes"].rows, 100);
}

/// Records that are so alike that a small batch unpacks to more than a consumer takes: 5 MB of them, all of one key.
fn send_bomb(bench: &Bench, key: &str) {
    let mut kafka: KafkaSettings = bench.kafka();
    let large = [("compression.type", "zstd"), ("linger.ms", "2000"), ("batch.size", "8000000")];
    kafka.properties.retain(|name, _| !name.ends_with("message.max.bytes") && !name.starts_with("fetch"));
    kafka.properties.extend(large.map(|(name, value)| (name.to_owned(), value.to_owned())));
    kafka.properties.insert("batch.num.messages".into(), "100000".into());
    let mut publisher = Publisher::new(&kafka).unwrap();
    for _ in 0..20_000 {
        publisher.send(OUTCOMES, Some(key.as_bytes()), Some(&outcome("bomb"))).unwrap();
    }
    publisher.finish().unwrap();
}

fn send(bench: &Bench, key: &str, id: &str) {
    bench.produce([(OUTCOMES, Some(key), Some(outcome(id)))]);
}

/// The partition that this key goes to, and where it ends.
fn place(bench: &Bench, key: &str) -> (i32, i64) {
    let ends = || [0, 1].map(|partition| bench.broker.watermarks(OUTCOMES, partition).unwrap().1);
    let before = ends();
    send(bench, key, "placed");
    let after = ends();
    let grown = (0..).zip(before.into_iter().zip(after)).find(|(_, (before, after))| after > before);
    grown.map(|(partition, (_, end))| (partition, end)).unwrap()
}

/// A batch of 90 MB once unpacked had all partitions taken again each second, for ever, without a word about where.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_cannot_be_unpacked_stops_its_partition_alone_and_is_named() {
    let mut bench = Bench::new(2);
    let (sick, offset) = place(&bench, "a");
    let keys: Vec<(String, Vec<u8>)> = outcomes(0..20);
    let well = keys.iter().map(|(key, _)| key.as_str()).find(|key| place(&bench, key).0 != sick).unwrap();
    let before = [0, 1].map(|partition| bench.broker.watermarks(OUTCOMES, partition).unwrap().1);
    let offset = before[usize::try_from(sick).unwrap()].max(offset);
    send_bomb(&bench, "a");
    send(&bench, "a", "behind it");
    let standard = std::mem::replace(
        &mut bench.properties,
        vec![("receive.message.max.bytes", "1000512"), ("fetch.max.bytes", "1000000")],
    );

    // A run that should end does, and says what and where.
    let error = bench.catch_up().await.unwrap_err();
    let IngestError::Positions(stopped) = &error else { panic!("{error}") };
    assert_eq!(stopped.len(), 1, "{error}");
    assert_eq!((stopped[0].partition, stopped[0].stored), (sick, offset));
    assert!(matches!(&stopped[0].fault, PositionFault::Unreadable { .. }), "{error}");
    let text = error.to_string();
    let place = format!("{OUTCOMES}-{sick}@{offset}: ");
    assert!(text.starts_with(&place) && text.contains("`receive.message.max.bytes` = 1000512"), "{text}");
    let read: BTreeSet<i32> = bench.places("outcomes").await.into_iter().map(|(partition, _)| partition).collect();
    assert_eq!(read.len(), 2, "what lies before it is read, too");

    // A service goes on with the others.
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    let run = bench.run(&registry, Until::Stopped, stop.clone());
    let healthy = async {
        let stopped = || metric(&registry, "bellwether_partition_stopped", Some(OUTCOMES));
        eventually("it stops", async || stopped() == 1.0).await;
        for n in 0..10 {
            send(&bench, well, &format!("well-{n}"));
            eventually("the healthy one goes on", async || rows(&registry) == f64::from(n + 1)).await;
            assert_eq!(stopped(), 1.0, "nothing is taken again");
        }
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(run, healthy);
    assert!(matches!(ended, Err(IngestError::Positions(_))));

    // With the limit that it comes with, all is read, and each record once.
    bench.properties = standard;
    bench.catch_up().await.unwrap();
    let ids = bench.texts("outcomes", "outcome_id").await;
    let expected = stored([("bomb", 20_000), ("behind it", 1)]);
    assert!(expected.iter().all(|(id, times)| ids.get(id) == Some(times)), "{:?}", ids.values().max());
    let places = bench.places("outcomes").await;
    assert_eq!(places.len(), places.iter().collect::<BTreeSet<_>>().len());
}
