//! How this crate's Kafka clients are configured, in one place.

use crate::{
    error::{IngestError, Obstacle, Unreachable},
    properties::KafkaSettings,
};
use rdkafka::{
    ClientConfig,
    admin::AdminClient,
    client::DefaultClientContext,
    config::{FromClientConfig, RDKafkaLogLevel},
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    metadata::Metadata,
    producer::BaseProducer,
};
use std::time::Duration;

/// What a record may be larger than the source topic allows once its dead-letter headers are added.
pub(crate) const HEADER_ROOM: u64 = 64 * 1024;
/// The client's own limit on what it produces: above any sensible topic's, so that the broker decides.
const LARGEST_MESSAGE: u64 = 64 * 1024 * 1024;

/// Bounds what a batch of records may be once it is unpacked, among other things.
pub(crate) const RECEIVE_LIMIT: &str = "receive.message.max.bytes";
/// A batch of 1 MiB, which any broker takes, unpacks to 90 MB where records are alike, and librdkafka tries room for a
/// batch of zstd in steps of three: this is sure to read 340 MB. A limit only; nothing of the kind is set aside.
const LARGEST_BATCH: u64 = 1 << 30;
/// What one answer to the consumer holds, of all partitions.
const LARGEST_FETCH: u64 = 16 << 20;

/// The limit on what a batch may unpack to, as it is in force.
pub(crate) fn receive_limit(kafka: &KafkaSettings) -> u64 {
    kafka.properties.get(RECEIVE_LIMIT).and_then(|bytes| bytes.parse().ok()).unwrap_or(LARGEST_BATCH)
}

/// So many things that a client has reported are looked at for why no broker answered: log lines are among them.
pub(crate) const REPORTS: usize = 1000;

fn base(kafka: &KafkaSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("client.id", "bellwether")
        .set("reconnect.backoff.max.ms", "1000")
        // How soon a topic that did not exist is found.
        .set("topic.metadata.refresh.interval.ms", "10000")
        .set(RECEIVE_LIMIT, LARGEST_BATCH.to_string());
    kafka.properties.iter().for_each(|(key, value)| {
        config.set(key, value);
    });
    config.set("bootstrap.servers", &kafka.brokers);
    config
}

/// Whether librdkafka takes the properties, each for itself and together with what we set: clients are made of them that
/// connect to nobody.
pub(crate) fn check(kafka: &KafkaSettings) -> KafkaResult<()> {
    let quiet = |mut config: ClientConfig| {
        config.remove("bootstrap.servers").set_log_level(RDKafkaLogLevel::Emerg);
        config
    };
    quiet(consumer(kafka, "bellwether")).create::<BaseConsumer>().map(drop)?;
    quiet(producer(kafka)).create::<BaseProducer>().map(drop)
}

fn unless_set(config: &mut ClientConfig, kafka: &KafkaSettings, defaults: &[(&str, &str)]) {
    for (key, value) in defaults.iter().filter(|(key, _)| !kafka.properties.contains_key(*key)) {
        config.set(*key, *value);
    }
}

/// What every consumer needs.
fn consuming(kafka: &KafkaSettings) -> ClientConfig {
    let mut config = base(kafka);
    let bytes = |key: &str| kafka.properties.get(key).and_then(|bytes| bytes.parse::<u64>().ok());
    // Compressed: one answer may be several times as much once it is unpacked, whatever the queue's limit. librdkafka wants it
    // to be no less than a message may have, and 512 bytes less than what is received.
    let fetch = LARGEST_FETCH.max(bytes("message.max.bytes").unwrap_or(0));
    let fetch = fetch.min(receive_limit(kafka).saturating_sub(512));
    unless_set(&mut config, kafka, &[("fetch.max.bytes", &fetch.to_string())]);
    config
}

/// The consumer of the pipeline: positions are the table's, never Kafka's.
pub(crate) fn consumer(kafka: &KafkaSettings, group: &str) -> ClientConfig {
    let mut config = consuming(kafka);
    let defaults = [
        // The default, 1 s, throttles a consumer that cannot keep its queue short.
        ("fetch.queue.backoff.ms", "10"),
        ("queued.max.messages.kbytes", "32768"),
        // Kilobytes are those of values alone: headers are bounded by the number of records only. As many as are taken from
        // the queue at once: with fewer fetching stops while they are waited for.
        ("queued.min.messages", "8192"),
        ("fetch.wait.max.ms", "100"),
    ];
    unless_set(&mut config, kafka, &defaults);
    config
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .set("partition.assignment.strategy", "range");
    config
}

/// A consumer that looks at single records and watermarks, and joins no group. What stands at an offset, be it aborted:
/// it is compared with what once stood there.
pub(crate) fn probe<C: FromClientConfig>(kafka: &KafkaSettings, group: &str) -> Result<C, IngestError> {
    looking(kafka, group, "read_uncommitted")
}

/// The same of what is valid alone, as ingestion sees it.
pub(crate) fn committed<C: FromClientConfig>(kafka: &KafkaSettings, group: &str) -> Result<C, IngestError> {
    looking(kafka, group, "read_committed")
}

