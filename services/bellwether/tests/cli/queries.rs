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
    assert_eq!(
        place.run(&["query", "check", SHIPPED, "--require-tests"]).done(),
        "3 queries, no fault; next: bellwether query test\n"
    );
    assert_eq!(place.run(&["query", "check", SHIPPED, "--format", "json"]).done().trim(), "[]");
}

/// All of the catalogue: with the cases that every test must show, and not a note.
#[test]
fn the_catalogue_has_no_fault_and_its_tests_pass() {
    let (place, folder) = (Place::new(), format!("{SHIPPED}/catalogue"));
    let checked = place.run(&["query", "check", &folder, "--require-tests"]);
    let checked = checked.done();
    let (count, rest) = checked.split_once(' ').unwrap();
    assert_eq!(rest, "queries, no fault; next: bellwether query test\n");
    assert!(count.parse::<usize>().unwrap() >= 33, "{checked}");
    let tested = place.run(&["query", "test", &folder]);
    let tested = tested.done();
    assert!(tested.contains(&format!("{count} queries, ")) && tested.contains(" checks, 0 failed"), "{tested}");
}

#[test]
fn every_fault_of_every_file_is_told_with_its_line() {
    let place = Place::new().set("CI", "").file("a.sql", BAD).file("b.sql", "SELECT 1\n");
    let ended = place.run(&["query", "check", "."]);
    assert_eq!((ended.code, ended.stderr.as_str()), (1, ""));
    let first = "./a.sql:3:13: `kind` is \"cuont\": it must be ratio | mean | count | rate\n  |\n3 | kind      = \"cuont\"\n  |             ^^^^^^^ did you mean `count`?\n";
    assert!(ended.stdout.starts_with(first), "{}", ended.stdout);
    assert!(
        ended
            .stdout
            .contains("  |                                                          ^^^^^^^ did you mean `outcomes`?")
    );
    assert!(ended.stdout.contains("\n3 faults in 2 of 2 queries; fix what is marked"), "{}", ended.stdout);

    let ended = place.run(&["query", "check", "a.sql", "--format", "json"]);
    assert_eq!(ended.code, 1);
    let faults: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let table = &faults[1];
    assert_eq!((&table["file"], &table["help"]), (&"a.sql".into(), &"did you mean `outcomes`?".into()));
    assert_eq!((&table["line"], &table["column"], &table["end_column"]), (&8.into(), &58.into(), &65.into()));
    // What editors and CI read.
    let keys: Vec<&String> = table.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["file", "line", "column", "end_column", "message", "help"]);
}

#[test]
fn a_path_that_is_not_there_is_wrong_usage() {
    let place = Place::new().file("notes.txt", "");
    place.run(&["query", "check", "nowhere"]).refused(2, &["no metric `nowhere`", "`indicators.queries`"]);
    place.run(&["query", "check", "./nowhere"]).refused(2, &["nowhere", "No such file"]);
    let place = place.set("BELLWETHER__INDICATORS__QUERIES", ".").file("misses.sql", COUNT);
    place.run(&["query", "check", "mises"]).refused(2, &["no metric `mises`", "did you mean `misses`?"]);
    place.run(&["query", "check", "notes.txt"]).refused(2, &["notes.txt", "must end in .sql"]);
}

#[test]
fn the_shipped_queries_pass_their_tests() {
    let ended = Place::new().run(&["query", "test", SHIPPED]);
    assert!(ended.done().ends_with("3 queries, 68 checks, 0 failed\n"), "{}", ended.stdout);
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
statement error no clock is set yet
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

statement error the only clock is \$as_of
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
    let told = "misses.slt:30: query result mismatch:\n[SQL] SELECT week, site, numerator FROM metric_misses\n[Diff] (-expected|+actual)\n    2026-03-02 leith 1\n-   2026-03-02 oban 2\n+   2026-03-02 oban 1\n";
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
    assert!(place.run(&["query", "test", ".", "--complete"]).stdout.contains("misses.slt: completed\n"));
    let completed = std::fs::read_to_string(place.folder.path().join("misses.slt")).unwrap();
    assert_eq!(completed, TEST.replace("oban 2", "oban 1"));
}

