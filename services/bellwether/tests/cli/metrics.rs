//! One metric looked at: `query new`, `run`, `explain`, and the reference of what it may name.

use crate::{
    Place,
    lake::{self, answer, outcome, site},
};
use serde_json::Value;

fn rows(place: &Place, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["query", "run"], arguments, &["--format", "json"]].concat();
    serde_json::from_str(place.run(&arguments).done()).unwrap()
}

#[test]
fn a_new_metric_is_a_checked_and_tested_skeleton() {
    let place = lake::with(&[]);
    for kind in ["ratio", "mean", "count", "rate"] {
        let name = format!("tried_{kind}s");
        let told = place.run(&["query", "new", &name, "--kind", kind]);
        assert!(told.done().contains(&format!("bellwether query run {name}")), "{}", told.stdout);
        let text = std::fs::read_to_string(place.folder.path().join(format!("queries/{name}.sql"))).unwrap();
        assert!(text.contains(&format!("kind        = \"{kind}\"")) && !text.contains("NAME"), "{text}");
    }
    let checked = place.run(&["query", "check", "--require-tests"]);
    assert!(checked.done().starts_with("4 queries, no fault; "), "{}", checked.stdout);
    assert!(place.run(&["query", "test"]).done().ends_with(" 0 failed\n"));
    assert_eq!(rows(&place, &["tried_counts"]), Vec::<Value>::new());
}

#[test]
fn a_new_metric_needs_a_good_name_that_nobody_has() {
    let place = lake::with(&[]);
    place.run(&["query", "new", "misses", "--kind", "count"]).done();
    let before = std::fs::read(place.folder.path().join("queries/misses.sql")).unwrap();
    place.run(&["query", "new", "misses"]).refused(2, &["misses.sql already exists"]);
    assert_eq!(std::fs::read(place.folder.path().join("queries/misses.sql")).unwrap(), before);
    std::fs::write(place.folder.path().join("queries/orphan.slt"), "").unwrap();
    place.run(&["query", "new", "orphan"]).refused(2, &["orphan.slt already exists"]);
    for (name, says) in [
        ("nearMisses", "snake_case"),
        ("../misses", "snake_case"),
        ("region_misses", "roll-ups"),
        ("training_hours", "base unit `seconds`"),
        ("lagging", "already"),
    ] {
        place.run(&["query", "new", name, "--kind", "count"]).refused(2, &[name, says]);
    }
    place.run(&["query", "new", "x", "--kind", "median"]).refused(2, &["median", "ratio", "mean", "count"]);
    assert_eq!(std::fs::read_dir(place.folder.path().join("queries")).unwrap().count(), 3);
}

fn misses() -> Place {
    let place = lake::with(&[
        ("sites", vec![site("leith", "Europe/London"), site("perth", "Australia/Perth")]),
        (
            "outcomes",
            vec![
                outcome("1", "leith", "2026-03-02T09:00:00Z", "near_miss"),
                outcome("2", "leith", "2026-03-03T09:00:00Z", "near_miss"),
                outcome("3", "leith", "2026-03-10T09:00:00Z", "near_miss"),
                outcome("4", "perth", "2026-03-08T17:00:00Z", "near_miss"),
                outcome("5", "perth", "2026-03-16T09:00:00Z", "near_miss"),
                outcome("6", "perth", "2026-03-16T09:00:00Z", "hours_worked"),
            ],
        ),
    ]);
    place.run(&["query", "new", "misses", "--kind", "count"]).done();
    place
}

#[test]
fn a_run_gives_a_row_a_week_and_site_and_stores_nothing() {
    let place = misses();
    let as_of = ["misses", "--as-of", "2026-03-18T12:00:00Z"];
    let all = rows(&place, &as_of);
    let told: Vec<String> =
        all.iter().map(|row| format!("{} {} {} {}", row["week"], row["site"], row["value"], row["complete"])).collect();
    let wanted = [
        r#""2026-03-02" "leith" 2.0 true"#,
        r#""2026-03-09" "leith" 1.0 true"#,
        r#""2026-03-09" "perth" 1.0 true"#,
        r#""2026-03-16" "perth" 1.0 false"#,
    ];
    assert_eq!(told, wanted);
    assert_eq!(all[0]["numerator"], "2.000000000", "decimals are exact, as text");
    // The clock hides what is later.
    assert_eq!(rows(&place, &["misses", "--as-of", "2026-03-09T00:00:00Z"]).len(), 2);
    // A path is a metric, too, wherever it is.
    std::fs::rename(place.folder.path().join("queries/misses.sql"), place.folder.path().join("moved.sql")).unwrap();
    assert_eq!(rows(&place, &["moved.sql", as_of[1], as_of[2]]).len(), 4);
    assert!(!place.folder.path().join("lake/indicators").exists(), "a run stores nothing");
}