fn looking<C: FromClientConfig>(kafka: &KafkaSettings, group: &str, isolation: &str) -> Result<C, IngestError> {
    consuming(kafka)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", isolation)
        .set("enable.partition.eof", "true")
        .set("fetch.wait.max.ms", "20")
        .set("queued.min.messages", "1")
        .create()
        .map_err(IngestError::kafka("creating a Kafka client"))
}

/// A client for topics' configuration.
pub(crate) fn admin(kafka: &KafkaSettings) -> KafkaResult<AdminClient<DefaultClientContext>> {
    base(kafka).create()
}

/// An idempotent producer; the broker decides what is too large.
pub(crate) fn producer(kafka: &KafkaSettings) -> ClientConfig {
    let mut config = base(kafka);
    let defaults = [("compression.type", "zstd"), ("linger.ms", "20"), ("message.timeout.ms", "60000")];
    unless_set(&mut config, kafka, &defaults);
    config
        .set("enable.idempotence", "true")
        // In a topic that was only just made, a record that is sent again behind others would be taken for a duplicate.
        .set("max.in.flight.requests.per.connection", "1")
        .set("message.max.bytes", (LARGEST_MESSAGE + HEADER_ROOM).to_string())
        // The same key goes to the same partition as with the Java client.
        .set("partitioner", "murmur2_random");
    config
}

/// A producer for many records: larger batches, several on their way, and a bounded buffer that is waited for. Only for
/// topics that are ready.
pub(crate) fn bulk_producer(kafka: &KafkaSettings) -> ClientConfig {
    let mut config = producer(kafka);
    unless_set(
        &mut config,
        kafka,
        &[("compression.type", "lz4"), ("batch.size", "262144"), ("queue.buffering.max.kbytes", "65536")],
    );
    config.set("max.in.flight.requests.per.connection", "5");
    config
}

/// The cluster's metadata, or a plain error when no broker answers within `limit`.
pub(crate) fn metadata(client: &BaseConsumer, kafka: &KafkaSettings, limit: Duration) -> Result<Metadata, IngestError> {
    let unreachable = |error| {
        // Fetching says only that nothing came; why is in what the client has reported meanwhile.
        let reported = (0..REPORTS).filter_map(|_| client.poll(Duration::ZERO)?.err());
        let source = most_telling(error, reported);
        Unreachable { brokers: kafka.brokers.clone(), seconds: limit.as_secs(), source }
    };
    Ok(client.fetch_metadata(None, limit).map_err(unreachable)?)
}

/// The error that says most of why no broker answered.
pub(crate) fn most_telling(error: KafkaError, reported: impl Iterator<Item = KafkaError>) -> KafkaError {
    reported.fold(error, |best, next| if Obstacle::of(&next) > Obstacle::of(&best) { next } else { best })
}

/// Errors that waiting does not cure.
pub(crate) fn fatal(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{
        Authentication, AutoOffsetReset, ClusterAuthorizationFailed, Fatal, GroupAuthorizationFailed,
        SaslAuthenticationFailed, TopicAuthorizationFailed,
    };
    let incurable = |code| {
        matches!(
            code,
            Authentication
                | AutoOffsetReset
                | ClusterAuthorizationFailed
                | Fatal
                | GroupAuthorizationFailed
                | SaslAuthenticationFailed
                | TopicAuthorizationFailed
        )
    };
    matches!(error, KafkaError::MessageConsumptionFatal(_)) || error.rdkafka_error_code().is_some_and(incurable)
}

/// There is no such topic, or no such partition of it.
pub(crate) fn missing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{UnknownPartition, UnknownTopic, UnknownTopicOrPartition};
    matches!(error.rdkafka_error_code(), Some(UnknownPartition | UnknownTopic | UnknownTopicOrPartition))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RDKafkaErrorCode::{AllBrokersDown, Authentication, BrokerTransportFailure, OperationTimedOut, Resolve, SSL};

    /// Fetching metadata only ever fails with a time-out or a lost connection.
    #[test]
    fn what_the_client_has_reported_tells_what_to_fix() {
        let message = |codes: &[RDKafkaErrorCode]| {
            let reported = codes.iter().map(|code| KafkaError::MessageConsumption(*code));
            let source = most_telling(KafkaError::MetadataFetch(OperationTimedOut), reported);
            Unreachable { brokers: "kafka.example:9092".into(), seconds: 10, source }.to_string()
        };
        let silence = message(&[BrokerTransportFailure, AllBrokersDown]);
        assert!(silence.contains("answered within 10 s") && silence.contains("security.protocol"), "{silence}");
        let name = message(&[Resolve, AllBrokersDown]);
        assert!(name.contains("a name in kafka.example:9092 is not known here") && name.contains("DNS"), "{name}");
        let credentials = message(&[BrokerTransportFailure, Authentication, AllBrokersDown]);
        assert!(credentials.contains("does not take our credentials"), "{credentials}");
        assert!(credentials.contains("`sasl.password`"), "{credentials}");
        let tls = message(&[SSL]);
        assert!(tls.contains("do not agree on TLS") && tls.contains("ssl.ca.location"), "{tls}");
    }
}
