//! Dead letters as operators handle them.

use crate::support::{Bench, OUTCOMES, SITES, outcome, stored};
use ingest::dead_letters::{self, Coordinates, DeadLetterState, Outdated, Replayed, Selection, Since};
use rdkafka::{
    ClientConfig, Message,
    consumer::{BaseConsumer, Consumer},
    message::{Header, Headers, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer},
};
use std::{collections::BTreeMap, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_the_whole_record_with_its_coordinates_and_reason() {
    let bench = Bench::new(1);
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", bench.broker.bootstrap_servers()).create().unwrap();
    let headers = OwnedHeaders::new().insert(Header { key: "trace", value: Some("abc") });
    producer.send(BaseRecord::to(OUTCOMES).key("k").payload("{\"value\": ").headers(headers).partition(0)).unwrap();
    producer.flush(Duration::from_secs(5)).unwrap();
    bench.catch_up().await.unwrap();

    let consumer = looking_at(&bench, (&format!("{OUTCOMES}.dead-letters"), 4), 0);
    let record = (0..100).find_map(|_| consumer.poll(Duration::from_millis(100))).unwrap().unwrap();
    assert_eq!((record.key(), record.payload()), (Some(&b"k"[..]), Some(&b"{\"value\": "[..])));
    let headers: BTreeMap<&str, &str> = record
        .headers()
        .unwrap()
        .iter()
        .map(|header| (header.key, std::str::from_utf8(header.value.unwrap()).unwrap()))
        .collect();
    assert_eq!(headers["trace"], "abc");
    assert_eq!(headers["__connect.errors.topic"], OUTCOMES);
    assert_eq!(headers["__connect.errors.partition"], "0");
    assert_eq!(headers["__connect.errors.offset"], "0");
    assert!(headers["__connect.errors.exception.message"].starts_with("malformed: "), "{headers:?}");
    for name in ["connector.name", "task.id", "stage", "class.name", "exception.class.name"] {
        assert!(headers.contains_key(format!("__connect.errors.{name}").as_str()), "{name}");
    }
}

/// Reads the first partitions of a topic from an offset on.
fn looking_at(bench: &Bench, (topic, partitions): (&str, i32), offset: i64) -> BaseConsumer {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bench.broker.bootstrap_servers())
        .set("group.id", "looking")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    let mut list = rdkafka::TopicPartitionList::new();
    list.add_partition_range(topic, 0, partitions - 1);
    list.set_all_offsets(rdkafka::Offset::Offset(offset)).unwrap();
    consumer.assign(&list).unwrap();
    consumer
}

fn place(offset: i64) -> Coordinates {
    Coordinates { topic: OUTCOMES.into(), partition: 0, offset }
}

/// A record that came with the header of a replay marker was no dead letter for anybody, and one that came with coordinates was
/// somebody else's.
#[tokio::test(flavor = "multi_thread")]
async fn headers_of_ours_on_a_record_say_nothing_of_its_dead_letter_and_come_back_with_it() {
    let bench = Bench::new(1);
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", bench.broker.bootstrap_servers()).create().unwrap();
    let sent = [
        ("trace", "abc"),
        ("__bellwether.replayed", "0@0,0@1"),
        ("__bellwether.truncated.sha256", "00"),
        ("__bellwether.kept.trace", "x"),
        ("__connect.errors.topic", "bellwether.sites"),
        ("__connect.errors.partition", "7"),
        ("__connect.errors.offset", "99"),
        ("__connect.errors.exception.message", "schema: fixed already"),
    ];
    let all = |headers: OwnedHeaders, (key, value): &(&str, &str)| headers.insert(Header { key, value: Some(*value) });
    let headers = sent.iter().fold(OwnedHeaders::new(), all);
    producer.send(BaseRecord::to(OUTCOMES).key("k").payload("nonsense").headers(headers).partition(0)).unwrap();
    producer.flush(Duration::from_secs(5)).unwrap();
    bench.catch_up().await.unwrap();

    let found = dead_letters::list(&bench.kafka(), &bench.ingest, &[OUTCOMES, SITES]).await.unwrap();
    let [letter] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&letter.source, letter.state), (&place(0), DeadLetterState::Open));
    assert_eq!((letter.reason.as_str(), &letter.truncated), ("malformed", &None));
    assert_eq!(replay(&bench, &Selection::All, false).await.sent, [place(0)]);
    assert_eq!(states(&bench).await, [(0, DeadLetterState::Replayed)]);
    let consumer = looking_at(&bench, (OUTCOMES, 1), 1);
    let record = (0..100).find_map(|_| consumer.poll(Duration::from_millis(100))).unwrap().unwrap();
    let text = |value: Option<&[u8]>| String::from_utf8(value.unwrap().to_vec()).unwrap();
    let came: Vec<(String, String)> =
        record.headers().unwrap().iter().map(|header| (header.key.to_owned(), text(header.value))).collect();
    let sent: Vec<(String, String)> =
        sent.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    assert_eq!(came, sent, "as the producer sent them");
}

