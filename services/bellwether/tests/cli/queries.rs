use crate::Place;
use serde_json::Value;

const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../queries");

const BAD: &str = r#"/*---
help      = "Near misses"
kind      = "cuont"
labels    = ["site"]
direction = "higher"
owner     = "safety"
---*/
SELECT week, site_id AS site, COUNT(*) AS numerator FROM outcome GROUP BY week, site_id
"#;

#[test]
fn the_shipped_queries_have_no_fault() {
    let place = Place::new();
    assert_eq!(place.run(&["query", "check", SHIPPED]).done(), "3 queries, no fault\n");
    assert_eq!(place.run(&["query", "check", SHIPPED, "--format", "json"]).done().trim(), "[]");
}

#[test]
fn every_fault_of_every_file_is_told_with_its_line() {
    let place = Place::new().file("a.sql", BAD).file("b.sql", "SELECT 1\n");
    let ended = place.run(&["query", "check", "."]);
    assert_eq!((ended.code, ended.stderr.as_str()), (1, ""));
    let first = "./a.sql:3:13: `kind` is \"cuont\": it must be ratio | mean | count\n  |\n3 | kind      = \"cuont\"\n  |             ^^^^^^^ did you mean `count`?\n";
    assert!(ended.stdout.starts_with(first), "{}", ended.stdout);
    assert!(
        ended
            .stdout
            .contains("  |                                                          ^^^^^^^ did you mean `outcomes`?")
    );
    assert!(ended.stdout.ends_with("3 faults in 2 queries\n"), "{}", ended.stdout);

    let ended = place.run(&["query", "check", "a.sql", "--format", "json"]);
    assert_eq!(ended.code, 1);
    let faults: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let table = &faults[1];
    assert_eq!((&table["file"], &table["help"]), (&"a.sql".into(), &"did you mean `outcomes`?".into()));
    assert_eq!((&table["line"], &table["column"], &table["end_column"]), (&8.into(), &58.into(), &65.into()));
}

#[test]
fn a_path_that_is_not_there_is_wrong_usage() {
    let place = Place::new().file("notes.txt", "");
    place.run(&["query", "check", "nowhere"]).refused(2, &["nowhere", "No such file"]);
    place.run(&["query", "check", "notes.txt"]).refused(2, &["notes.txt", "must end in .sql"]);
}
