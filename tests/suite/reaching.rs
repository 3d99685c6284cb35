//! Why a broker cannot be reached: a wrong name, a wrong address, wrong credentials and a program without TLS were one
//! message.

use end_to_end::{Kafka, Program};

fn program(brokers: &str, properties: &[(&str, &str)]) -> Program {
    let mut program = Program::new(brokers);
    program.set("INGEST__CONNECT_LIMIT", "5s");
    for (name, value) in properties {
        program.set(&format!("KAFKA__PROPERTIES__{name}"), value);
    }
    program
}

const CREDENTIALS: [(&str, &str); 3] =
    [("SECURITY_PROTOCOL", "sasl_plaintext"), ("SASL_MECHANISMS", "PLAIN"), ("SASL_USERNAME", "reader")];

#[test]
fn a_wrong_name_a_wrong_address_and_a_missing_feature_are_told_apart() {
    let ingest = ["ingest", "--until-caught-up"];
    for (brokers, words) in [
        ("no-such-broker.invalid:9092", "a name in no-such-broker.invalid:9092 is not known here"),
        ("127.0.0.1:1", "no Kafka broker at 127.0.0.1:1 answered within 5 s"),
    ] {
        let told = program(brokers, &[]).run(&ingest);
        assert!(told.code == Some(1) && told.stderr.contains(words), "{}", told.stderr);
    }
    let told = program("127.0.0.1:1", &[("SECURITY_PROTOCOL", "ssl")]).run(&ingest);
    let words = "kafka.properties.security.protocol";
    assert!(told.code == Some(2) && told.stderr.contains(words), "{}", told.stderr);
    assert!(told.stderr.contains("without TLS and SASL") && told.stderr.contains("--features tls"), "{}", told.stderr);
}

#[test]
fn wrong_credentials_are_told_and_right_ones_work() {
    let Some(kafka) = Kafka::start() else { return };
    let with = |password: &'static str| {
        program(&kafka.guarded(), &[&CREDENTIALS[..], &[("SASL_PASSWORD", password)]].concat())
    };
    for arguments in [&["ingest", "--until-caught-up"][..], &["dead-letters", "list"]] {
        let told = with("wrong").run(arguments);
        let words = format!("the Kafka broker at {} does not take our credentials", kafka.guarded());
        assert!(told.code == Some(1) && told.stderr.contains(&words), "{}", told.stderr);
        assert!(told.stderr.contains("sasl.password"), "{}", told.stderr);
    }
    with("right").succeed(&["ingest", "--until-caught-up"]);
    // Nobody says who we are: the broker hangs up.
    let told = program(&kafka.guarded(), &[]).run(&["ingest", "--until-caught-up"]);
    assert!(told.code == Some(1) && told.stderr.contains("needs `security.protocol`"), "{}", told.stderr);
}
