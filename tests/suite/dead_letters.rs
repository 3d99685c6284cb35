//! Dead letters on Apache Kafka: their topics are made as the documentation says, and a replay is remembered.

use crate::produce;
use end_to_end::{Kafka, Program};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, OwnedResourceSpecifier, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

const OUTCOMES: &str = "bellwether.outcomes";
const SITES: &str = "bellwether.sites";

struct Admin {
    client: AdminClient<DefaultClientContext>,
    runtime: tokio::runtime::Runtime,
}

impl Admin {
    fn new(brokers: &str) -> Self {
        let client = ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
        Self { client, runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap() }
    }

    fn create(&self, topic: &str, partitions: i32, limit: &str) {
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1)).set("max.message.bytes", limit);
        let created = self.runtime.block_on(self.client.create_topics([&new], &AdminOptions::new())).unwrap();
        assert!(created.iter().all(Result::is_ok), "{created:?}");
    }

    /// Partitions and settings of a topic.
    fn topic(&self, name: &str) -> (usize, BTreeMap<String, String>) {
        let metadata = self.client.inner().fetch_metadata(None, Duration::from_secs(10)).unwrap();
        let found = metadata.topics().iter().find(|topic| topic.name() == name);
        let wanted = [ResourceSpecifier::Topic(name)];
        let described = self.runtime.block_on(self.client.describe_configs(&wanted, &AdminOptions::new())).unwrap();
        let described = described.into_iter().next().unwrap().unwrap();
        assert_eq!(described.specifier, OwnedResourceSpecifier::Topic(name.to_owned()));
        let entries = described.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?)));
        (found.map_or(0, |topic| topic.partitions().len()), entries.collect())
    }
}

#[test]
fn missing_topics_are_made_at_the_start_with_14_days_and_room_for_the_largest_record() {
    let Some(kafka) = Kafka::start() else { return };
    let program = Program::new(&kafka.brokers());
    let admin = Admin::new(&kafka.brokers());
    admin.create(OUTCOMES, 2, "2000000");
    admin.create(&format!("{SITES}.dead-letters"), 1, "1000");
    let told = program.run(&["ingest", "--until-caught-up"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let (partitions, settings) = admin.topic(&format!("{OUTCOMES}.dead-letters"));
    let of = |name: &str| settings[name].as_str();
    assert_eq!((partitions, of("max.message.bytes")), (2, "2065536"), "as the source has");
    assert_eq!((of("retention.ms"), of("cleanup.policy")), ("1209600000", "delete"));
    // There is no such source topic yet: the broker's own limit, and 64 KiB.
    let (partitions, settings) = admin.topic("bellwether.leaders.dead-letters");
    assert_eq!((partitions, settings["max.message.bytes"].as_str()), (1, "10551296"));
    // What exists is left as it is.
    assert_eq!(admin.topic(&format!("{SITES}.dead-letters")).1["max.message.bytes"], "1000");
    assert!(!told.stderr.contains("cannot be created"), "{}", told.stderr);

    let mut program = Program::new(&kafka.brokers());
    program.set("INGEST__DEAD_LETTER_SUFFIX", ".refused");
    program.set("INGEST__DEAD_LETTER_REPLICATION", "7");
    let told = program.run(&["ingest", "--until-caught-up"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    assert_eq!(told.stderr.matches("cannot be created").count(), 1, "{}", told.stderr);
    assert!(told.stderr.contains("ops/kafka/topics.sh") && told.stderr.contains("eplication"), "{}", told.stderr);
}

#[test]
fn a_replay_is_remembered_and_the_group_is_left_empty() {
    let Some(kafka) = Kafka::start() else { return };
    let program = Program::new(&kafka.brokers());
    produce::send(&kafka.brokers(), &[(OUTCOMES, None, Some(b"nonsense".to_vec()))]);
    program.succeed(&["ingest", "--until-caught-up"]);
    let list = |arguments: &[&str]| -> Vec<Value> {
        let all = [&["dead-letters", "list", "--format", "json"], arguments].concat();
        serde_json::from_str(&program.succeed(&all)).unwrap()
    };
    assert_eq!(list(&["--open"])[0]["state"], "open");
    let letter = format!("{OUTCOMES}-0@0");
    assert!(program.succeed(&["dead-letters", "replay", "--all"]).contains(&letter));
    assert!(!program.succeed(&["dead-letters", "replay", "--all"]).contains(&letter), "only what is open");
    assert_eq!(list(&["--open"]), [] as [Value; 0]);
    let listed = list(&[]);
    assert!(listed[0]["state"] == "replayed" && listed[0]["replayed_at"].is_string(), "{listed:?}");
    let again = program.run(&["dead-letters", "replay", &letter]);
    assert!(again.code == Some(1) && again.stdout.contains("--again"), "{again:?}");
    program.succeed(&["dead-letters", "replay", &letter, "--again"]);
    program.succeed(&["ingest", "--until-caught-up"]);
    assert_eq!(list(&[]).len(), 3, "still nonsense, twice more");

    // Whoever comes next gets its partitions at once: nobody waits for a member that has gone.
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", kafka.brokers()).create().unwrap();
    let groups = consumer.fetch_group_list(Some("bellwether"), Duration::from_secs(10)).unwrap();
    let group = &groups.groups()[0];
    assert_eq!((group.state(), group.members().len()), ("Empty", 0));
}