#[test]
fn weeks_are_named_by_number_or_date_and_conditions_are_sql_over_the_columns() {
    let place = misses();
    let count = |arguments: &[&str]| rows(&place, &[&["misses"], arguments].concat()).len();
    assert_eq!(count(&["--from", "2026-W11"]), 3);
    assert_eq!(count(&["--from", "2026-03-15", "--to", "2026-W11"]), 2);
    assert_eq!(count(&["--where", "site = 'leith' AND value > 1.5"]), 1);
    assert_eq!(count(&["--where", "week >= '2026-03-09' OR numerator = 2"]), 4);
    assert_eq!(count(&["--where", "week < $as_of"]), 4);
    let refused = |condition: &str, says: &[&str]| {
        place.run(&["query", "run", "misses", "--where", condition]).refused(2, says);
    };
    refused("valu > 1", &["--where:1:1: there is no column `valu`", "^^^^ did you mean `value`?"]);
    refused("value > 1; SELECT 2", &["--where:1:10: the condition ends before `;`"]);
    refused("value > 1 ORDER BY week", &["the condition ends before `ORDER`"]);
    refused("site IN (SELECT site_id FROM sites)", &["--where:1:10: a condition cannot hold a SELECT"]);
    refused("week < now()", &["--where:1:8:", "the only clock is $as_of"]);
    refused("week > 2026-06-01", &["--where:1:1: `week` is a date and is compared with a number", "DATE '2026-06-01'"]);
    refused("value >", &["--where:1:"]);
    refused("value", &["boolean"]);
    for week in ["2026-W60", "last", "2026-03"] {
        place.run(&["query", "run", "misses", "--to", week]).refused(2, &[week, "2026-W23", "2026-06-01"]);
    }
    let turned = ["query", "run", "misses", "--from", "2026-W12", "--to", "2026-W11"];
    place.run(&turned).refused(2, &["2026-03-16", "comes after", "2026-03-09"]);
    place.run(&["query", "run", "mises"]).refused(2, &["no metric `mises`", "did you mean `misses`?"]);
}

#[test]
fn rows_of_too_few_respondents_show_no_value_whatever_is_asked() {
    let people = ["ann", "bob", "cem", "dee", "eve"];
    let answers = |site: &'static str, score: u8, people: &'static [&'static str]| {
        people.iter().map(move |person| answer(site, person, "2026-03-02T09:00:00Z", score))
    };
    let few: &'static [&'static str] = &["ann", "bob"];
    let enough: &'static [&'static str] = &["ann", "bob", "cem", "dee", "eve"];
    assert_eq!(people, enough);
    let place = lake::with(&[
        ("sites", vec![site("leith", "Europe/London"), site("oban", "Europe/London")]),
        ("pulse_responses", answers("leith", 4, few).chain(answers("oban", 3, enough)).collect()),
    ]);
    place.run(&["query", "new", "culture", "--kind", "mean"]).done();
    let all = rows(&place, &["culture"]);
    let (few, enough) = (&all[0], &all[1]);
    assert_eq!((&few["site"], &few["suppressed"], &few["respondents"]), (&"leith".into(), &true.into(), &2.into()));
    for hidden in ["numerator", "denominator", "sum_squares", "value", "lower", "upper"] {
        assert_eq!(few[hidden], Value::Null, "{hidden}");
    }
    assert_eq!((&enough["value"], &enough["suppressed"]), (&0.75.into(), &false.into()));
    assert_eq!(rows(&place, &["culture", "--where", "value > 0 OR numerator > 0 OR lower > 0"]).len(), 1);
    let shown = place.run(&["query", "run", "culture"]);
    assert!(shown.done().contains("sum_squares"), "headings are the columns' own names: {}", shown.stdout);
}

