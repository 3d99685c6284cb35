//! Settings as they are given, and as they are once they make sense.

use crate::{PrivacyKey, client, properties::without_values};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rdkafka::error::KafkaError;
use std::{collections::BTreeMap, ops::Range, time::Duration};

/// Properties of librdkafka that exactly-once rests on, and those that have a setting of their own.
const OWN_PROPERTIES: &[&str] = &[
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.partition.eof",
    "group.id",
    "group.protocol",
    "isolation.level",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "metadata.broker.list",
    "partition.assignment.strategy",
];

/// `[kafka]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaSettings {
    /// Bootstrap servers, `host:port` separated by commas.
    pub brokers: String,
    /// Any further property of librdkafka (SASL, TLS, buffers).
    pub properties: BTreeMap<String, String>,
}

impl Default for KafkaSettings {
    fn default() -> Self {
        Self { brokers: "localhost:9092".into(), properties: BTreeMap::new() }
    }
}

/// `[ingest]`, as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestSettings {
    /// Consumer group.
    pub group: String,
    /// Records above this many bytes of key, value and headers are dead letters.
    pub max_record_bytes: usize,
    /// A batch is committed at the latest this long after its first record.
    pub flush_age: Duration,
    /// … or when it holds this many rows.
    pub flush_rows: usize,
    /// … or this many bytes of payload.
    pub flush_bytes: usize,
    /// Event times that are believed.
    pub event_times: EventTimes,
    /// Resume partitions whose topic was truncated or recreated at the earliest record, and tables that another engine has
    /// restored behind the hole.
    pub accept_gap: bool,
    /// How long a stop may take to commit what is in flight.
    pub drain_limit: Duration,
    /// How long to wait for a broker before giving up.
    pub connect_limit: Duration,
    /// How long another member of the group may hold records back before a run until caught up ends with an error. It is
    /// told after a tenth of it.
    pub withheld_limit: Duration,
    /// Dead letters of a topic go to the topic of its name with this suffix.
    pub dead_letter_suffix: String,
    /// Make those topics where they are missing.
    pub create_dead_letter_topics: bool,
    /// Copies of each of their partitions; `None`: as the broker makes them.
    pub dead_letter_replication: Option<u16>,
}

impl Default for IngestSettings {
    fn default() -> Self {
        Self {
            group: "bellwether".into(),
            max_record_bytes: 1024 * 1024,
            flush_age: Duration::from_secs(5),
            flush_rows: 500_000,
            flush_bytes: 64 * 1024 * 1024,
            event_times: EventTimes::default(),
            accept_gap: false,
            drain_limit: Duration::from_secs(30),
            connect_limit: Duration::from_secs(10),
            withheld_limit: Duration::from_secs(300),
            dead_letter_suffix: ".dead-letters".into(),
            create_dead_letter_topics: true,
            dead_letter_replication: None,
        }
    }
}

/// `[ingest.event_times]`: an event outside is a dead letter (a clock that stood at 1970, a typing error).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTimes {
    /// First day (UTC).
    pub from: Date,
    /// Years after the moment of ingestion.
    pub years_ahead: u8,
}

impl Default for EventTimes {
    fn default() -> Self {
        Self { from: Date::constant(2000, 1, 1), years_ahead: 2 }
    }
}

impl EventTimes {
    /// The accepted range in microseconds since the epoch, as seen at `now`.
    pub fn range(&self, now: Timestamp) -> Range<i64> {
        let from =
            self.from.to_zoned_datetime(TimeZone::UTC).map_or(i64::MIN, |from| from.timestamp().as_microsecond());
        let ahead = now.to_zoned_datetime(TimeZone::UTC).checked_add(i64::from(self.years_ahead).years());
        from..ahead.map_or(i64::MAX, |to| to.timestamp().as_microsecond())
    }
}

/// Settings that make sense together: what [`crate::run`] takes.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) kafka: KafkaSettings,
    pub(crate) ingest: IngestSettings,
    pub(crate) key: PrivacyKey,
}

