//! A Kafka broker inside the process, for demonstrations and tests.

use rdkafka::{
    ClientConfig, bindings,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    producer::{BaseProducer, Producer},
    types::RDKafkaRespErr,
};
use std::{fmt, time::Duration};

/// How long a new group waits for further members. The protocol's usual 3 s would dominate every test.
const REBALANCE_DELAY_MS: i32 = 50;
/// Loopback answers within milliseconds; more than this means the broker is gone.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A broker that speaks the Kafka protocol on loopback for as long as this value lives.
///
/// It keeps little: each partition holds at most **5 MiB of stored (compressed) batches and 100,000 batches**, older
/// ones are dropped silently. Spread a large load over partitions, produce no faster than it is consumed, and
/// check [`EmbeddedBroker::watermarks`] (a low watermark above what was consumed means loss). Transactions are not
/// isolated: aborted messages show. A group that its last member has left assigns its partitions to the next one only
/// when the session timeout less one second has passed, however cleanly it was left. Topics that are not created here
/// are created on first use, with 4 partitions.
pub struct EmbeddedBroker {
    // The client owns the cluster: it must outlive every use of the brokers, and drops last.
    owner: BaseProducer,
    bootstrap_servers: String,
}

impl fmt::Debug for EmbeddedBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedBroker").field("bootstrap_servers", &self.bootstrap_servers).finish()
    }
}

impl EmbeddedBroker {
    /// Starts one broker on a free port of the loopback interface, with these topics (name, partitions).
    pub fn start(topics: &[(&str, i32)]) -> Result<Self, KafkaError> {
        let owner: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", "embedded") // replaced by the cluster's own
            .set("test.mock.num.brokers", "1")
            .create()?;
        let bootstrap_servers = owner.client().mock_cluster().map(|cluster| cluster.bootstrap_servers());
        let bootstrap_servers =
            bootstrap_servers.ok_or_else(|| KafkaError::ClientCreation("no embedded broker was started".into()))?;
        let broker = Self { owner, bootstrap_servers };
        broker.quicken_rebalances();
        topics.iter().try_for_each(|(topic, partitions)| broker.create_topic(topic, *partitions))?;
        Ok(broker)
    }

    /// What a client sets as `bootstrap.servers`, e.g. `127.0.0.1:41233`.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// Adds a topic.
    pub fn create_topic(&self, topic: &str, partitions: i32) -> Result<(), KafkaError> {
        self.owner.client().mock_cluster().map_or(Ok(()), |cluster| cluster.create_topic(topic, partitions, 1))
    }

    /// Closes all connections and refuses new ones, as a dead broker does, until [`EmbeddedBroker::up`].
    pub fn down(&self) -> Result<(), KafkaError> {
        self.owner.client().mock_cluster().map_or(Ok(()), |cluster| cluster.broker_down(-1))
    }

    /// Takes a partition's leader away: it cannot be asked or read until [`EmbeddedBroker::lead`].
    pub fn orphan(&self, topic: &str, partition: i32) -> Result<(), KafkaError> {
        self.owner.client().mock_cluster().map_or(Ok(()), |cluster| cluster.partition_leader(topic, partition, None))
    }

    /// Restores a partition's leader.
    pub fn lead(&self, topic: &str, partition: i32) -> Result<(), KafkaError> {
        self.owner.client().mock_cluster().map_or(Ok(()), |cluster| cluster.partition_leader(topic, partition, Some(1)))
    }

    /// Lets a topic look as if it did not exist, until [`EmbeddedBroker::show_topic`].
    pub fn hide_topic(&self, topic: &str) -> Result<(), KafkaError> {
        self.answer_with(topic, bindings::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    }

    /// Lets a hidden topic be seen again.
    pub fn show_topic(&self, topic: &str) -> Result<(), KafkaError> {
        self.answer_with(topic, bindings::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    fn answer_with(&self, topic: &str, error: RDKafkaRespErr) -> Result<(), KafkaError> {
        self.owner.client().mock_cluster().map_or(Ok(()), |cluster| cluster.topic_error(topic, error))
    }

    /// Accepts connections again.
    pub fn up(&self) -> Result<(), KafkaError> {
        self.owner.client().mock_cluster().map_or(Ok(()), |cluster| cluster.broker_up(-1))
    }

    /// First offset still kept, and the offset that the next message gets.
    pub fn watermarks(&self, topic: &str, partition: i32) -> Result<(i64, i64), KafkaError> {
        let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", &self.bootstrap_servers).create()?;
        consumer.fetch_watermarks(topic, partition, TIMEOUT)
    }

    #[expect(unsafe_code, reason = "librdkafka offers this knob of its cluster through C only")]
    fn quicken_rebalances(&self) {
        // SAFETY: `owner` was made with a cluster and owns it, so the handle is valid for this call; the function
        // only stores an integer, under the cluster's own lock.
        unsafe {
            let cluster = bindings::rd_kafka_handle_mock_cluster(self.owner.client().native_ptr());
            if !cluster.is_null() {
                bindings::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, REBALANCE_DELAY_MS);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::producer::BaseRecord;

    #[test]
    fn keeps_what_is_produced_and_tells_its_range() {
        let broker = EmbeddedBroker::start(&[("colours", 3)]).unwrap();
        let producer: BaseProducer =
            ClientConfig::new().set("bootstrap.servers", broker.bootstrap_servers()).create().unwrap();
        for payload in ["red", "green"] {
            producer.send(BaseRecord::<(), str>::to("colours").partition(2).payload(payload)).unwrap();
        }
        producer.flush(TIMEOUT).unwrap();
        assert_eq!(broker.watermarks("colours", 2).unwrap(), (0, 2));
        assert_eq!(broker.watermarks("colours", 0).unwrap(), (0, 0));
    }

    #[test]
    fn two_brokers_are_two_clusters() {
        let (one, two) = (EmbeddedBroker::start(&[]).unwrap(), EmbeddedBroker::start(&[]).unwrap());
        assert_ne!(one.bootstrap_servers(), two.bootstrap_servers());
    }
}