fn site(id: &str, revision: u32) -> Option<Vec<u8>> {
    let record = serde_json::json!({"site_id": id, "revision": revision, "recorded_at": "2026-01-01T00:00:00Z",
        "name": "N", "region": "R", "timezone": "UTC"});
    Some(record.to_string().into_bytes())
}

/// A replayed dead letter brought back a site that had been deleted since.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_whose_key_was_deleted_or_superseded_since_is_not_sent() {
    let mut bench = Bench::new(1);
    bench.ingest.max_record_bytes = 60; // Only deletions fit.
    let record = |id: &'static str, value| (SITES, Some(id), value);
    bench.produce([
        record("S1", site("S1", 7)),
        record("S2", site("S2", 1)),
        record("S3", site("S3", 5)),
        record("S1", None),
        record("S2", site("S2", 1)),
        record("S3", site("S3", 4)),
    ]);
    assert_eq!(bench.catch_up().await.unwrap().streams["sites"].dead_letters, 5);
    bench.ingest.max_record_bytes = 1_000;
    let at = |offset| Coordinates { topic: SITES.into(), partition: 0, offset };
    let mut done = replay(&bench, &Selection::All, false).await;
    // Letters come in the order of their own topic, which has several partitions.
    done.sent.sort();
    let outdated = |offset, why, by| Outdated { source: at(offset), why, by: at(by) };
    assert_eq!(done.outdated, [outdated(0, Since::Deleted, 3), outdated(1, Since::Superseded, 4)]);
    assert_eq!(done.sent, [at(2), at(4), at(5)], "an older revision that came later is no reason");
    bench.catch_up().await.unwrap();
    let rows = [("S1", 1), ("S2", 1), ("S3", 2)].map(|(id, rows)| (id.to_owned(), rows));
    assert_eq!(bench.texts("sites", "site_id").await, rows.into());
    // By now they have been sent again themselves.
    let again = replay(&bench, &Selection::At([at(2), at(0)].into()), true).await;
    let told: Vec<(i64, Since)> = again.outdated.iter().map(|letter| (letter.source.offset, letter.why)).collect();
    assert_eq!(told, [(0, Since::Deleted), (2, Since::Superseded)]);
}

/// Values of one byte with headers of a mebibyte passed every bound on bytes.
#[tokio::test(flavor = "multi_thread")]
async fn headers_count_where_bytes_are_bounded() {
    let mut bench = Bench::new(1);
    bench.ingest.flush_bytes = 1 << 20;
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bench.broker.bootstrap_servers())
        .set("message.max.bytes", "4000000")
        .set("compression.type", "lz4")
        .create()
        .unwrap();
    let send = |bytes: usize| {
        let headers = OwnedHeaders::new().insert(Header { key: "trace", value: Some(&vec![b'x'; bytes]) });
        producer.send(BaseRecord::<(), str>::to(OUTCOMES).payload("1").headers(headers).partition(0)).unwrap();
    };
    (0..40).for_each(|_| send(500_000));
    send(1 << 20);
    producer.flush(Duration::from_secs(10)).unwrap();
    let report = bench.catch_up().await.unwrap().streams["outcomes"];
    assert_eq!((report.dead_letters, report.bytes), (41, 41));
    // 20 MB in chunks of 8 MiB.
    assert!(report.commits >= 3, "{report:?}");
    let letters = dead_letters::list(&bench.kafka(), &bench.ingest, &[OUTCOMES]).await.unwrap();
    let reasons: Vec<&str> = letters.iter().map(|letter| letter.reason.as_str()).collect();
    assert_eq!((&reasons[..40], reasons[40]), (&["malformed"; 40][..], "too_large"));
    assert!(letters[40].message.contains("1048582 bytes of key, value and headers"), "{}", letters[40].message);
}

async fn replay(bench: &Bench, selection: &Selection, again: bool) -> Replayed {
    dead_letters::replay(&bench.kafka(), &bench.ingest, &bench.contracts, selection, again).await.unwrap()
}

