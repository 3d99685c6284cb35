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
    let place = Place::new().file("short.key", "abc\n").set("BELLWETHER__PRIVACY__KEY_FILE", "short.key");
    place.run(&["config", "check"]).refused(2, &["privacy key", "openssl rand"]);
}
