//! `[kafka]`: the brokers, and librdkafka's properties as they are given and as they may be shown.

use std::collections::BTreeMap;

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

/// What stands for a value that may be a secret.
const MASK: &str = "********";
/// Endings of names whose values are numbers, times, and places of files.
const OPEN_ENDINGS: [&str; 7] = [".ms", ".bytes", ".kbytes", ".messages", ".max", ".size", ".location"];
/// Other properties that hold no secret and are worth reading.
const OPEN: [&str; 27] = [
    "acks",
    "allow.auto.create.topics",
    "broker.address.family",
    "check.crcs",
    "client.dns.lookup",
    "client.id",
    "client.rack",
    "compression.codec",
    "compression.level",
    "compression.type",
    "debug",
    "enable.idempotence",
    "enable.ssl.certificate.verification",
    "group.instance.id",
    "log_level",
    "retries",
    "sasl.kerberos.principal",
    "sasl.kerberos.service.name",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.token.endpoint.url",
    "security.protocol",
    "socket.keepalive.enable",
    "ssl.cipher.suites",
    "ssl.endpoint.identification.algorithm",
];

/// A property's value as it may be shown. Any that is not known to hold no secret may be one: a name that is misspelt
/// (`sasl.pasword`) has a password for its value all the same.
pub fn shown_property(name: &str, value: &str) -> String {
    let open = OPEN.contains(&name) || OPEN_ENDINGS.iter().any(|ending| name.ends_with(ending));
    if open { lake::without_credentials(value) } else { MASK.to_owned() }
}

/// What librdkafka says of its properties, without what it repeats of their values.
pub(crate) fn without_values(words: &str, kafka: &KafkaSettings) -> String {
    let hidden = kafka.properties.iter().map(|(name, value)| (value.trim(), shown_property(name, value)));
    let hidden = hidden.filter(|(value, shown)| !value.is_empty() && value != shown);
    hidden.fold(words.to_owned(), |words, (value, shown)| words.replace(value, &shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_hold_no_secret_is_shown() {
        let hidden = [
            "sasl.password",
            "sasl.pasword",
            "sasl.username",
            "ssl.key.password",
            "ssl.key.pem",
            "ssl.keystore.password",
            "sasl.oauthbearer.client.secret",
            "sasl.oauthbearer.config",
            "sasl.oauthbearer.extensions",
            "sasl.oauthbearer.assertion.private.key.passphrase",
            "sasl.kerberos.kinit.cmd",
        ];
        for name in hidden {
            assert_eq!(shown_property(name, "hunter2"), MASK, "{name}");
        }
        let open = [("socket.timeout.ms", "5"), ("security.protocol", "SASL_SSL"), ("ssl.ca.location", "/etc/ca.pem")];
        for (name, value) in open {
            assert_eq!(shown_property(name, value), value);
        }
        let endpoint = shown_property("sasl.oauthbearer.token.endpoint.url", "https://user:p?ss@host/token?key=1");
        assert_eq!(endpoint, "https://********@host/token?********");
    }
}
