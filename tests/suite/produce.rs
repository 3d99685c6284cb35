//! Raw records into Kafka, as a producer that we do not control would send them.

use end_to_end::wait_for;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

/// A record: topic, key, payload (`None`: null).
pub type Record<'a> = (&'a str, Option<&'a str>, Option<Vec<u8>>);

/// Sends them in order and waits until the broker has them.
pub fn send(brokers: &str, records: &[Record<'_>]) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", brokers).set("message.max.bytes", "10000000").create().unwrap();
    queue(&producer, records);
    producer.flush(LIMIT).unwrap();
    assert_eq!(producer.in_flight_count(), 0);
}

/// How a transaction ends.
#[derive(Clone, Copy)]
pub enum End {
    Commit,
    Abort,
}

/// Sends batches, each in a transaction of its own.
pub fn transactions(brokers: &str, batches: &[(Vec<Record<'_>>, End)]) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("transactional.id", "a-producer-with-transactions")
        .create()
        .unwrap();
    producer.init_transactions(LIMIT).unwrap();
    for (records, end) in batches {
        producer.begin_transaction().unwrap();
        queue(&producer, records);
        producer.flush(LIMIT).unwrap();
        match end {
            End::Commit => producer.commit_transaction(LIMIT).unwrap(),
            End::Abort => producer.abort_transaction(LIMIT).unwrap(),
        }
    }
}

fn queue(producer: &BaseProducer, records: &[Record<'_>]) {
    for (topic, key, payload) in records {
        let mut record = BaseRecord::<str, [u8]>::to(topic).partition(0);
        record.key = *key;
        record.payload = payload.as_deref();
        producer.send(record).map_err(|(error, _)| error).unwrap();
        producer.poll(Duration::ZERO);
    }
}

/// Deletes a topic and waits until it is there again, empty.
pub fn recreate(brokers: &str, topic: &str) {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let options = AdminOptions::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(admin.delete_topics(&[topic], &options)).unwrap();
    // Refused for as long as the broker is busy deleting.
    wait_for(&format!("{topic}, made again"), LIMIT, || {
        let new = NewTopic::new(topic, 3, TopicReplication::Fixed(1));
        let made = runtime.block_on(admin.create_topics([&new], &options)).unwrap();
        made.into_iter().try_for_each(|one| one.map(drop).map_err(|(name, code)| format!("{name}: {code}")))
    });
}
