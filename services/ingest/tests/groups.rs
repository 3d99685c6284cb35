//! Several consumers: rebalances while records arrive, and writers that should no longer be writing.

use crate::support::{Bench, OUTCOMES, SITES, decoded, eventually, metric, send_noted_outcomes, send_outcomes};
use ingest::{CancellationToken, IngestError, IngestSettings, Until};
use lake::{Commit, Mark, TableSpec};
use prometheus::Registry;
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer},
};
use std::{cell::Cell, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn consumers_come_and_go_while_records_arrive_and_each_record_is_one_row() {
    let bench = Bench::new(4);
    let registries = [Registry::new(), Registry::new(), Registry::new()];
    let stops = [(); 3].map(|()| CancellationToken::new());
    let rows = |n: usize| metric(&registries[n], "bellwether_ingested_rows_total", Some("outcomes"));
    // Each joins once the one before it works.
    let member = async |n: usize| {
        if let Some(before) = n.checked_sub(1) {
            eventually("the member before works", async || rows(before) > 0.0).await;
        }
        bench.run(&registries[n], Until::Stopped, stops[n].clone()).await.unwrap()
    };
    let sent = Cell::new(0);
    let send = || {
        send_outcomes(&bench, sent.get()..sent.get() + 100);
        sent.set(sent.get() + 100);
    };
    let traffic = async {
        eventually("all three work", async || {
            send();
            (0..3).all(|n| rows(n) > 0.0)
        })
        .await;
        stops[0].cancel();
        let left = rows(1) + rows(2);
        eventually("the others go on", async || {
            send();
            rows(1) + rows(2) > left
        })
        .await;
        (0..10).for_each(|_| send());
        let all = f64::from(u32::try_from(sent.get()).unwrap());
        eventually("all rows", async || (0..3).map(rows).sum::<f64>() >= all).await;
        stops.iter().for_each(CancellationToken::cancel);
    };
    let (one, two, three, ()) = tokio::join!(member(0), member(1), member(2), traffic);
    let reports = [one, two, three].map(|report| report.streams["outcomes"]);
    let sent = sent.get();
    assert_eq!(usize::try_from(reports.iter().map(|report| report.rows).sum::<u64>()).unwrap(), sent, "{reports:?}");
    assert!(reports.iter().all(|report| report.rows > 0), "work was shared: {reports:?}");
    let texts = bench.texts("outcomes", "outcome_id").await;
    assert_eq!((texts.len(), texts.values().max()), (sent, Some(&1)));
}

/// Each ends when all partitions are caught up, those that the other holds too.
#[tokio::test(flavor = "multi_thread")]
async fn two_members_that_run_until_caught_up_both_end() {
    let bench = Bench::new(4);
    send_outcomes(&bench, 0..2_000);
    let (one, two) = tokio::join!(bench.catch_up(), bench.catch_up());
    assert_eq!(one.unwrap().streams["outcomes"].rows + two.unwrap().streams["outcomes"].rows, 2_000);
    let texts = bench.texts("outcomes", "outcome_id").await;
    assert_eq!((texts.len(), texts.values().max()), (2_000, Some(&1)));
}

/// Two groups on one lake are what a paused consumer that wakes up after its partitions were given away looks like.
#[tokio::test(flavor = "multi_thread")]
async fn a_zombie_is_fenced_and_goes_on_from_the_table() {
    let mut bench = Bench::new(2);
    bench.ingest.flush_age = Duration::from_millis(50);
    let other = IngestSettings { group: "zombie".into(), flush_age: Duration::from_millis(70), ..bench.ingest.clone() };
    let registries = [Registry::new(), Registry::new()];
    let stop = CancellationToken::new();
    let zombie = bench.run_with(other, &registries[1], Until::Stopped, stop.clone());
    let owner = bench.run(&registries[0], Until::Stopped, stop.clone());
    let mut sent = 0;
    let traffic = async {
        let total = |name: &str| registries.iter().map(|r| metric(r, name, Some("outcomes"))).sum::<f64>();
        let rows = || total("bellwether_ingested_rows_total");
        while sent < 1_000 || total("bellwether_fenced_total") == 0.0 {
            send_outcomes(&bench, sent..sent + 50);
            sent += 50;
            let all = f64::from(u32::try_from(sent).unwrap());
            eventually("the next rows", async || rows() >= all).await;
            assert!(sent < 100_000, "they meet");
        }
        stop.cancel();
    };
    let (one, two, ()) = tokio::join!(owner, zombie, traffic);
    let rows = one.unwrap().streams["outcomes"].rows + two.unwrap().streams["outcomes"].rows;
    assert_eq!(usize::try_from(rows).unwrap(), sent);
    let texts = bench.texts("outcomes", "outcome_id").await;
    assert_eq!((texts.len(), texts.values().max()), (sent, Some(&1)));
}

/// Somebody moves the position between reading and committing: the batch is dropped, and read again from there.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_does_not_start_where_the_table_ends_is_dropped() {
    let mut bench = Bench::new(1);
    send_outcomes(&bench, 0..10);
    bench.catch_up().await.unwrap();
    (bench.ingest.flush_age, bench.ingest.flush_rows) = (Duration::from_secs(3_600), 20);
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    let run = bench.run(&registry, Until::Stopped, stop.clone());
    let meddling = async {
        send_noted_outcomes(&bench, 10..29);
        eventually("all but one is read", async || decoded(&registry) == 19.0).await;
        // As if another member had committed 10..20: its rows are its own business.
        let contract = bench.contracts.get("outcomes").unwrap();
        let lake = bench.lake().await;
        let mut writer = lake.writer(&TableSpec::stream(contract, &bench.cluster())).await.unwrap();
        let name = format!("kafka/{OUTCOMES}/0/offset");
        let commit = writer.commit(Default::default(), &[Mark { name, expected: Some(10), value: 20 }]).await.unwrap();
        assert!(matches!(commit, Commit::Done(_)), "{commit:?}");
        // With this one the batch is large enough, and too late.
        send_noted_outcomes(&bench, 29..30);
        eventually("fenced", async || metric(&registry, "bellwether_fenced_total", None) == 1.0).await;
        eventually("the rest is read again", async || decoded(&registry) == 30.0).await;
        stop.cancel();
    };
    let (report, ()) = tokio::join!(run, meddling);
    let report = report.unwrap().streams["outcomes"];
    assert_eq!((report.rows, report.fenced), (10, 1));
    let offsets: Vec<i64> = bench.places("outcomes").await.into_iter().map(|(_, offset)| offset).collect();
    assert_eq!(offsets, (0..10).chain(20..30).collect::<Vec<_>>());
}

