use crate::Place;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The program, told nothing but where the shipped queries are.
fn place() -> Place {
    Place::new().set("BELLWETHER__INDICATORS__QUERIES", &root().join("queries").to_string_lossy())
}

/// Somebody changed a threshold in a query file, and the alert went on with the old one in its words.
#[test]
fn the_shipped_rules_are_those_of_the_shipped_queries() {
    let shipped = root().join("ops/prometheus").to_string_lossy().into_owned();
    let ended = place().run(&["rules", "--check", &shipped]);
    assert!(ended.done().contains("as the query files say"), "{}", ended.stdout);
}

#[test]
fn what_is_written_is_what_is_checked_and_printed() {
    let place = place();
    place.run(&["rules", "--out", "made"]).done();
    let file = place.folder.path().join("made/rules/sites.rules.yml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(place.run(&["rules"]).done(), text);
    assert_eq!(place.run(&["rules", "--check", "made"]).done(), "made: as the query files say\n");

    std::fs::write(&file, text.replace("below 30 %", "below 25 %")).unwrap();
    let ended = place.run(&["rules", "--check", "made"]);
    assert_eq!(ended.code, 1);
    for words in ["made/rules/sites.rules.yml:", "below 25 %", "below 30 %", "bellwether rules --out made"] {
        assert!(ended.stdout.contains(words), "{words} is not in {}", ended.stdout);
    }
    // Without a folder it is that of the repository, which is not here.
    let ended = place.run(&["rules", "--check"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("ops/prometheus/rules/sites.rules.yml: cannot be read"), "{}", ended.stdout);
    place.run(&["rules", "--check", "--out", "made"]).refused(2, &["--out"]);
}

#[test]
fn rules_of_bad_query_files_are_not_made() {
    let place = Place::new().file("broken.sql", "SELECT 1").set("BELLWETHER__INDICATORS__QUERIES", ".");
    place.run(&["rules"]).refused(2, &["broken.sql"]);
}
