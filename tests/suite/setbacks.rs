//! Apache Kafka: a batch that cannot be unpacked stops its partition alone, and a foreign member of the group is named.

use end_to_end::{Kafka, Port, Program, get, wait_for};
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer},
    producer::{BaseProducer, BaseRecord, Producer},
};
use serde_json::Value;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

const TOPIC: &str = "bellwether.outcomes";
const LIMIT: Duration = Duration::from_secs(30);

/// Sends so many outcomes to a partition, as few batches as there can be, and waits until the broker has them.
fn send(kafka: &Kafka, partition: i32, name: &str, count: usize) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", kafka.brokers())
        .set("compression.type", "zstd")
        .set("linger.ms", "1000")
        .set("batch.size", "8000000")
        .set("batch.num.messages", "100000")
        .set("message.max.bytes", "10000000")
        .create()
        .unwrap();
    for n in 0..count {
        let event = format!(
            r#"{{"outcome_id":"{name}-{n}","revision":0,"recorded_at":"2026-03-02T08:00:00Z","site_id":"S1","occurred_at":"2026-03-02T07:00:00Z","kind":"near_miss","value":1}}"#
        );
        let record = BaseRecord::<str, str>::to(TOPIC).partition(partition).payload(&event);
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(LIMIT).unwrap();
    assert_eq!(producer.in_flight_count(), 0);
}

fn rows(program: &Program) -> u64 {
    let text = program.succeed(&["lake", "status", "--format", "json"]);
    let status: Vec<Value> = serde_json::from_str(&text).unwrap();
    status.iter().find(|line| line["table"] == "outcomes").and_then(|line| line["rows"].as_u64()).unwrap()
}

/// The value of a series by the beginning of its line.
fn series(address: &str, name: &str) -> Result<f64, String> {
    let text = get(&format!("http://{address}/metrics"))?;
    let line = text.lines().find(|line| line.starts_with(name)).ok_or_else(|| format!("no {name}"))?;
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).ok_or_else(|| line.to_owned())
}

fn is(address: &str, name: &str, wanted: f64) {
    wait_for(name, LIMIT, || match series(address, name)? {
        value if (value - wanted).abs() < f64::EPSILON => Ok(()),
        value => Err(format!("{name} is {value}, not {wanted}")),
    });
}

/// 90 MB once unpacked, it had all partitions taken again each second; commits of the others took 16 s instead of 5.
#[test]
fn a_batch_that_cannot_be_unpacked_stops_its_partition_and_no_other() {
    let Some(kafka) = Kafka::start() else { return };
    let mut program = Program::new(&kafka.brokers());
    send(&kafka, 0, "before", 10);
    send(&kafka, 0, "bomb", 20_000);
    send(&kafka, 1, "healthy", 5);
    program.set("KAFKA__PROPERTIES__RECEIVE_MESSAGE_MAX_BYTES", "1000512");
    program.set("KAFKA__PROPERTIES__FETCH_MAX_BYTES", "1000000");
    program.set("INGEST__FLUSH_AGE", "500ms");

    let ended = program.run(&["ingest", "--until-caught-up"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for part in ["bellwether.outcomes-0@10: ", "`receive.message.max.bytes` = 1000512", "the others go on"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert_eq!(rows(&program), 15, "all else is read");

    let port = Port::hold();
    let address = port.address();
    program.set("HTTP__LISTEN", &address);
    let service = program.start("stopped", &["ingest"]);
    is(&address, r#"bellwether_partition_stopped{partition="0",topic="bellwether.outcomes"}"#, 1.0);
    for round in 1..=5 {
        send(&kafka, 1, &format!("later-{round}"), 10);
        is(&address, r#"bellwether_ingested_rows_total{stream="outcomes"}"#, f64::from(round * 10));
    }
    let log = std::fs::read_to_string(program.folder().join("stopped.log")).unwrap();
    assert_eq!(log.matches("bellwether.outcomes-0@10").count(), 1, "said once: {log}");
    drop(service);

    // The limit that the program comes with is enough.
    program.set("KAFKA__PROPERTIES__RECEIVE_MESSAGE_MAX_BYTES", "1073741824");
    program.set("KAFKA__PROPERTIES__FETCH_MAX_BYTES", "16777216");
    program.succeed(&["ingest", "--until-caught-up"]);
    assert_eq!(rows(&program), 20_065);
}

/// `--until-caught-up` waited for ever for partitions that another team's program held in the same group.
#[test]
fn a_foreign_member_of_the_group_is_named_with_its_partitions() {
    let Some(kafka) = Kafka::start() else { return };
    let mut program = Program::new(&kafka.brokers());
    program.set("INGEST__WITHHELD_LIMIT", "5s");
    for partition in 0..3 {
        send(&kafka, partition, "event", 10);
    }
    let foreign: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka.brokers())
        .set("group.id", "bellwether")
        .set("client.id", "somebody-else")
        .create()
        .unwrap();
    foreign.subscribe(&[TOPIC]).unwrap();
    wait_for("a partition of the foreign member", LIMIT, || {
        let _ = foreign.poll(Duration::from_millis(50));
        let held = foreign.assignment().map_err(|error| error.to_string())?.count();
        if held > 0 { Ok(()) } else { Err("none".to_owned()) }
    });
    let done = AtomicBool::new(false);
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let _ = foreign.poll(Duration::from_millis(50));
            }
            foreign.unsubscribe();
        });
        let ended = program.run(&["ingest", "--until-caught-up"]);
        done.store(true, Ordering::Relaxed);
        ended
    });
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for part in
        ["bellwether.outcomes-", "group bellwether", "client.id \"somebody-else\" at 127.0.0.1", "`ingest.group`"]
    {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    drop(foreign);
    program.succeed(&["ingest", "--until-caught-up"]);
    assert_eq!(rows(&program), 30);
}
