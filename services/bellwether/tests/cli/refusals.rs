use crate::Place;
use std::{io::Read, process::Stdio};

const KEY: (&str, &str) = ("BELLWETHER__PRIVACY__KEY", "a key for tests, thirty-two bytes or more");

#[test]
fn commands_that_read_say_that_there_is_no_lake() {
    let place = Place::new();
    for arguments in [&["board"][..], &["lake", "status"], &["sql", "select 1"], &["indicators", "--once"]] {
        place.run(arguments).refused(1, &["no lake at", "bellwether ingest"]);
    }
}

#[test]
fn ingest_refuses_to_start_without_a_privacy_key() {
    for command in ["ingest", "run"] {
        Place::new().run(&[command]).refused(2, &["no privacy key", "BELLWETHER__PRIVACY__KEY"]);
    }
}

/// Trying again fixes none of it: it is reported at once, though no broker answers.
#[test]
fn a_key_that_is_not_the_lakes_ends_a_service() {
    let lake = r#"{"layout":1,"key_fingerprint":"another"}"#;
    let queries = concat!(env!("CARGO_MANIFEST_DIR"), "/../../queries");
    for command in ["ingest", "run"] {
        let place = Place::new().file("_bellwether.json", lake).set("BELLWETHER__LAKE__URL", ".").set(KEY.0, KEY.1);
        let place =
            place.set("BELLWETHER__HTTP__LISTEN", "127.0.0.1:0").set("BELLWETHER__INDICATORS__QUERIES", queries);
        let place = place.set("BELLWETHER__KAFKA__BROKERS", "127.0.0.1:1");
        place.run(&[command]).refused(2, &["written with the privacy key another"]);
    }
}

#[test]
fn an_unreachable_broker_is_named() {
    let place = Place::new()
        .set(KEY.0, KEY.1)
        .set("BELLWETHER__KAFKA__BROKERS", "127.0.0.1:1")
        .set("BELLWETHER__INGEST__CONNECT_LIMIT", "1s");
    place.run(&["ingest", "--until-caught-up"]).refused(1, &["127.0.0.1:1", "kafka.brokers"]);
}

#[test]
fn a_taken_port_is_told_before_any_work() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new().set(KEY.0, KEY.1).set("BELLWETHER__HTTP__LISTEN", &address);
    place.run(&["ingest"]).refused(1, &[&address, "http.listen"]);
}

/// They said what failed, and not which setting is to be changed to what.
#[test]
fn what_cannot_be_used_is_told_with_its_setting_and_what_to_do() {
    let place = Place::new().set(KEY.0, KEY.1).set("BELLWETHER__HTTP__LISTEN", "127.0.0.1:0");
    let place = place.set("BELLWETHER__LAKE__URL", "taken").file("taken", "");
    let words = ["lake.url: the folder", "taken cannot be made: File exists", "BELLWETHER__LAKE__URL"];
    place.run(&["ingest", "--until-caught-up"]).refused(1, &words);
    let place = Place::new().set("BELLWETHER__LAKE__URL", "./elsewhere");
    place.run(&["board"]).refused(1, &["no lake at file://", "elsewhere/: set lake.url (BELLWETHER__LAKE__URL)"]);
    let place = Place::new().set("BELLWETHER__CONTRACTS__SCHEMAS", "nowhere");
    place.run(&["schema", "list"]).refused(2, &["the setting `contracts.schemas`", "nowhere: cannot be read"]);
    let place = Place::new().set("BELLWETHER__HTTP__LISTEN", "localhost:9464");
    place.run(&["run"]).refused(2, &["`http.listen` is \"localhost:9464\"", "in digits", "127.0.0.1:9464"]);
    let place = Place::new().set("BELLWETHER__PRIVACY__KEY_FILE", ".");
    place.run(&["ingest"]).refused(2, &["privacy.key_file: . cannot be read: Is a directory", "the file within it"]);
}

#[test]
fn demo_does_not_touch_a_folder_that_holds_something() {
    let place = Place::new().file("precious.txt", "mine");
    place.run(&["demo", "--once", "--data", "."]).refused(2, &["--data", "not empty"]);
}