#[test]
fn faults_of_the_metric_are_told_as_check_tells_them() {
    let place = lake::with(&[]).file("bad.sql", "SELECT 1\n");
    place.run(&["query", "run", "bad.sql"]).refused(1, &["bad.sql:1:1: the file must begin", "1 | SELECT 1"]);
    place.run(&["query", "explain", "bad.sql"]).refused(1, &["1 fault in 1 of 1 query"]);
    place.run(&["query", "explain", "nowhere.sql"]).refused(2, &["nowhere.sql", "No such file"]);
}

#[test]
fn an_explanation_tells_the_steps_and_the_files() {
    let place = misses();
    let told = place.run(&["query", "explain", "misses"]);
    let text = told.done();
    for wanted in [
        "group by",
        "AS numerator",
        "read outcomes: ",
        "latest revision of each outcome_id, where ",
        "occurred_at <= $as_of",
        "kind = 'near_miss'",
    ] {
        assert!(text.contains(wanted), "no «{wanted}» in:\n{text}");
    }
    assert!(!text.contains("?table?") && !text.contains("get_field"), "{text}");
    let told: Value =
        serde_json::from_str(place.run(&["query", "explain", "misses", "--format", "json"]).done()).unwrap();
    let reads = told["reads"].as_array().unwrap();
    let outcomes = reads.iter().find(|read| read["table"] == "outcomes").unwrap();
    assert_eq!(
        (&outcomes["files"], &outcomes["of_files"], &outcomes["files_of_keys"]),
        (&5.into(), &5.into(), &0.into())
    );
    assert_eq!((&outcomes["first_date"], &outcomes["last_date"]), (&"2026-03-02".into(), &"2026-03-16".into()));
    let bytes = |folder: &str| -> u64 {
        let files = walk(&place.folder.path().join("lake").join(folder));
        files
            .into_iter()
            .filter(|file| file.extension().is_some_and(|e| e == "parquet"))
            .map(|file| file.metadata().unwrap().len())
            .sum()
    };
    assert_eq!(outcomes["bytes"], bytes("outcomes"));
    let sites = reads.iter().find(|read| read["table"] == "sites").unwrap();
    assert_eq!((&sites["files"], &sites["bytes"]), (&1.into(), &bytes("sites").into()));
    // Of one week only the files that can matter are read, and the keys where revisions may lie.
    let week = ["query", "explain", "misses", "--from", "2026-W12", "--to", "2026-W12", "--format", "csv"];
    let told = place.run(&week);
    let line = told.done().lines().find(|line| line.starts_with("outcomes,1,5,")).unwrap();
    assert!(line.contains(",2026-03-16,2026-03-16,4,"), "{}", told.stdout);
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn the_reference_is_what_the_program_says() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../queries/REFERENCE.md");
    let said = Place::new().run(&["query", "reference"]);
    let there = std::fs::read_to_string(shipped).unwrap_or_default();
    let differs = said.done().lines().zip(there.lines()).position(|(said, there)| said != there);
    assert!(
        said.stdout == there,
        "queries/REFERENCE.md differs{} from what the program says; this fixes it:\n  cargo run -q -p bellwether -- query reference > queries/REFERENCE.md",
        differs.map(|line| format!(" at line {}", line + 1)).unwrap_or_default()
    );
}

#[test]
fn the_reference_follows_the_schemas() {
    let schema = r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "visits", "type": "object",
      "description": "A visit.",
      "x-stream": {"topic": "bellwether.visits", "key": "visit_id", "event_time": "at"},
      "required": ["visit_id", "revision", "recorded_at", "site_id", "at", "mood"],
      "properties": {
        "visit_id": {"type": "string", "description": "Visit.", "x-person": "visit_id"},
        "revision": {"type": "integer", "description": "Version."},
        "recorded_at": {"type": "string", "format": "date-time", "description": "When."},
        "site_id": {"type": "string", "description": "Site."},
        "at": {"type": "string", "format": "date-time", "description": "When it was."},
        "mood": {"type": "string", "enum": ["good", "bad"], "description": "How it went."}}}"#;
    let place = Place::new();
    std::fs::create_dir(place.folder.path().join("schemas")).unwrap();
    let place = place.file("schemas/visits.json", schema);
    let said = place.run(&["query", "reference"]);
    assert!(said.done().contains("| `mood` | VARCHAR | How it went. One of `good`, `bad`. |"), "{}", said.stdout);
    assert!(said.stdout.contains("| `visit_id` | VARCHAR | Visit. **Person** (visit_id). |"), "{}", said.stdout);
    assert!(!said.stdout.contains("### `outcomes`"));
}

const TUTORIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../queries/TUTORIAL.md");

/// The tutorial's edits, applied to the skeleton as a reader would, end where it says.
#[test]
fn the_tutorial_fits_the_skeleton() {
    let tutorial = std::fs::read_to_string(TUTORIAL).unwrap();
    let edits = tutorial.split("```diff\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let place = lake::with(&[]);
    place.run(&["query", "new", "desk_time"]).done();
    let path = place.folder.path().join("queries/desk_time.sql");
    let mut text = std::fs::read_to_string(&path).unwrap();
    for edit in edits.split_inclusive('\n').fold(Vec::<(String, String)>::new(), |mut edits, line| {
        let after = edits.last().is_none_or(|(_, new)| !new.is_empty());
        match line.split_at(1) {
            ("-", old) if after => edits.push((old.to_owned(), String::new())),
            ("-", old) => edits.last_mut().unwrap().0.push_str(old),
            (_, new) => edits.last_mut().unwrap().1.push_str(new),
        }
        edits
    }) {
        assert!(text.contains(&edit.0), "the skeleton has no\n{}", edit.0);
        text = text.replace(&edit.0, &edit.1);
    }
    std::fs::write(&path, text).unwrap();
    assert!(place.run(&["query", "check"]).done().starts_with("1 query, no fault"));
    let failing = place.run(&["query", "test", "queries/desk_time.sql"]);
    assert!(tutorial.contains(&failing.stdout), "the tutorial does not show\n{}", failing.stdout);
    place.run(&["query", "test", "--complete"]).done();
}

/// A slip of the keyboard would look like a region without trouble.
#[test]
fn a_part_that_is_not_there_is_refused_and_one_that_is_there_is_told() {
    let place = misses();
    let at = ["--as-of", "2026-03-18T12:00:00Z"];
    for command in ["board", "digest"] {
        let ended = place.run(&[&[command, "--region", "nroth"], &at[..]].concat());
        ended.refused(2, &["there is no region “nroth”"]);
    }
    // "0 sites: none can be judged" stood there.
    let changed = place.run(&[&["board", "--changed"], &at[..]].concat());
    assert_eq!(changed.done().trim(), "No site began or ceased to lag, and none went silent.");
    let told = place.run(&[&["digest", "--format", "json"], &at[..]].concat());
    let told: Value = serde_json::from_str(told.done()).unwrap();
    assert_eq!((&told["about"], told["lagging"].as_array().map(Vec::len)), (&Value::Null, Some(0)));
    let told = place.run(&[&["digest"], &at[..]].concat());
    assert!(told.done().starts_with("# Leading indicators, week from 9 Mar 2026\n"), "{}", told.stdout);
}

/// A metric whose query failed stood on the board as one without data, and nobody was told.
#[test]
fn a_board_of_a_moment_says_which_query_failed_and_why() {
    let place = misses();
    let query = place.folder.path().join("queries/misses.sql");
    let text = "/*---\nhelp = \"h\"\nkind = \"count\"\nlabels = [\"site\"]\ndirection = \"lower\"\nowner = \"o\"\n---*/\n\
                SELECT week, site_id AS site, SUM(9223372036854775807 + CHAR_LENGTH(kind)) AS numerator FROM outcomes GROUP BY week, site_id";
    std::fs::write(query, text).unwrap();
    let board = place.run(&["board", "--as-of", "2026-03-18T12:00:00Z"]);
    assert_eq!(board.code, 1, "{}{}", board.stdout, board.stderr);
    let why = "arithmetic leaves its type";
    assert!(board.stdout.contains("The query of misses failed") && board.stdout.contains(why), "{}", board.stdout);
    let json = place.run(&["board", "--as-of", "2026-03-18T12:00:00Z", "--format", "json"]);
    assert!(serde_json::from_str::<Value>(&json.stdout).is_ok(), "{}", json.stdout);
    assert!(json.stderr.contains("query failed") && json.stderr.contains(why), "{}", json.stderr);
}