/// A setting that makes no sense: its key, its value, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {value}: {problem}")]
pub struct SettingsError {
    /// Key, as in the file.
    pub key: String,
    /// Value, as given (masked where it may be a secret).
    pub value: String,
    /// What would be right.
    pub problem: String,
}

impl KafkaSettings {
    /// Refuses empty brokers, and properties that are not free to be set or that librdkafka does not take. Connects to
    /// nobody.
    pub fn check(&self) -> Result<(), SettingsError> {
        if self.brokers.trim().is_empty() {
            return Err(fault("kafka.brokers", "\"\"", "name at least one host:port"));
        }
        let own = self.properties.keys().find(|key| OWN_PROPERTIES.contains(&key.as_str()));
        if let Some(key) = own {
            return Err(fault(&property(key), "…", instead(key)));
        }
        client::check(self).map_err(|error| match error {
            KafkaError::ClientConfig(_, problem, key, _) => {
                fault(&property(&key), "…", &or_built_without(without_values(&problem, self)))
            }
            error => fault("kafka.properties", "…", &or_built_without(without_values(&error.to_string(), self))),
        })
    }
}

impl Settings {
    /// Checks every setting; the error names the first that makes no sense.
    pub fn new(kafka: KafkaSettings, ingest: IngestSettings, key: PrivacyKey) -> Result<Self, SettingsError> {
        kafka.check()?;
        let positive = [
            ("max_record_bytes", ingest.max_record_bytes),
            ("flush_rows", ingest.flush_rows),
            ("flush_bytes", ingest.flush_bytes),
        ];
        if let Some((name, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(fault(&format!("ingest.{name}"), "0", "must be at least 1"));
        }
        if ingest.flush_age.is_zero() {
            return Err(fault("ingest.flush_age", "0", "must be above 0, e.g. \"5s\""));
        }
        if ingest.withheld_limit.is_zero() {
            return Err(fault("ingest.withheld_limit", "0", "must be above 0, e.g. \"5m\""));
        }
        if ingest.group.is_empty() {
            return Err(fault("ingest.group", "\"\"", "name the consumer group, e.g. \"bellwether\""));
        }
        if !topic_suffix(&ingest.dead_letter_suffix) {
            let problem = "must be one or more of letters, digits, '.', '_' and '-', e.g. \".dead-letters\"";
            return Err(fault("ingest.dead_letter_suffix", &ingest.dead_letter_suffix, problem));
        }
        Ok(Self { kafka, ingest, key })
    }

    /// The topic that takes the dead letters of `topic`.
    pub fn dead_letter_topic(&self, topic: &str) -> String {
        format!("{topic}{}", self.ingest.dead_letter_suffix)
    }
}

/// What librdkafka says of a property, and what to do where it is the program that lacks something.
fn or_built_without(problem: String) -> String {
    let lacking = ["OpenSSL not available", "openssl support"].iter().any(|words| problem.contains(words));
    match lacking {
        true => format!(
            "{problem}: this program was built without TLS and SASL: build it with `cargo build --release --features tls`"
        ),
        false => problem,
    }
}

/// What to do about a property that is not free.
fn instead(key: &str) -> &'static str {
    match key {
        "bootstrap.servers" | "metadata.broker.list" => "remove it; the brokers are `kafka.brokers`",
        "group.id" => "remove it; the consumer group is `ingest.group`",
        _ => "remove it; exactly-once delivery rests on what the program sets itself",
    }
}

fn property(key: &str) -> String {
    format!("kafka.properties.{key}")
}

