use crate::Place;
use serde_json::Value;

#[test]
fn the_shipped_contracts_are_listed_without_any_files() {
    let ended = Place::new().run(&["schema", "list", "--format", "json"]);
    let streams: Vec<Value> = serde_json::from_str(ended.done()).unwrap();
    assert_eq!(streams.len(), 7);
    let audits = streams.iter().find(|s| s["stream"] == "calendar_audits").unwrap();
    assert_eq!(audits["topic"], "bellwether.calendar-audits");
    assert_eq!((&audits["key"], &audits["event_time"]), (&"entry_id".into(), &"starts_at".into()));
    let csv = Place::new().run(&["schema", "list", "--format", "csv"]);
    assert_eq!(csv.done().lines().count(), 8);
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
    assert!(Place::new().run(&["schema", "check", shipped]).done().contains("7 event contracts"));
}