/// The group still counts a topic's partitions as ours for a while after it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn partitions_taken_again_while_their_topic_is_missing_count_as_empty() {
    let bench = Bench::new(1);
    send_outcomes(&bench, 0..10);
    bench.produce([(SITES, Some("S1"), None)]);
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    let run = bench.run(&registry, Until::Stopped, stop.clone());
    let rows = |stream: &str| metric(&registry, "bellwether_ingested_rows_total", Some(stream));
    let vanishing = async {
        eventually("the first rows", async || (rows("outcomes"), rows("sites")) == (10.0, 1.0)).await;
        bench.broker.hide_topic(OUTCOMES).unwrap();
        // As if another writer had moved a position: all partitions are taken again.
        let spec = TableSpec::stream(bench.contracts.get("sites").unwrap(), &bench.cluster());
        let mut writer = bench.lake().await.writer(&spec).await.unwrap();
        let name = format!("kafka/{SITES}/0/ingested");
        let expected = writer.mark(&name).unwrap();
        let mark = Mark { name, expected, value: expected.unwrap() + 1 };
        assert!(matches!(writer.commit(Default::default(), &[mark]).await.unwrap(), Commit::Done(_)));
        bench.produce([(SITES, Some("S2"), None)]);
        eventually("the other streams go on", async || rows("sites") == 2.0).await;
        bench.broker.show_topic(OUTCOMES).unwrap();
        send_outcomes(&bench, 10..20);
        eventually("the rest", async || rows("outcomes") == 20.0).await;
        stop.cancel();
    };
    let (report, ()) = tokio::join!(run, vanishing);
    let report = report.unwrap();
    assert_eq!((report.streams["outcomes"].rows, report.streams["sites"].fenced), (20, 1));
}

/// A consumer of another team, which takes records and brings them nowhere.
struct Foreign {
    done: CancellationToken,
    polling: tokio::task::JoinHandle<()>,
    // A failing test must not wait for it.
    _ends: tokio_util::sync::DropGuard,
}

impl Foreign {
    fn join(bench: &Bench) -> Self {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bench.broker.bootstrap_servers())
            .set("group.id", &bench.ingest.group)
            .set("client.id", "somebody-else")
            .set("partition.assignment.strategy", "range")
            .set("session.timeout.ms", "6000")
            .create()
            .unwrap();
        consumer.subscribe(&[OUTCOMES]).unwrap();
        let done = CancellationToken::new();
        let polling = {
            let done = done.clone();
            tokio::task::spawn_blocking(move || {
                while !done.is_cancelled() {
                    let _ = consumer.poll(Duration::from_millis(50));
                }
            })
        };
        Self { _ends: done.clone().drop_guard(), done, polling }
    }

    async fn leave(self) {
        self.done.cancel();
        self.polling.await.unwrap();
    }
}

/// A program of another team in the same group took records away: a run until caught up waited for ever, a service was
/// silent.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_member_of_the_group_is_told_and_ends_a_run_until_caught_up() {
    let mut bench = Bench::new(2);
    bench.ingest.withheld_limit = Duration::from_secs(4);
    send_outcomes(&bench, 0..100);
    let foreign = Foreign::join(&bench);
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    let service = bench.run(&registry, Until::Stopped, stop.clone());
    let withheld = || metric(&registry, "bellwether_partition_withheld", Some(OUTCOMES));
    let watching = async {
        eventually("the service tells", async || withheld() >= 1.0).await;
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(service, watching);
    ended.unwrap();

    let error = bench.catch_up().await.unwrap_err();
    assert!(
        matches!(&error, IngestError::Withheld { seconds, .. } if *seconds >= bench.ingest.withheld_limit.as_secs()),
        "{error}"
    );
    let text = error.to_string();
    assert!(text.starts_with(&format!("{OUTCOMES}-")) && text.contains("`ingest.group`"), "{text}");
    foreign.leave().await;
}
