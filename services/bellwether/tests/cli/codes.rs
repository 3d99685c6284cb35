//! Errors that an operator meets, made for real: each has its code, and names its page.

use crate::{Ended, Place, lake};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

const KEY: (&str, &str) = ("BELLWETHER__PRIVACY__KEY", "a key for tests, thirty-two bytes or more");

impl Ended {
    /// Ended with this code, first and last.
    fn coded(&self, code: &str) {
        assert!(self.stderr.contains(&format!("error[{code}]: ")), "no {code} in: {}", self.stderr);
        let page = format!("see ops/runbooks/errors/{code}.md");
        assert_eq!(self.stderr.lines().last(), Some(page.as_str()), "{}", self.stderr);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        assert!(root.join("ops/runbooks/errors").join(format!("{code}.md")).exists());
    }
}

#[test]
fn wrong_configuration_has_its_codes() {
    let place = Place::new().file("bellwether.toml", "[ingest]\nflush_rowz = 5\n");
    place.run(&["config", "check"]).coded("BW0001");
    let place = Place::new().file("bellwether.toml", "[kafka.properties]\nlinger.mss = 5\n");
    place.run(&["ingest"]).coded("BW0001");
    Place::new().run(&["ingest"]).coded("BW0002");
    let lake = r#"{"layout":1,"key_fingerprint":"another"}"#;
    let place = Place::new().file("_bellwether.json", lake).set("BELLWETHER__LAKE__URL", ".").set(KEY.0, KEY.1);
    place.run(&["config", "check"]).coded("BW0003");
    let place = Place::new().file("web.yml", "basic_auth_users: {reader: secret}\n");
    let place = place.set("BELLWETHER__HTTP__WEB_CONFIG_FILE", "web.yml").set(KEY.0, KEY.1);
    for command in [&["config", "check"][..], &["ingest"]] {
        place.run(command).coded("BW0001");
    }
    let place = Place::new().file("broken.json", "{}").set("BELLWETHER__CONTRACTS__SCHEMAS", ".");
    place.run(&["schema", "list"]).coded("BW0004");
    let place = Place::new().set("BELLWETHER__INDICATORS__QUERIES", "nowhere");
    place.run(&["config", "check"]).coded("BW0006");
}

#[test]
fn a_query_file_that_is_refused_has_its_code_whoever_reads_it() {
    let place = Place::new().file("_bellwether.json", r#"{"layout":1}"#).file("broken.sql", "SELECT 1\n");
    let place = place.set("BELLWETHER__LAKE__URL", ".").set("BELLWETHER__INDICATORS__QUERIES", ".");
    for command in [&["query", "list"][..], &["query", "run", "broken"], &["query", "explain", "broken"]] {
        place.run(command).coded("BW0005");
    }
}

#[test]
fn what_is_not_to_be_reached_has_its_codes() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new().set(KEY.0, KEY.1).set("BELLWETHER__HTTP__LISTEN", &address);
    place.run(&["ingest"]).coded("BW0007");
    let place = Place::new().set(KEY.0, KEY.1).set("BELLWETHER__KAFKA__BROKERS", "127.0.0.1:1");
    let place = place.set("BELLWETHER__INGEST__CONNECT_LIMIT", "1s");
    place.run(&["ingest", "--until-caught-up"]).coded("BW0008");
    place.run(&["dead-letters", "list"]).coded("BW0008");
}

#[test]
fn a_lake_that_cannot_be_used_has_its_codes() {
    Place::new().run(&["lake", "status"]).coded("BW0019");
    let place = Place::new().file("taken", "").set("BELLWETHER__LAKE__URL", "taken/lake").set(KEY.0, KEY.1);
    place.run(&["config", "check"]).coded("BW0020");
    place.run(&["ingest", "--until-caught-up"]).coded("BW0020");
    let place = Place::new().file("_bellwether.json", r#"{"layout":99}"#).set("BELLWETHER__LAKE__URL", ".");
    place.run(&["lake", "status"]).coded("BW0023");
    let place = place.file("_bellwether.json", "nonsense");
    place.run(&["lake", "status"]).coded("BW0024");
}

#[test]
fn a_table_that_lost_files_has_its_codes() {
    let place = lake::with(&[("sites", vec![lake::site("s-1", "Europe/Oslo")])]);
    let table = place.folder.path().join("lake/sites");
    let select = ["sql", "SELECT * FROM sites"];
    place.run(&select).done();
    let data = data_files(&table);
    assert!(!data.is_empty());
    data.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    place.run(&select).coded("BW0027");
    std::fs::write(table.join("_delta_log/00000000000000000000.json"), "nonsense").unwrap();
    place.run(&select).coded("BW0025");
}

fn data_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| if path.is_dir() { data_files(&path) } else { vec![path] };
    entries.flat_map(of).filter(|path| path.extension().is_some_and(|ending| ending == "parquet")).collect()
}

/// The device that has no room, whatever is written to it.
#[test]
fn a_full_disk_has_its_code_whatever_is_written() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Place::new().command(&["config", "print"]).stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let ended = Ended { code: output.status.code().unwrap(), stdout: String::new(), stderr };
    ended.coded("BW0022");
    assert_eq!(ended.code, 1);
}

/// What is not to be put right by an operator has words and no code.
#[test]
fn what_was_mistyped_has_no_code() {
    let ended = Place::new().run(&["schema", "show", "leader"]);
    ended.refused(2, &["error: there is no stream `leader`"]);
    assert!(!ended.stderr.contains("ops/runbooks"), "{}", ended.stderr);
}

/// A child that ends with the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A service does not end: its log has the code.
#[test]
fn a_service_that_tries_again_says_the_code_in_its_log() {
    let place = Place::new().file("taken", "").set("BELLWETHER__LAKE__URL", "taken/lake").set(KEY.0, KEY.1);
    let place = place.set("BELLWETHER__HTTP__LISTEN", "127.0.0.1:0").set("BELLWETHER__LOG__FORMAT", "json");
    let place = place.set("BELLWETHER__KAFKA__BROKERS", "127.0.0.1:1");
    let mut child = place.command(&["ingest"]).stderr(Stdio::piped()).spawn().unwrap();
    let log = BufReader::new(child.stderr.take().unwrap());
    let _service = Service(child);
    let mut lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap());
    let failed = lines.find(|line| line["service"] == "ingest" && line["level"] == "ERROR").expect("a line of the log");
    assert_eq!(failed["code"], "BW0020", "{failed}");
    assert!(failed["message"].as_str().unwrap().contains("it is tried again by itself"), "{failed}");
}