#[test]
fn a_test_that_cannot_be_read_tells_every_line_that_is_wrong() {
    let text = "statement maybe\nSELECT 1\n\nquery TX\nSELECT 1\n\nquery T rowsrot\nSELECT 1\n\nskipif x\nquery T\n";
    let ended = Place::new().file("misses.sql", COUNT).file("misses.slt", text).run(&["query", "test", "."]);
    assert_eq!(ended.code, 1);
    for told in [
        "misses.slt:1:1: invalid line: \"statement maybe\"",
        "misses.slt:4:1: invalid type character: 'X'",
        "misses.slt:7:1: unknown order `rowsrot`: rowsort, valuesort, or nothing",
        "misses.slt:10:1: `skipif` is refused in tests of queries",
        "misses.slt:11:1: unexpected EOF",
    ] {
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

#[test]
fn two_hundred_queries_are_checked_each_for_itself() {
    let place = Place::new().set("CI", "");
    // Each has a filter of its own, so that no two are the same query.
    let kinds = [
        ("field_time", "status = 'confirmed'", "source"),
        ("learning_follow_through", "committed.verb = 'committed'", "committed.program_id"),
        ("prestart_quality", "instrument = 'prestart'", "team_id"),
    ];
    for number in 0..200 {
        let (name, filter, column) = kinds[number % kinds.len()];
        let shipped = std::fs::read_to_string(format!("{SHIPPED}/{name}.sql")).unwrap();
        assert!(shipped.contains(filter));
        let text = shipped.replace(filter, &format!("{filter} AND ({column} IS DISTINCT FROM 'number_{number}')"));
        std::fs::write(place.folder.path().join(format!("{name}_{number}.sql")), text).unwrap();
    }
    assert!(place.run(&["query", "check", "."]).done().starts_with("200 queries, no fault"));
    let broken: Vec<String> = (0..200).step_by(12).map(|i| format!("field_time_{i}.sql")).collect();
    for name in &broken {
        let path = place.folder.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap().replace("SUM(field) AS", "MAX(field) AS");
        std::fs::write(&path, text).unwrap();
    }
    let ended = place.run(&["query", "check", ".", "--format", "json"]);
    let faults: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let mut files: Vec<&str> =
        faults.iter().map(|fault| fault["file"].as_str().unwrap().trim_start_matches("./")).collect();
    files.sort_unstable();
    let mut wanted: Vec<&str> = broken.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    assert_eq!((ended.code, files), (1, wanted));
}

/// A test that shows every case; each block but the first can be left out.
const CASES: [(&str, &str); 6] = [
    ("", "statement ok\nSET as_of = '2026-04-15T12:00:00Z'\n\n"),
    ("an empty table", "query TTRRR\nSELECT * FROM metric_misses\n----\n\n"),
    (
        "a week boundary in another time zone",
        "statement ok\nINSERT INTO sites (site_id, name, region, timezone) VALUES ('perth', 'Perth', 'Pacific', 'Australia/Perth')\n\n",
    ),
    (
        "a duplicate",
        "statement ok\nINSERT INTO outcomes (outcome_id, site_id, occurred_at, kind, value) VALUES
  ('1', 'perth', '2026-03-08 20:00', 'near_miss', 1), ('1', 'perth', '2026-03-08 20:00', 'near_miss', 1)\n\n",
    ),
    (
        "a late event",
        "query TTRRR\nSELECT * FROM metric_misses\n----\n2026-03-09 perth 1 NULL NULL\n\nstatement ok\nINSERT INTO outcomes (outcome_id, recorded_at, site_id, occurred_at, kind, value) VALUES
  ('2', '2026-03-20 09:00', 'perth', '2026-03-11 09:00', 'near_miss', 1)\n\n",
    ),
    (
        "a revision",
        "statement ok\nINSERT INTO outcomes (outcome_id, revision, site_id, occurred_at, kind, value) VALUES
  ('1', 1, 'perth', '2026-03-08 20:00', 'near_miss', 1)\n\nquery TTRRR\nSELECT * FROM metric_misses\n----\n2026-03-09 perth 2 NULL NULL\n",
    ),
];

#[test]
fn a_test_that_does_not_show_a_case_says_which() {
    let place = Place::new().set("CI", "").file("misses.sql", COUNT);
    let without = |left_out: &str| {
        let blocks = CASES.iter().filter(|(case, _)| case.is_empty() || *case != left_out);
        let text: String = blocks.map(|(_, block)| *block).collect();
        // Without the event that is there twice nothing is revised, late or across a boundary.
        if left_out == "a duplicate" {
            CASES.iter().map(|(_, block)| block.replace("near_miss', 1), ('1', ", "near_miss', 1), ('3', ")).collect()
        } else {
            text
        }
    };
    let write = |text: String| std::fs::write(place.folder.path().join("misses.slt"), text).unwrap();
    write(without("nothing"));
    place.run(&["query", "check", ".", "--require-tests"]).done();
    assert!(place.run(&["query", "test", "."]).done().starts_with("misses: 8 checks as expected\n"));
    for (case, _) in &CASES[1..] {
        write(without(case));
        place.run(&["query", "check", "."]).done();
        let ended = place.run(&["query", "check", ".", "--require-tests"]);
        let told = format!("./misses.slt:1:1: the test does not show {case}\n");
        assert!(ended.code == 1 && ended.stdout.contains(&told), "{case}: {}", ended.stdout);
        assert!(ended.stdout.contains(" in 1 of 1 query; "), "{case}: {}", ended.stdout);
        let ended = place.run(&["query", "test", ".", "--format", "json"]);
        let found: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
        let cases = |fault: &Value| fault["message"].as_str().unwrap().contains(case);
        assert!(ended.code == 1 && found.iter().any(cases), "{case}: {}", ended.stdout);
    }
}

#[test]
fn what_the_format_would_ignore_or_run_elsewhere_is_refused() {
    for record in [
        "halt",
        "include other.slt",
        "sleep 1s",
        "subtest a",
        "hash-threshold 3",
        "control substitution on",
        "control resultmode valuewise",
        "connection other",
        "onlyif bellwether",
        "skipif bellwether",
        "system ok\necho 1",
        "let a\nSELECT 1",
        "statement ok retry 3 backoff 1s\nSELECT 1",
    ] {
        let text = format!("# A test.\n\n{record}\n\nstatement ok\nSET as_of = '2026-04-15T12:00:00Z'\n");
        let ended = Place::new().file("misses.sql", COUNT).file("misses.slt", &text).run(&["query", "test", "."]);
        let word = record.split([' ', '\n']).next().unwrap();
        let word = if word == "statement" { "retry" } else { word };
        assert_eq!(ended.code, 1, "{record}");
        assert!(ended.stdout.contains(&format!("misses.slt:3:1: `{word}` is refused")), "{record}: {}", ended.stdout);
        assert!(
            ended.stdout.contains(&format!("3 | {}", record.lines().next().unwrap())),
            "{record}: {}",
            ended.stdout
        );
    }
}

#[test]
fn only_results_are_completed() {
    let text = "statement ok\nSET as_of = '2026-04-15T12:00:00Z'\n\nstatement error no such error\nSET clock = '2026-04-15'\n\nstatement ok\nSELECT nothing\n\nstatement error\nSET as_of = '2026-04-15T12:00:00Z'\n\nquery T\nSET as_of = '2026-04-15T12:00:00Z'\n\nquery I\nSELECT 'a', 1.50\n----\n";
    let place = Place::new().file("misses.sql", COUNT).file("misses.slt", text);
    let ended = place.run(&["query", "test", ".", "--complete"]);
    assert_eq!(ended.code, 1);
    for told in [
        "misses.slt:7: statement failed: there is no column `nothing`",
        "misses.slt:10: statement is expected to fail, but actually succeed",
        "misses.slt:13: the statement returns no rows",
    ] {
        assert!(ended.stdout.contains(told), "{told} in {}", ended.stdout);
    }
    let completed = std::fs::read_to_string(place.folder.path().join("misses.slt")).unwrap();
    let wanted = text.replace("no such error", "unknown setting `clock`: there is only as_of");
    let wanted =
        wanted.replace("\n\nquery I\nSELECT 'a', 1.50\n----\n", "\n----\n\nquery TR\nSELECT 'a', 1.50\n----\na 1.5\n");
    assert_eq!(completed, wanted);
}

#[test]
fn a_test_that_is_not_utf_8_stops_no_other() {
    let place = Place::new().set("CI", "").file("misses.sql", COUNT).file("other.sql", COUNT);
    std::fs::write(place.folder.path().join("misses.slt"), b"statement ok\n# caf\xe9\n").unwrap();
    let ended = place.run(&["query", "test", "."]);
    assert_eq!(ended.code, 1);
    for told in ["misses.slt:2:6: this character is not UTF-8", "other.sql:1:1: the query has no test"] {
        assert!(ended.stdout.contains(told), "{told} in {}", ended.stdout);
    }
}

/// What follows from rows that are not there is told by nobody, and taken over by nobody.
#[test]
fn below_an_insert_that_fails_nothing_is_run_or_completed() {
    let text: String = CASES.iter().map(|(_, block)| block.replacen("(outcome_id", "(outcme_id", 1)).collect();
    let place = Place::new().set("CI", "").file("misses.sql", COUNT).file("misses.slt", &text);
    let ended = place.run(&["query", "test", ".", "--complete"]);
    assert_eq!(ended.code, 1);
    let place_of_insert = text.lines().position(|line| line.contains("outcme_id")).unwrap(); // the line above, from 1
    let told = format!("misses.slt:{place_of_insert}: statement failed: `outcomes` has no column `outcme_id`");
    assert!(ended.stdout.contains(&told) && ended.stdout.contains("below were not run"), "{}", ended.stdout);
    assert!(ended.stdout.contains("1 query, 8 checks, 1 failed"), "{}", ended.stdout);
    assert_eq!(std::fs::read_to_string(place.folder.path().join("misses.slt")).unwrap(), text);
}
