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
    assert_eq!(place.run(&["query", "check", SHIPPED, "--require-tests"]).done(), "3 queries, no fault\n");
    assert_eq!(place.run(&["query", "check", SHIPPED, "--format", "json"]).done().trim(), "[]");
}

#[test]
fn every_fault_of_every_file_is_told_with_its_line() {
    let place = Place::new().set("CI", "").file("a.sql", BAD).file("b.sql", "SELECT 1\n");
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

#[test]
fn the_shipped_queries_pass_their_tests() {
    let ended = Place::new().run(&["query", "test", SHIPPED]);
    assert!(ended.done().ends_with("3 queries, 60 checks, 0 failed\n"), "{}", ended.stdout);
}

const COUNT: &str = r#"/*---
help      = "Near misses"
kind      = "count"
labels    = ["site"]
direction = "higher"
owner     = "safety"
---*/
SELECT week, site_id AS site, COUNT(*) AS numerator FROM outcomes WHERE kind = 'near_miss' GROUP BY week, site_id
"#;

const TEST: &str = r#"# Refusals say why.
statement error there is no clock yet
SELECT * FROM metric_misses

statement error unknown setting `clock`
SET clock = '2026-03-11T00:00:00Z'

statement error a test may only INSERT, SELECT and SET as_of
DROP TABLE outcomes

statement error did you mean `outcomes`?
INSERT INTO outcome (outcome_id) VALUES ('1')

statement error did you mean `site_id`?
INSERT INTO outcomes (outcome_id, side_id) VALUES ('1', 'leith')

statement error ingestion would refuse this: row 1: schema: /site_id: is required
INSERT INTO outcomes (outcome_id, occurred_at, kind, value) VALUES ('1', '2026-03-02', 'near_miss', 1)

statement ok
SET as_of = '2026-03-11T00:00:00Z'

statement error the only clock is $as_of
SELECT now()

statement ok
INSERT INTO outcomes (outcome_id, site_id, occurred_at, kind, value) VALUES
  ('1', 'leith', '2026-03-02 00:00', 'near_miss', 1), ('2', 'oban', '2026-03-02 00:00', 'near_miss', 1)

query TTR rowsort
SELECT week, site, numerator FROM metric_misses
----
2026-03-02 leith 1
2026-03-02 oban 2
"#;

#[test]
fn a_result_that_is_not_as_expected_is_shown_and_can_be_taken_over() {
    let place = Place::new().file("misses.sql", COUNT).file("misses.slt", TEST);
    let ended = place.run(&["query", "test", "misses.slt"]);
    let told = "misses.slt:30: other rows than expected (- expected, + given):\n    2026-03-02 leith 1\n  - 2026-03-02 oban 2\n  + 2026-03-02 oban 1\n1 query, 10 checks, 1 failed\n";
    assert_eq!((ended.code, ended.stdout.as_str()), (1, told));
    assert!(place.run(&["query", "test", ".", "--complete"]).done().contains("misses: 10 checks as expected"));
    let completed = std::fs::read_to_string(place.folder.path().join("misses.slt")).unwrap();
    assert_eq!(completed, TEST.replace("oban 2", "oban 1"));
}

#[test]
fn a_test_that_cannot_be_read_tells_every_line_that_is_wrong() {
    let text = "statement maybe\nSELECT 1\n\nquery TX\nSELECT 1\n\nquery T\n";
    let ended = Place::new().file("misses.sql", COUNT).file("misses.slt", text).run(&["query", "test", "."]);
    assert_eq!(ended.code, 1);
    for told in ["misses.slt:1: `statement maybe`", "misses.slt:4: columns `TX`", "misses.slt:7: `query T` has no SQL"]
    {
        assert!(ended.stdout.contains(told), "{}", ended.stdout);
    }
}

#[test]
fn a_query_without_a_test_is_a_fault_where_tests_are_required() {
    let mut place = Place::new().file("misses.sql", COUNT);
    place = place.set("CI", "");
    place.run(&["query", "check", "."]).done();
    assert_eq!(place.run(&["query", "test", "."]).code, 1);
    for ended in
        [place.run(&["query", "check", ".", "--require-tests"]), place.set("CI", "true").run(&["query", "check", "."])]
    {
        assert_eq!(ended.code, 1);
        assert!(ended.stdout.starts_with("./misses.sql:1:1: the query has no test\n"), "{}", ended.stdout);
    }
}
