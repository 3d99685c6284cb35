//! TLS and SASL on Apache Kafka, by the program that README and image ship: built with the feature `tls`, which no other test
//! needs. `cargo xtask tls` builds it and runs this.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "that is how a test fails")]

use end_to_end::{Kafka, Program};
use serde_json::Value;

const EVENT: &str = r#"{"site_id":"S1","revision":0,"recorded_at":"2026-01-01T00:00:00Z","name":"N","region":"R","timezone":"Europe/London"}"#;

/// The program with these settings of Kafka beside TLS, SASL and a user.
fn program(broker: &str, properties: &[(&str, &str)]) -> Program {
    let mut program = Program::new(broker);
    program.set("INGEST__CONNECT_LIMIT", "10s");
    let user = [("SECURITY_PROTOCOL", "sasl_ssl"), ("SASL_USERNAME", "reader")];
    for (name, value) in [&user[..], properties].concat() {
        program.set(&format!("KAFKA__PROPERTIES__{name}"), value);
    }
    program
}

fn refused(program: &Program, words: &[&str]) {
    let told = program.run(&["ingest", "--until-caught-up"]);
    assert_eq!(told.code, Some(1), "{}", told.stderr);
    for word in words {
        assert!(told.stderr.contains(word), "no «{word}» in: {}", told.stderr);
    }
}

/// The feature was shipped for months, and nothing had ever compiled it but a release.
#[test]
fn over_tls_and_with_credentials_events_are_published_and_ingested() {
    let Some(kafka) = Kafka::start_with_tls() else { return };
    let (broker, authority) = kafka.encrypted();
    let authority = ("SSL_CA_LOCATION", authority.to_str().unwrap());
    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        let mechanism = ("SASL_MECHANISMS", mechanism);
        let right = program(&broker, &[authority, mechanism, ("SASL_PASSWORD", "right")]);
        let file = right.folder().join("sites.ndjson");
        std::fs::write(&file, EVENT).unwrap();
        right.succeed(&["publish", "sites", &file.to_string_lossy()]);
        right.succeed(&["ingest", "--until-caught-up"]);
        let sites: Vec<Value> =
            serde_json::from_str(&right.succeed(&["sql", "select * from sites", "--format", "json"])).unwrap();
        assert_eq!(sites[0]["site_id"], "S1");

        let wrong = program(&broker, &[authority, mechanism, ("SASL_PASSWORD", "wrong")]);
        refused(&wrong, &["does not take our credentials", "sasl.password"]);
    }
}

#[test]
fn a_broker_whose_certificate_nobody_vouches_for_is_refused() {
    let Some(kafka) = Kafka::start_with_tls() else { return };
    let (broker, _) = kafka.encrypted();
    let trusting = [("SASL_MECHANISMS", "PLAIN"), ("SASL_PASSWORD", "right")];
    refused(&program(&broker, &trusting), &[&broker, "do not agree on TLS", "ssl.ca.location"]);
}