/// The installed program once needed a clone of the repository to demonstrate anything, and then to show what it had left.
#[test]
fn the_program_brings_its_own_queries_where_nobody_named_a_folder() {
    let place = Place::new().set("BELLWETHER__LAKE__URL", "lake");
    let demo = place.run(&["demo", "--once", "--sites", "4", "--weeks", "8", "--data", "lake"]);
    assert!(demo.done().contains("Field time") && demo.stdout.contains("4 sites"), "{}", demo.stdout);
    let board = place.run(&["board"]);
    let (shown, after) = demo.stdout.split_once("\nThe lake is kept: ").unwrap();
    assert_eq!(board.done(), shown, "what is stored is what was shown");
    assert!(after.contains("BELLWETHER__LAKE__URL=lake ") && after.contains("KEY_FILE=lake/demo.key"), "{after}");
    assert_eq!(place.run(&["board", "--group", "core"]).done(), shown);
    place.run(&["board", "--group", "coaching"]).refused(2, &["--group coaching", "no metric", "there are core"]);
    assert_eq!(board.stderr.matches("there is no folder ./queries: using the built-in metrics").count(), 1);
    assert!(place.run(&["query", "list"]).done().contains("prestart_quality"));
    let rows = place.run(&["query", "run", "field_time", "--as-of", "2026-06-17T00:00:00Z", "--format", "csv"]);
    assert!(rows.done().lines().count() > 8, "{}", rows.stdout);
    let counted = |sql: &str| place.run(&["sql", sql, "--format", "csv"]).done().lines().last().unwrap().to_owned();
    assert_eq!(counted("SELECT COUNT(DISTINCT metric) FROM indicator_values"), "3");
    assert_ne!(counted("SELECT COUNT(*) FROM calendar_audits"), "0");
    // `run` wants a key, and no folder of queries.
    let run = place.run(&["run"]);
    run.refused(2, &["built-in metrics", "privacy.key"]);
    let place = place.set("BELLWETHER__PRIVACY__KEY_FILE", "lake/demo.key");
    assert!(place.run(&["config", "check"]).done().contains("a privacy key is set"));
}

/// The board begins with the three core metrics, whatever else there is.
#[test]
fn the_catalogue_is_demonstrated_behind_the_core_metrics() {
    let demo = Place::new().run(&["demo", "--once", "--catalogue", "--sites", "3", "--weeks", "8"]);
    let (core, rest) = demo.done().split_once("\n\nCoaching\n========\n").unwrap();
    assert!(core.contains("Field time") && !core.contains("Peer coaching"), "{core}");
    assert!(rest.contains("Peer coaching sessions"), "{rest}");
}

#[test]
fn a_folder_of_queries_that_somebody_named_has_to_be_there() {
    let place = Place::new().set("BELLWETHER__INDICATORS__QUERIES", "./elsewhere");
    let words = ["./elsewhere", "BELLWETHER__INDICATORS__QUERIES"];
    place.run(&["demo", "--once"]).refused(2, &words);
    let place = place.file("_bellwether.json", r#"{"layout":1}"#).set("BELLWETHER__LAKE__URL", ".");
    for service in [&["indicators"][..], &["board"]] {
        place.run(service).refused(2, &words);
    }
    // Streams are asked about without any metric.
    let counted = place.run(&["sql", "SELECT COUNT(*) AS n FROM outcomes", "--format", "csv"]);
    assert_eq!(counted.done(), "n\n0\n");
    assert!(counted.stderr.contains("no metric is known: `indicator_values` is empty"), "{}", counted.stderr);
}

/// Who counted events was shown every fault of every query file.
#[test]
fn sql_is_quiet_about_query_files_that_it_does_not_need() {
    let place = Place::new().file("_bellwether.json", r#"{"layout":1}"#).file("bad.sql", "SELECT 1\n");
    let place = place.set("BELLWETHER__LAKE__URL", ".").set("BELLWETHER__INDICATORS__QUERIES", ".");
    let counted = place.run(&["sql", "SELECT COUNT(*) AS n FROM outcomes", "--format", "csv"]);
    assert_eq!(counted.done(), "n\n0\n");
    assert!(!counted.stderr.contains("bad.sql") && !counted.stderr.contains("quer"), "{}", counted.stderr);
    let values = place.run(&["sql", "SELECT COUNT(*) AS n FROM indicator_values", "--format", "csv"]);
    assert_eq!(values.done(), "n\n0\n");
    assert!(values.stderr.contains("see bellwether query check"), "{}", values.stderr);
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let mut child =
        Place::new().command(&["config", "print"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}
