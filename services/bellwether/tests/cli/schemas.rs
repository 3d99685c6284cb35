use crate::Place;
use serde_json::Value;

#[test]
fn the_shipped_contracts_are_listed_without_any_files() {
    let ended = Place::new().run(&["schema", "list", "--format", "json"]);
    let streams: Vec<Value> = serde_json::from_str(ended.done()).unwrap();
    assert_eq!(streams.len(), 12);
    let audits = streams.iter().find(|s| s["stream"] == "calendar_audits").unwrap();
    assert_eq!(audits["topic"], "bellwether.calendar-audits");
    assert_eq!((&audits["key"], &audits["event_time"]), (&"entry_id".into(), &"starts_at".into()));
    let csv = Place::new().run(&["schema", "list", "--format", "csv"]);
    assert_eq!(csv.done().lines().count(), 13);
}

#[test]
fn a_stream_is_shown_with_what_names_a_person() {
    let ended = Place::new().run(&["schema", "show", "leaders", "--format", "json"]);
    let fields: Vec<Value> = serde_json::from_str(ended.done()).unwrap();
    let leader = fields.iter().find(|f| f["field"] == "leader_id").unwrap();
    assert_eq!(leader["pseudonym"], "person");
    Place::new().run(&["schema", "show", "leader"]).refused(2, &["`leader`", "leaders"]);
}

#[test]
fn a_folder_of_schemas_is_judged() {
    let place = Place::new().file("broken.json", "{ \"type\": \"object\", \"frobnicate\": 1 }");
    place.run(&["schema", "check", "."]).refused(1, &["broken.json"]);
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas");
    assert!(Place::new().run(&["schema", "check", shipped]).done().contains("12 event contracts"));
}

/// The documentation named it long before it was there.
#[test]
fn the_lines_of_a_file_are_held_against_a_contract() {
    let good = r#"{"outcome_id":"o-1","revision":0,"recorded_at":"2026-03-02T08:00:00Z","site_id":"S1","occurred_at":"2026-03-02T07:00:00Z","kind":"near_miss","value":1}"#;
    let bad = good.replace("near_miss", "far_miss");
    let place = Place::new().file("good.ndjson", good).file("bad.ndjson", &format!("{good}\n\n{bad}\nnonsense\n"));
    assert_eq!(place.run(&["schema", "check", "outcomes", "good.ndjson"]).done(), "1 line, no fault\n");

    let ended = place.run(&["schema", "check", "outcomes", "good.ndjson", "bad.ndjson"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stdout.contains("bad.ndjson") && ended.stdout.contains("/kind"), "{}", ended.stdout);
    assert!(ended.stdout.ends_with("2 of 4 lines would be refused\n"), "{}", ended.stdout);
    let json = place.run(&["schema", "check", "outcomes", "bad.ndjson", "--format", "json"]);
    let faults: Vec<Value> = serde_json::from_str(&json.stdout).unwrap();
    let told: Vec<_> = faults.iter().map(|f| (&f["line"], f["field"].as_str(), f["reason"].as_str())).collect();
    assert_eq!(told, [(&3.into(), Some("/kind"), Some("schema")), (&4.into(), Some(""), Some("malformed"))]);
    let csv = place.run(&["schema", "check", "outcomes", "bad.ndjson", "--format", "csv"]);
    assert!(
        csv.code == 1 && csv.stdout.starts_with("file,line,field,reason,message\nbad.ndjson,3,/kind,"),
        "{}",
        csv.stdout
    );

    // Every fault of a line, and the line counts once.
    let worse = bad.replace("\"revision\":0", "\"revision\":-1").replace("\"value\":1", "\"value\":\"1\"");
    let ended = place.file("worse.ndjson", &worse).run(&["schema", "check", "outcomes", "worse.ndjson"]);
    for field in ["/revision", "/kind", "/value"] {
        assert!(ended.stdout.contains(field), "{}", ended.stdout);
    }
    assert!(ended.stdout.ends_with("1 of 1 line would be refused\n"), "{}", ended.stdout);

    let place = Place::new().file("good.ndjson", good);
    place.run(&["schema", "check", "outcome", "good.ndjson"]).refused(2, &["`outcome`", "outcomes"]);
    place.run(&["schema", "check", "outcomes"]).refused(2, &["outcomes is a stream", "standard input"]);
    place.run(&["schema", "check", "outcomes", "none.ndjson"]).refused(1, &["none.ndjson"]);
}

#[test]
fn faults_of_schema_files_are_a_list_for_scripts() {
    let place = Place::new().file("broken.json", "{ \"type\": \"object\", \"frobnicate\": 1 }");
    let ended = place.run(&["schema", "check", ".", "--format", "json"]);
    let faults: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ended.code, 1);
    assert!(faults.iter().any(|fault| fault["pointer"] == "/frobnicate"), "{faults:#?}");
}
