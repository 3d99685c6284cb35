//! Dead letters as operators handle them.

use crate::support::{Bench, OUTCOMES, outcome, stored};
use ingest::dead_letters::{self, Coordinates, LetterState, Replayed, Selection};
use rdkafka::{
    ClientConfig, Message,
    consumer::{BaseConsumer, Consumer},
    message::{Header, Headers, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer},
};
use std::{collections::BTreeMap, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_the_whole_record_with_its_coordinates_and_reason() {
    let bench = Bench::new(1);
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", bench.broker.bootstrap_servers()).create().unwrap();
    let headers = OwnedHeaders::new().insert(Header { key: "trace", value: Some("abc") });
    producer.send(BaseRecord::to(OUTCOMES).key("k").payload("{\"value\": ").headers(headers).partition(0)).unwrap();
    producer.flush(Duration::from_secs(5)).unwrap();
    bench.catch_up().await.unwrap();

    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bench.broker.bootstrap_servers())
        .set("group.id", "looking")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    let topic = format!("{OUTCOMES}.dead-letters");
    let mut list = rdkafka::TopicPartitionList::new();
    list.add_partition_range(&topic, 0, 3);
    list.set_all_offsets(rdkafka::Offset::Beginning).unwrap();
    consumer.assign(&list).unwrap();
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

fn place(offset: i64) -> Coordinates {
    Coordinates { topic: OUTCOMES.into(), partition: 0, offset }
}

async fn replay(bench: &Bench, selection: &Selection, again: bool) -> Replayed {
    dead_letters::replay(&bench.kafka(), &bench.ingest, &[OUTCOMES], selection, again).await.unwrap()
}

async fn states(bench: &Bench) -> Vec<(i64, LetterState)> {
    let letters = dead_letters::list(&bench.kafka(), &bench.ingest, &[OUTCOMES]).await.unwrap();
    assert!(letters.iter().all(|letter| (letter.state == LetterState::Replayed) == letter.replayed_at.is_some()));
    letters.into_iter().map(|letter| (letter.source.offset, letter.state)).collect()
}

/// A second `--all` once sent everything again, and nothing told what had been dealt with.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_sends_the_original_again_once() {
    use LetterState::{Open, Replayed};
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

/// A source topic that was made anew has other records at the same offsets.
#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_arrives_after_the_replay_of_its_coordinates_is_open() {
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
    assert_eq!((found[0].state, found[0].reason.as_str()), (LetterState::Open, "schema"));
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