async fn states(bench: &Bench) -> Vec<(i64, DeadLetterState)> {
    let letters = dead_letters::list(&bench.kafka(), &bench.ingest, &[OUTCOMES]).await.unwrap();
    assert!(letters.iter().all(|letter| (letter.state == DeadLetterState::Replayed) == letter.replayed_at.is_some()));
    letters.into_iter().map(|letter| (letter.source.offset, letter.state)).collect()
}

/// A second `--all` once sent everything again, and nothing told what had been dealt with.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_sends_the_original_again_once() {
    use DeadLetterState::{Open, Replayed};
    let mut bench = Bench::new(1);
    // Too large today, allowed tomorrow.
    bench.ingest.max_record_bytes = 100;
    bench.produce([(OUTCOMES, Some("a"), Some(outcome("a"))), (OUTCOMES, Some("b"), Some(outcome("b")))]);
    assert_eq!(bench.catch_up().await.unwrap().streams["outcomes"].dead_letters, 2);
    assert_eq!(states(&bench).await, [(0, Open), (1, Open)]);
    bench.ingest.max_record_bytes = 1_000;
    let wanted = Selection::At([place(1), place(77)].into());
    let replayed = replay(&bench, &wanted, false).await;
    assert_eq!((replayed.sent, replayed.missing), (vec![place(1)], vec![place(77)]));
    assert_eq!(states(&bench).await, [(0, Open), (1, Replayed)]);
    bench.catch_up().await.unwrap();
    assert_eq!(bench.texts("outcomes", "outcome_id").await, stored([("b", 1)]));

    let replayed = replay(&bench, &wanted, false).await;
    assert_eq!((replayed.sent.len(), replayed.already.len()), (0, 1), "not again by accident");
    assert_eq!(replay(&bench, &Selection::All, false).await.sent, [place(0)], "only what is open");
    assert_eq!(replay(&bench, &Selection::All, false).await.sent, []);
    assert_eq!(replay(&bench, &wanted, true).await.sent, [place(1)], "again where that is wanted");
    bench.catch_up().await.unwrap();
    assert_eq!(bench.texts("outcomes", "outcome_id").await, stored([("a", 1), ("b", 2)]));
}

/// A source topic that was recreated has other records at the same offsets.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_that_arrives_after_the_replay_of_its_coordinates_is_open() {
    let bench = Bench::new(1);
    bench.produce([(OUTCOMES, None, Some(b"first".to_vec()))]);
    bench.catch_up().await.unwrap();
    assert_eq!(replay(&bench, &Selection::All, false).await.sent, [place(0)]);
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", bench.broker.bootstrap_servers()).create().unwrap();
    let mut headers = OwnedHeaders::new();
    for (key, value) in [("topic", OUTCOMES), ("partition", "0"), ("offset", "0"), ("exception.message", "schema: x")] {
        headers = headers.insert(Header { key: &format!("__connect.errors.{key}"), value: Some(value) });
    }
    let letters = format!("{OUTCOMES}.dead-letters");
    producer.send(BaseRecord::<(), str>::to(&letters).payload("second").headers(headers)).unwrap();
    producer.flush(Duration::from_secs(5)).unwrap();
    let found = dead_letters::list(&bench.kafka(), &bench.ingest, &[OUTCOMES]).await.unwrap();
    assert_eq!((found[0].state, found[0].reason.as_str()), (DeadLetterState::Open, "schema"));
    assert_eq!(replay(&bench, &Selection::All, false).await.sent, [place(0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_dead_letter_topic_there_are_none() {
    let bench = Bench::new(1);
    let letters = dead_letters::list(&bench.kafka(), &bench.ingest, &[OUTCOMES]).await.unwrap();
    assert_eq!(letters, []);
}

/// The embedded broker does not answer who wants a topic made, as one that forbids it does not make it.
#[tokio::test(flavor = "multi_thread")]
async fn where_topics_cannot_be_created_the_run_goes_on() {
    let mut bench = Bench::new(1);
    (bench.ingest.create_dead_letter_topics, bench.ingest.connect_limit) = (true, Duration::from_secs(2));
    bench.produce([(OUTCOMES, None, Some(outcome("a"))), (OUTCOMES, None, Some(b"nonsense".to_vec()))]);
    let report = bench.catch_up().await.unwrap().streams["outcomes"];
    assert_eq!((report.rows, report.dead_letters), (1, 1));
}
