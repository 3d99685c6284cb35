use crate::Place;
use serde_json::Value;

#[test]
fn print_tells_values_with_their_sources_and_masks_secrets() {
    let place = Place::new()
        .file("bellwether.toml", "[kafka.properties]\n\"sasl.password\" = \"hunter2\"\n[ingest]\nflush_age = \"3s\"\n")
        .set("BELLWETHER__PRIVACY__KEY", "do-not-show-this-key")
        .set("BELLWETHER__HTTP__LISTEN", "127.0.0.1:0");
    let ended = place.run(&["config", "print", "--format", "json"]);
    let entries: Vec<Value> = serde_json::from_str(ended.done()).unwrap();
    let entry = |key: &str| entries.iter().find(|e| e["key"] == key).unwrap_or_else(|| panic!("no {key}"));
    assert_eq!(entry("ingest.flush_age")["value"], "3s");
    assert_eq!(entry("ingest.flush_age")["source"], "bellwether.toml:4:1");
    assert_eq!(entry("http.listen")["source"], "environment variable BELLWETHER__HTTP__LISTEN");
    assert_eq!(entry("kafka.brokers")["source"], "default");
    assert_eq!(entry("contracts.schemas")["value"], Value::Null);
    for format in ["table", "csv", "json"] {
        let ended = place.run(&["config", "print", "--format", format]);
        assert!(!ended.done().contains("hunter2") && !ended.done().contains("do-not-show"), "{}", ended.stdout);
    }
}

#[test]
fn check_is_content_with_good_settings_and_says_what_is_missing_to_ingest() {
    assert!(Place::new().run(&["config", "check"]).done().contains("no privacy key"));
    let place = Place::new().set("BELLWETHER__PRIVACY__KEY", "a key for tests, thirty-two bytes or more");
    assert!(place.run(&["config", "check"]).done().contains("settings are good"));
}

#[test]
fn check_tries_what_the_settings_are_for() {
    let place = Place::new().file("bellwether.toml", "[kafka.properties]\nlinger.mss = 5\n");
    place.run(&["config", "check"]).refused(2, &["kafka.properties.linger.mss", "No such configuration property"]);
    // Whatever the command: a property that does nothing is a wish that nobody hears.
    place.run(&["dead-letters", "list"]).refused(2, &["kafka.properties.linger.mss"]);
    let place = Place::new().file("taken", "").set("BELLWETHER__LAKE__URL", "./taken/lake");
    place.run(&["config", "check"]).refused(2, &["lake.url", "taken/lake", "cannot be written"]);
    let place = Place::new();
    assert!(place.run(&["config", "check"]).done().contains("the lake will be created in"));
    assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 0, "nothing is left behind");
}

/// Some of these once ended with 1, as if trying again could help.
#[test]
fn what_is_wrong_in_settings_schemas_or_queries_ends_with_2() {
    let lake = r#"{"layout":1}"#;
    let place = Place::new().file("_bellwether.json", lake).file("broken.sql", "SELECT 1");
    let place = place.set("BELLWETHER__LAKE__URL", ".").set("BELLWETHER__INDICATORS__QUERIES", ".");
    place.run(&["board"]).refused(2, &["broken.sql"]);
    place.run(&["query", "list"]).refused(2, &["broken.sql"]);
    let place = Place::new().file("broken.json", "{}").set("BELLWETHER__CONTRACTS__SCHEMAS", ".");
    place.run(&["schema", "list"]).refused(2, &["broken.json"]);
}

#[test]
fn a_bad_key_is_refused_with_its_place_and_a_near_name_whatever_the_command() {
    let place = Place::new().file("bellwether.toml", "[ingest]\nflush_rowz = 5\n");
    let words = ["`ingest.flush_rowz`", "bellwether.toml:2:1", "did you mean `ingest.flush_rows`?"];
    place.run(&["config", "check"]).refused(2, &words);
    place.run(&["schema", "list"]).refused(2, &words);
}

#[test]
fn a_file_that_is_named_must_be_there() {
    Place::new().run(&["--config", "nowhere.toml", "config", "check"]).refused(2, &["nowhere.toml", "No such file"]);
}

#[test]
fn a_key_file_must_be_readable_and_hold_a_long_key() {
    let place = Place::new().set("BELLWETHER__PRIVACY__KEY_FILE", "nowhere.key");
    place.run(&["config", "check"]).refused(2, &["privacy.key_file", "nowhere.key", "No such file"]);
    let place = Place::new().file("two.key", "a key for tests, thirty-two bytes or more\n# made in May\n");
    let place = place.set("BELLWETHER__PRIVACY__KEY_FILE", "two.key");
    place.run(&["config", "check"]).refused(2, &["privacy.key_file", "two.key has 2 lines", "leave the one"]);
    let place = Place::new().file("short.key", "abc\n").set("BELLWETHER__PRIVACY__KEY_FILE", "short.key");
    place.run(&["config", "check"]).refused(2, &["privacy key", "openssl rand"]);
}

/// The check was content, and the service then refused to start.
#[test]
fn a_key_that_is_not_the_lakes_is_found_and_nothing_is_written() {
    let bound = r#"{"layout":1,"key_fingerprint":"the fingerprint of another key"}"#;
    let place = Place::new().file("_bellwether.json", bound).set("BELLWETHER__LAKE__URL", ".");
    let place = place.set("BELLWETHER__PRIVACY__KEY", "a key for tests, thirty-two bytes or more");
    let words = ["was written with the privacy key the fingerprint of another key", "configure the key"];
    place.run(&["config", "check"]).refused(2, &words);
    // Another program has claimed the lake for its key, and not said so in the manifest yet.
    let place = place.file("_bellwether.json", r#"{"layout":1}"#).file("_bellwether.key", "another claim");
    place.run(&["config", "check"]).refused(2, &["was written with the privacy key another claim"]);
    std::fs::remove_file(place.folder.path().join("_bellwether.key")).unwrap();
    assert!(place.run(&["config", "check"]).done().contains("a privacy key is set"));
    assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 1, "the check binds no key");
}

/// `BELLWETHER_KAFKA_BROKERS` was set, and the program spoke with another broker.
#[test]
fn variables_that_begin_with_bellwether_and_are_nothing_are_told() {
    let place = Place::new().set("BELLWETHER_KAFKA_BROKERS", "kafka:9092");
    let words = ["BELLWETHER_KAFKA_BROKERS is not a setting", "did you mean BELLWETHER__KAFKA__BROKERS?"];
    place.run(&["config", "check"]).refused(2, &words);
    place.run(&["ingest"]).refused(2, &words);
    let place = Place::new().set("BELLWETHER_VERSION", "7").set("BELLWETHER_SERVICE_HOST", "10.0.0.1");
    let ended = place.run(&["config", "check"]);
    assert!(ended.done().contains("nothing reads them: BELLWETHER_VERSION\n"), "{}", ended.stdout);
}

#[test]
fn the_folder_of_queries_must_be_there_once_it_is_named_and_faults_in_it_are_found() {
    let place = Place::new().set("BELLWETHER__INDICATORS__QUERIES", "nowhere");
    place.run(&["config", "check"]).refused(2, &["indicators.queries", "queries nowhere", "No such file"]);
    let place = Place::new().set("BELLWETHER__INDICATORS__QUERIES", ".").file("bad.sql", "SELECT 1\n");
    let ended = place.run(&["config", "check"]);
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("the settings are good: 12 event contracts; 0 metrics"), "{}", ended.stdout);
    assert!(ended.stdout.contains("./bad.sql:1:1: "), "{}", ended.stdout);
}
