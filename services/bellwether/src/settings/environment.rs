//! Settings as environment variables, and variables that look like settings and are none, such as
//! `BELLWETHER_KAFKA_BROKERS`.
//!
//! One whose name is nearly a setting's is a fault: its author believes that it holds. Of others nobody can say whose they
//! are; `config check` names them.

use super::fault::Fault;
use evaluation::messages::nearest;
use std::collections::BTreeMap;

/// Environment variables of the program start so; `__` separates section and key.
pub(super) const PREFIX: &str = "BELLWETHER__";
const PROPERTIES: &str = "kafka.properties.";

const NAME: &str = "BELLWETHER";
/// Those of the project's own tests and benchmarks.
const TOOLS: [&str; 2] = ["BELLWETHER_TEST_", "BELLWETHER_BENCH"];
/// Kubernetes gives every container these for a service of the name `bellwether` or `bellwether-…`.
const SERVICES: [&str; 3] = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT_"];

/// `KAFKA__BROKERS` → `kafka.brokers`. librdkafka's properties have dots where a variable can only have `_`.
pub(super) fn key(name: &str) -> String {
    let key = name.to_ascii_lowercase().replace("__", ".");
    match key.strip_prefix(PROPERTIES) {
        Some(property) => format!("{PROPERTIES}{}", property.replace('_', ".")),
        None => key,
    }
}

/// The other way round.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

/// Whether a variable begins with the program's name, in any case, and is not one of its settings.
pub(super) fn is_stray(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    upper.starts_with(NAME) && !name.starts_with(PREFIX) && !TOOLS.iter().any(|tools| upper.starts_with(tools))
}

/// The fault of a variable whose name is nearly that of one of the `known` keys.
pub(super) fn fault(name: &str, known: &[&str]) -> Option<Fault> {
    let written = words(name);
    let property = written.strip_prefix("kafka_properties_").map(|rest| variable(&format!("{PROPERTIES}{rest}")));
    let near = || {
        let wanted: BTreeMap<String, &str> = known.iter().map(|key| (words(&variable(key)), *key)).collect();
        let (distance, near) = nearest(&written, wanted.keys().map(String::as_str))?;
        // Less far than for a key: variables of others begin with the program's name, too.
        (distance <= near.len() / 8).then(|| variable(wanted[near]))
    };
    let meant = property.or_else(near)?;
    Some(Fault {
        what: format!("the variable {name} is not a setting"),
        origin: "environment".to_owned(),
        right: format!("did you mean {meant}? Two underscores stand between the program, the section and the key"),
    })
}

/// What follows the program's name, with one underscore between words, whatever was between them.
fn words(name: &str) -> String {
    let rest = name.get(NAME.len()..).unwrap_or_default().to_ascii_lowercase();
    rest.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// Variables of these that begin with the program's name, and that nothing reads.
pub fn unused(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let of_service = |name: &str| name.ends_with("_PORT") || SERVICES.iter().any(|part| name.contains(part));
    let mut found: Vec<String> = names.into_iter().filter(|name| is_stray(name) && !of_service(name)).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["kafka.brokers", "lake.url", "ingest.flush_age", "privacy.key_file"];

    /// `BELLWETHER_KAFKA_BROKERS` was believed for an afternoon; the program read `localhost:9092`.
    #[test]
    fn a_variable_that_is_nearly_a_setting_is_a_fault_with_the_name_that_was_meant() {
        let table = [
            ("BELLWETHER_KAFKA_BROKERS", "BELLWETHER__KAFKA__BROKERS"),
            ("BELLWETHER_KAFKA_BROKER", "BELLWETHER__KAFKA__BROKERS"),
            ("BELLWETHER_KAFKA__BROKERS", "BELLWETHER__KAFKA__BROKERS"),
            ("BELLWETHERKAFKA_BROKERS", "BELLWETHER__KAFKA__BROKERS"),
            ("bellwether__kafka__brokers", "BELLWETHER__KAFKA__BROKERS"),
            ("BELLWETHER.LAKE.URL", "BELLWETHER__LAKE__URL"),
            ("BELLWETHER_INGEST_FLUSH_AGE", "BELLWETHER__INGEST__FLUSH_AGE"),
            ("BELLWETHER_PRIVACY_KEYFILE", "BELLWETHER__PRIVACY__KEY_FILE"),
            ("BELLWETHER_KAFKA_PROPERTIES_SASL_PASSWORD", "BELLWETHER__KAFKA__PROPERTIES__SASL_PASSWORD"),
        ];
        for (name, meant) in table {
            assert!(is_stray(name), "{name}");
            let fault = fault(name, &KNOWN).unwrap_or_else(|| panic!("{name}"));
            assert!(fault.what.contains(name) && fault.right.contains(meant), "{fault:?}");
        }
    }

    #[test]
    fn what_others_set_stops_nobody() {
        for name in ["BELLWETHER__KAFKA__BROKERS", "BELLWETHER_TEST_KAFKA", "BELLWETHER_BENCH_DATA", "MY_BELLWETHER"] {
            assert!(!is_stray(name), "{name}");
        }
        let services = ["BELLWETHER_PORT", "BELLWETHER_SERVICE_HOST", "BELLWETHER_KAFKA_PORT_9092_TCP_ADDR"];
        for name in services.into_iter().chain(["BELLWETHER_VERSION", "BELLWETHER"]) {
            assert_eq!(fault(name, &KNOWN), None);
        }
        let all = services.into_iter().chain(["BELLWETHER_VERSION", "PATH", "BELLWETHER_TEST_KAFKA"]);
        assert_eq!(unused(all.map(str::to_owned)), ["BELLWETHER_VERSION"]);
    }
}