fn topic_suffix(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn fault(key: &str, value: &str, problem: &str) -> SettingsError {
    SettingsError { key: key.into(), value: value.into(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(kafka: KafkaSettings, ingest: IngestSettings) -> Result<Settings, SettingsError> {
        Settings::new(kafka, ingest, PrivacyKey::new("0123456789abcdef").unwrap())
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let own = KafkaSettings {
            properties: BTreeMap::from([("isolation.level".into(), "read_uncommitted".into())]),
            ..Default::default()
        };
        let own = settings(own, Default::default()).unwrap_err().to_string();
        assert!(own.contains("kafka.properties.isolation.level") && own.contains("exactly-once"), "{own}");
        let group = BTreeMap::from([("group.id".to_owned(), "mine".to_owned())]);
        let group = KafkaSettings { properties: group, ..Default::default() }.check().unwrap_err().to_string();
        assert!(group.contains("the consumer group is `ingest.group`"), "{group}");
        let none = IngestSettings { flush_rows: 0, ..Default::default() };
        assert_eq!(settings(Default::default(), none).unwrap_err().key, "ingest.flush_rows");
        let suffix = IngestSettings { dead_letter_suffix: " bad".into(), ..Default::default() };
        assert_eq!(settings(Default::default(), suffix).unwrap_err().key, "ingest.dead_letter_suffix");
    }

    #[test]
    fn properties_that_librdkafka_does_not_take_are_refused_by_name() {
        let refused = |properties: &[(&str, &str)]| {
            let properties = properties.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            KafkaSettings { properties, ..Default::default() }.check().unwrap_err()
        };
        let unknown = refused(&[("linger.mss", "5")]);
        assert_eq!(unknown.key, "kafka.properties.linger.mss");
        assert!(unknown.problem.contains("No such configuration property"), "{unknown}");
        assert_eq!(refused(&[("socket.timeout.ms", "soon")]).key, "kafka.properties.socket.timeout.ms");
        let together = refused(&[("session.timeout.ms", "60000"), ("max.poll.interval.ms", "10000")]);
        assert!(together.problem.contains("max.poll.interval.ms"), "{together}");
        assert_eq!(KafkaSettings::default().check(), Ok(()));
    }

    /// librdkafka repeats a value that it refuses.
    #[test]
    fn a_refused_property_does_not_show_its_value() {
        for name in ["queue.buffering.backpressure.threshold", "sasl.pasword", "ssl.key.pem", "sasl.mechanism"] {
            let secret = [(name, "hunter2"), ("security.protocol", "SASL_SSL"), ("sasl.password", "hunter2")];
            let properties = secret.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let refused = KafkaSettings { properties: properties.into(), ..Default::default() }.check().unwrap_err();
            assert!(!refused.to_string().contains("hunter2"), "{refused}");
        }
        let url = "https://user:p?ss@host/token";
        let properties = BTreeMap::from([("sasl.oauthbearer.token.endpoint.url".to_owned(), url.to_owned())]);
        let kafka = KafkaSettings { properties, ..Default::default() };
        assert_eq!(without_values(&format!("cannot reach {url}"), &kafka), "cannot reach https://********@host/token");
    }

    /// Without the feature no property of TLS works, and what librdkafka says of it names nothing to do.
    #[test]
    #[cfg(not(feature = "tls"))]
    fn what_the_program_was_built_without_is_said() {
        let cases: [&[(&str, &str)]; 4] = [
            &[("security.protocol", "ssl")],
            &[("security.protocol", "sasl_ssl"), ("sasl.mechanisms", "PLAIN")],
            &[("ssl.ca.location", "/etc/ssl/ca.pem")],
            &[("security.protocol", "sasl_plaintext"), ("sasl.mechanisms", "SCRAM-SHA-512")],
        ];
        for properties in cases {
            let owned = properties.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let refused = KafkaSettings { properties: owned, ..Default::default() }.check().unwrap_err();
            assert!(refused.problem.contains("--features tls"), "{refused}");
            assert!(refused.key.starts_with("kafka.properties"), "{refused}");
        }
    }

    #[test]
    fn event_times_reach_two_years_ahead() {
        let range = EventTimes::default().range("2026-02-01T00:00:00Z".parse().unwrap());
        let micros = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
        assert_eq!(range, micros("2000-01-01T00:00:00Z")..micros("2028-02-01T00:00:00Z"));
    }
}
