//! Single records, good and bad: verdict, reason and message.

use crate::fixtures;
use arrow::{
    array::{Array, AsArray},
    datatypes::{Int64Type, TimestampMicrosecondType},
};
use contracts::{Contract, Contracts, Decoded, Decoder, Reason, Rejection};
use serde_json::{Value, json};
use std::sync::Arc;

pub fn contract(stream: &str) -> Arc<Contract> {
    Arc::clone(Contracts::shipped().unwrap().get(stream).unwrap())
}

pub fn example(contract: &Contract) -> Value {
    let document: Value = serde_json::from_str(contract.source()).unwrap();
    document["examples"][0].clone()
}

pub fn edited(contract: &Contract, edits: &[(&str, Value)]) -> String {
    let mut event = example(contract);
    for (pointer, value) in edits {
        match event.pointer_mut(pointer) {
            Some(place) => *place = value.clone(),
            None => event[pointer.trim_start_matches('/')] = value.clone(),
        }
    }
    event.to_string()
}

fn without(contract: &Contract, fields: &[&str]) -> String {
    let mut event = example(contract);
    for field in fields {
        event.as_object_mut().unwrap().shift_remove(*field).unwrap();
    }
    event.to_string()
}

fn verdict(contract: &Arc<Contract>, payload: impl AsRef<[u8]>) -> String {
    match contract.check(payload.as_ref()) {
        Ok(()) => "ok".into(),
        Err(rejection) => rejection.to_string(),
    }
}

#[test]
fn payloads_that_are_not_one_json_object_are_malformed() {
    let sites = contract("sites");
    let event = example(&sites).to_string();
    let cases: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"  \n".to_vec(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"x\"".to_vec(),
        b"12".to_vec(),
        b"{".to_vec(),
        b"{}}".to_vec(),
        b"{\"a\": tru}".to_vec(),
        event.as_bytes()[..event.len() - 1].to_vec(),
        format!("{event}{event}").into_bytes(),
        format!("{event} x").into_bytes(),
        event.replace("perth-02", "perth-\u{1}").into_bytes(),
        [event.as_bytes(), b"\xff"].concat(),
        event.as_bytes().iter().map(|&b| if b == b'W' { 0xC3 } else { b }).collect(),
        event.replace("perth-02", "\\ud800").into_bytes(),
        format!("\u{feff}{event}").into_bytes(),
        event.replacen('{', "{\"site_id\": \"again\", ", 1).into_bytes(),
        event.replacen('{', "{\"note\": 1, \"note\": 1, ", 1).into_bytes(),
        event.replace("\"target\"", "\"metric\"").into_bytes(),
        // Both a schema fault and broken JSON: a parser would not get past the latter.
        event.replace("\"revision\":3", "\"revision\":\"3\"").replace("140", "1x0").into_bytes(),
    ];
    for case in cases {
        let rejection = sites.check(&case).unwrap_err();
        assert_eq!(rejection.reason, Reason::Malformed, "{} → {rejection}", String::from_utf8_lossy(&case));
    }
    assert_eq!(verdict(&sites, format!(" \t{event}\r\n")), "ok");
}

#[test]
fn values_of_the_wrong_type_name_the_field_and_not_the_value() {
    let (sites, training, responses) = (contract("sites"), contract("training_events"), contract("pulse_responses"));
    let integer = "schema: /revision: must be an integer of 64 bits";
    for value in [json!("12"), json!(1.5), json!(null), json!(true), json!([1]), json!(u64::MAX), json!(1e19)] {
        assert_eq!(verdict(&sites, edited(&sites, &[("/revision", value)])), integer);
    }
    for value in [json!(1.0), json!(1e18), json!(i64::MAX), json!(-0.0), json!(0)] {
        assert_eq!(verdict(&sites, edited(&sites, &[("/revision", value)])), "ok");
    }
    assert_eq!(
        verdict(&sites, edited(&sites, &[]).replace("140", "1e400")),
        "schema: /headcount: must be an integer of 64 bits"
    );
    let time =
        "schema: /occurred_at: must be an RFC 3339 timestamp with an offset, as a string (leap seconds are not taken)";
    for value in ["2026-03-02", "2026-03-02T15:00:00", "2026-03-02 15:00:00Z", "2026-12-31T23:59:60Z", "15:00"] {
        assert_eq!(verdict(&training, edited(&training, &[("/occurred_at", json!(value))])), time);
    }
    let score = "schema: /items/1/score: must be a number";
    assert_eq!(verdict(&responses, edited(&responses, &[("/items/1/score", json!("4"))])), score);
    assert_eq!(
        verdict(&responses, edited(&responses, &[("/items/0", json!(4))])),
        "schema: /items/0: must be an object"
    );
    assert_eq!(verdict(&responses, edited(&responses, &[("/items", json!({}))])), "schema: /items: must be an array");
    let missing = edited(&responses, &[("/items/1", json!({"item": "x", "score": 1, "min": 1}))]);
    assert_eq!(verdict(&responses, missing), "schema: /items/1/max: is required");
    assert_eq!(verdict(&sites, without(&sites, &["name", "region"])), "schema: /name: is required");
}

/// `9007199254740993.0` became 9007199254740992, and `1.00000000000000000001` was taken for whole.
#[test]
fn whole_numbers_are_exact_however_they_are_written() {
    let sites = contract("sites");
    let spelt = |number: &str| edited(&sites, &[]).replace("\"revision\":3", &format!("\"revision\":{number}"));
    let cases = [
        ("9007199254740993.0", 9_007_199_254_740_993),
        ("1e3", 1_000),
        ("9223372036854775807.00", i64::MAX),
        ("12500E-2", 125),
        ("-0", 0),
        ("-0.0e5", 0),
    ];
    let decoded = decode(&sites, |decoder| cases.iter().for_each(|(text, _)| decoder.push(spelt(text).as_bytes())));
    assert_eq!(decoded.rejected, []);
    let revisions = decoded.rows.column_by_name("revision").unwrap().as_primitive::<Int64Type>();
    assert_eq!(revisions.values(), &cases.map(|(_, value)| value));
    let integer = "schema: /revision: must be an integer of 64 bits";
    for number in ["9007199254740991.3", "1.00000000000000000001", "1e-400", "9223372036854775808.0", "1e19", "1e400"] {
        assert_eq!(verdict(&sites, spelt(number)), integer, "{number}");
    }
    // What else is wrong is told as ever, and not by the text that was made of it.
    assert_eq!(
        verdict(&sites, spelt("3.0").replace("140", "\"140\"")),
        "schema: /headcount: must be an integer of 64 bits"
    );
    assert!(verdict(&sites, spelt("3.0") + "x").starts_with("malformed: not one JSON object: trailing characters"));
}

#[test]
fn dates_and_times_are_in_the_years_1_to_9999() {
    let (sites, training) = (contract("sites"), contract("training_events"));
    let due = |at: &str| verdict(&training, edited(&training, &[("/recorded_at", json!(at))]));
    assert_eq!(due("9999-12-31T23:59:59.9999999Z"), "ok");
    assert_eq!(due("9999-12-31T23:59:59-05:00"), "schema: /recorded_at: must be in the years 0001 to 9999 (of UTC)");
    assert_eq!(due("0001-01-01T00:00:00+00:01"), "schema: /recorded_at: must be in the years 0001 to 9999 (of UTC)");
    let opened = |day: &str| verdict(&sites, edited(&sites, &[("/opened_on", json!(day))]));
    assert_eq!(opened("0000-12-31"), "schema: /opened_on: must be in the years 0001 to 9999 (of UTC)");
    assert_eq!(opened("0001-01-01"), "ok");
}

/// An entry of half a microsecond was refused, and one of seven days and half a microsecond was taken.
#[test]
fn times_are_compared_as_they_are_written() {
    let calendar = contract("calendar_audits");
    let between = |from: &str, to: &str| {
        let times = [("/starts_at", json!(from)), ("/ends_at", json!(to))];
        verdict(&calendar, edited(&calendar, &times))
    };
    let after = "check: /ends_at: must be after or above starts_at";
    let within = "check: /ends_at: must be within P7D of starts_at";
    let start = "2026-03-02T08:00:00.0000001Z";
    assert_eq!(between(start, "2026-03-02T08:00:00.00000010000001Z"), "ok");
    assert_eq!(between(start, "2026-03-02T08:00:00.0000001000Z"), after);
    assert_eq!(between(start, "2026-03-02T08:00:00Z"), after);
    assert_eq!(between(start, "2026-03-09T08:00:00.0000001Z"), "ok");
    assert_eq!(between(start, "2026-03-09T08:00:00.00000011Z"), within);
    assert_eq!(between("2026-03-02T08:00:00Z", "2026-03-09T08:00:00.0000001Z"), within);
}

/// A bad record's digits stayed behind for the one that took its place, and so did those of an earlier batch.
#[test]
fn finer_digits_belong_to_their_own_record() {
    let calendar = contract("calendar_audits");
    let same = |fraction: &str| {
        let at = format!("2026-03-02T08:00:00.000000{fraction}Z");
        edited(&calendar, &[("/starts_at", json!(at)), ("/ends_at", json!("2026-03-02T08:00:00.0000005Z"))])
    };
    let bad = edited(&calendar, &[("/starts_at", json!("2026-03-02T08:00:00.0000001Z")), ("/status", json!(1))]);
    let mut decoder = Decoder::new(Arc::clone(&calendar), i64::MIN..i64::MAX);
    for payloads in [[&bad, &same("9"), &same("1")], [&same("7"), &bad, &same("4")]] {
        payloads.iter().for_each(|payload| decoder.push(payload.as_bytes()));
        let decoded = decoder.finish();
        let rejected: Vec<(usize, Reason)> = decoded.rejected.iter().map(|(i, r)| (*i, r.reason)).collect();
        let status = payloads.iter().position(|payload| **payload == bad).unwrap();
        let mut expected = vec![(status, Reason::Schema), (1 - status, Reason::Check)];
        expected.sort_unstable();
        assert_eq!((rejected, decoded.accepted), (expected, vec![2]));
    }
}

/// A producer's wrapping was told as a missing field or as bytes that are not UTF-8.
#[test]
fn what_a_payload_is_wrapped_in_is_named() {
    let sites = contract("sites");
    let event = edited(&sites, &[]);
    let debezium = json!({"before": null, "after": example(&sites), "op": "c", "ts_ms": 1});
    let envelope = |payload: Value| json!({"schema": {"type": "struct"}, "payload": payload}).to_string();
    let utf16 = |units: fn(u16) -> [u8; 2]| event.encode_utf16().flat_map(units).collect::<Vec<u8>>();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("malformed: begins with a byte order mark", format!("\u{feff}{event}").into()),
        ("malformed: is UTF-16", [b"\xff\xfe", &*utf16(u16::to_le_bytes)].concat()),
        ("malformed: is UTF-16", utf16(u16::to_le_bytes)),
        ("malformed: is UTF-16", utf16(u16::to_be_bytes)),
        (
            "malformed: begins with a schema registry's prefix (magic byte 0 and a schema id): send",
            [b"\0\0\0\0\x07", event.as_bytes()].concat(),
        ),
        (
            "malformed: begins with a schema registry's prefix (magic byte 0 and a schema id), and what follows is no JSON",
            b"\0\0\0\x01\x07\x10perth-02\xff".to_vec(),
        ),
        ("malformed: is a JSON string that holds the event", Value::from(event.clone()).to_string().into()),
        (
            "schema: /: is a Kafka Connect envelope (schema, payload): set value.converter.schemas.enable=false",
            envelope(example(&sites)).into(),
        ),
        ("schema: /: is a Debezium change event (op, before, after): unwrap", debezium.to_string().into()),
        (
            "schema: /: is a Debezium change event (op, before, after) in a Kafka Connect envelope",
            envelope(debezium.clone()).into(),
        ),
    ];
    for (expected, payload) in cases {
        let found = verdict(&sites, &payload);
        assert!(found.starts_with(expected), "{expected}\n{found}");
        assert!(!found.contains("perth"), "{found}");
    }
    // An event that has such fields beside its own is an event.
    let mut with = example(&sites);
    (with["op"], with["after"], with["schema"], with["payload"]) = (json!("c"), json!(1), json!(1), json!(1));
    assert_eq!(verdict(&sites, with.to_string()), "ok");
}

#[test]
fn rules_name_the_first_field_that_breaks_one() {
    let (surveys, responses) = (contract("pulse_surveys"), contract("pulse_responses"));
    let calendar = contract("calendar_audits");
    let none = edited(&surveys, &[("/invited", json!(0)), ("/team_id", json!(""))]);
    assert_eq!(verdict(&surveys, none), "schema: /team_id: must have at least 1 characters (minLength)");
    let two_hundred = "😀".repeat(200);
    assert_eq!(verdict(&surveys, edited(&surveys, &[("/team_id", json!(two_hundred))])), "ok");
    let long = edited(&surveys, &[("/team_id", json!(format!("{two_hundred}x")))]);
    assert_eq!(verdict(&surveys, long), "schema: /team_id: must have at most 200 characters (maxLength)");
    let category = edited(&calendar, &[("/category", json!("Jane's birthday"))]);
    assert_eq!(
        verdict(&calendar, category),
        "schema: /category: must be one of field, prestart, coaching, meeting, admin, training, travel, leave, other (enum)"
    );
    let empty = edited(&responses, &[("/items", json!([]))]);
    assert_eq!(verdict(&responses, empty), "schema: /items: must have at least 1 elements (minItems)");
}

#[test]
fn fields_are_compared_by_the_checks() {
    let calendar = contract("calendar_audits");
    let ends = |at: &str| verdict(&calendar, edited(&calendar, &[("/ends_at", json!(at))]));
    assert_eq!(ends("2026-03-02T09:00:00+08:00"), "check: /ends_at: must be after or above starts_at");
    assert_eq!(ends("2026-03-02T01:00:00.000001Z"), "ok");
    assert_eq!(ends("2026-03-09T01:00:00Z"), "ok");
    assert_eq!(ends("2026-03-09T01:00:00.000001Z"), "check: /ends_at: must be within P7D of starts_at");

    let training = contract("training_events");
    let due = |at: &str| verdict(&training, edited(&training, &[("/due_at", json!(at))]));
    assert_eq!(due("2026-03-02T07:00:00Z"), "ok");
    assert_eq!(due("2026-03-02T06:59:59Z"), "check: /due_at: must not be before or below occurred_at");
    assert_eq!(due("2027-03-01T07:00:00Z"), "ok");
    assert_eq!(due("2027-03-01T07:00:01Z"), "check: /due_at: must be within P52W of occurred_at");

    let responses = contract("pulse_responses");
    let items = |score: f64, min: f64, max: f64| {
        let item = json!({"item": "x", "score": score, "min": min, "max": max});
        verdict(&responses, edited(&responses, &[("/items/1", item)]))
    };
    assert_eq!(items(1.0, 1.0, 5.0), "ok");
    assert_eq!(items(5.0, 1.0, 5.0), "ok");
    assert_eq!(items(0.9, 1.0, 5.0), "check: /items/1/score: must not be before or below min");
    assert_eq!(items(5.1, 1.0, 5.0), "check: /items/1/max: must not be before or below score");
    assert_eq!(items(1.0, 1.0, 1.0), "check: /items/1/max: must be after or above min");

    let surveys = contract("pulse_surveys");
    let closes = edited(&surveys, &[("/closes_at", json!("2026-03-02T07:20:00+08:00"))]);
    assert_eq!(verdict(&surveys, closes), "check: /closes_at: must be after or above sent_at");
}

#[test]
fn a_time_zone_is_one_of_the_database() {
    let sites = contract("sites");
    for zone in ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Argentina/Buenos_Aires"] {
        assert_eq!(verdict(&sites, edited(&sites, &[("/timezone", json!(zone))])), "ok", "{zone}");
    }
    for zone in ["europe/berlin", "CET+1", "Mars/Base", "+08:00", "Europe/Berlin "] {
        let found = verdict(&sites, edited(&sites, &[("/timezone", json!(zone))]));
        assert_eq!(found, "check: /timezone: must be an IANA time zone, e.g. Europe/Berlin", "{zone}");
    }
}

#[test]
fn verbs_about_a_commitment_require_it() {
    let training = contract("training_events");
    for verb in ["committed", "applied", "missed", "withdrawn", "attended"] {
        let strip = |fields: &[&str]| {
            let mut event: Value = serde_json::from_str(&without(&training, fields)).unwrap();
            event["verb"] = json!(verb);
            verdict(&training, event.to_string())
        };
        let bound = ["committed", "applied", "missed"].contains(&verb);
        let id = if bound { "schema: /commitment_id: is required by the value of verb (if, then)" } else { "ok" };
        assert_eq!(strip(&["commitment_id"]), id, "{verb}");
        let due =
            if verb == "committed" { "schema: /due_at: is required by the value of verb (if, then)" } else { "ok" };
        assert_eq!(strip(&["due_at"]), due, "{verb}");
    }
    let null = edited(&training, &[("/commitment_id", json!(null))]);
    assert_eq!(verdict(&training, null), "schema: /commitment_id: is required by the value of verb (if, then)");
}

fn decode(contract: &Arc<Contract>, push: impl FnOnce(&mut Decoder)) -> Decoded {
    let mut decoder = Decoder::new(Arc::clone(contract), 0..2_000_000_000_000_000);
    push(&mut decoder);
    decoder.finish()
}

#[test]
fn a_bad_record_leaves_nothing_behind() {
    let responses = contract("pulse_responses");
    let good = example(&responses).to_string();
    let bad = edited(&responses, &[("/items/1/max", json!("5"))]);
    let check = edited(&responses, &[("/items/1/max", json!(1))]);
    let mut decoder = Decoder::new(Arc::clone(&responses), 0..i64::MAX);
    for _ in 0..2 {
        for payload in [&bad, &good, &check, &good, &bad] {
            decoder.push(payload.as_bytes());
        }
        decoder.push_rejected(Rejection::new(Reason::TooLarge, "too large"));
        decoder.push(good.as_bytes());
        let decoded = decoder.finish();
        assert_eq!(decoded.accepted.len() + decoded.rejected.len(), 7);
        assert_eq!(decoded.accepted, [1, 3, 6]);
        assert_eq!(decoded.rows.num_rows(), 3);
        let rejected: Vec<(usize, Reason)> = decoded.rejected.iter().map(|(i, r)| (*i, r.reason)).collect();
        use Reason::{Check, Schema, TooLarge};
        assert_eq!(rejected, [(0, Schema), (2, Check), (4, Schema), (5, TooLarge)]);
        let items = decoded.rows.column_by_name("items").unwrap().as_list::<i32>();
        assert_eq!(items.value_length(1), 2);
        assert_eq!(&decoded.rows.schema(), responses.schema());
    }
    let nothing = decoder.finish();
    assert_eq!((nothing.rows.num_rows(), nothing.accepted.len(), nothing.rejected.len()), (0, 0, 0));
}

#[test]
fn event_times_have_a_range() {
    let outcomes = contract("outcomes");
    let at = |time: &str| edited(&outcomes, &[("/occurred_at", json!(time))]);
    let (from, to) = ("2000-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
    let micros = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let mut decoder = Decoder::new(Arc::clone(&outcomes), micros(from)..micros(to));
    for time in ["1970-01-01T00:00:00Z", from, "2027-12-31T23:59:59.999999Z", to, "2100-01-01T00:00:00Z"] {
        decoder.push(at(time).as_bytes());
    }
    let decoded = decoder.finish();
    assert_eq!(decoded.accepted, [1, 2]);
    assert_eq!(
        decoded.rejected[0].1.to_string(),
        "event_time: /occurred_at: must be from 2000-01-01T00:00:00Z to before 2028-01-01T00:00:00Z"
    );
}

#[test]
fn a_deletion_is_a_row_of_the_key_alone() {
    let sites = contract("sites");
    let decoded = decode(&sites, |decoder| {
        decoder.push_deletion("perth-02");
        decoder.push(example(&sites).to_string().as_bytes());
        decoder.push_deletion("");
    });
    assert_eq!(decoded.accepted, [0, 1]);
    assert_eq!(decoded.rejected[0].1.to_string(), "schema: /site_id: must have at least 1 characters (minLength)");
    assert_eq!(decoded.rows.column(0).as_string::<i32>().value(0), "perth-02");
    assert!(decoded.rows.columns()[1..].iter().all(|column| column.is_null(0)));
    assert_eq!(decoded.rows.column(1).as_primitive::<Int64Type>().value(1), 3);

    let refused = decode(&contract("outcomes"), |decoder| decoder.push_deletion("x"));
    assert_eq!(refused.rejected[0].1.reason, Reason::Key);
}

#[test]
fn a_reference_record_has_its_own_key_in_kafka() {
    let sites = contract("sites");
    let event = example(&sites).to_string();
    let keys: [Option<&[u8]>; 4] = [Some(b"perth-02"), None, Some(b"perth-0"), Some(b"perth-02")];
    let decoded =
        decode(&sites, |decoder| keys.iter().for_each(|key| decoder.push_record(*key, Some(event.as_bytes()))));
    assert_eq!(decoded.accepted, [0, 3]);
    assert!(decoded.rejected.iter().all(|(_, rejection)| rejection.reason == Reason::Key));
    let decoded = decode(&sites, |decoder| {
        decoder.push_record(Some(b"perth-02"), Some(event.as_bytes()));
        decoder.push_record(Some(b"perth-02"), None);
        decoder.push_record(Some(b""), None);
        decoder.push_record(None, None);
    });
    assert_eq!(decoded.accepted, [0, 1]);
    let outcomes = contract("outcomes");
    let none = decode(&outcomes, |decoder| decoder.push_record(Some(b"o-1"), None));
    assert_eq!(none.rejected[0].1.to_string(), "key: a null payload deletes only in reference streams");
    let free = decode(&outcomes, |decoder| decoder.push_record(None, Some(example(&outcomes).to_string().as_bytes())));
    assert_eq!(free.accepted, [0]);
}

/// A deletion with a quoted key was taken, and deleted nothing.
#[test]
fn what_a_key_is_wrapped_in_is_named() {
    let sites = contract("sites");
    let event = edited(&sites, &[]);
    let cases: [(&str, &[u8]); 6] = [
        ("is a JSON string, in quotes: send the text alone (in Kafka Connect: key.converter=", b"\"perth-02\""),
        ("is a JSON object: send the text of the id alone", b"{\"site_id\":\"perth-02\"}"),
        ("begins with a schema registry's prefix", b"\0\0\0\0\x07perth-02"),
        ("begins with a byte order mark", b"\xef\xbb\xbfperth-02"),
        ("is UTF-16", b"p\0e\0r\0t\0h\0"),
        ("is not UTF-8", b"perth\xff02"),
    ];
    for (what, key) in cases {
        let decoded = decode(&sites, |decoder| {
            decoder.push_record(Some(key), Some(event.as_bytes()));
            decoder.push_record(Some(key), None);
        });
        let told: Vec<String> = decoded.rejected.iter().map(|(_, rejection)| rejection.to_string()).collect();
        let differs = format!("key: /site_id: the Kafka key differs from the payload's: it {what}");
        let nothing = format!("key: /site_id: the Kafka key names nothing to delete: it {what}");
        assert!(told.len() == 2 && told[0].starts_with(&differs) && told[1].starts_with(&nothing), "{told:#?}");
    }
}

#[test]
fn unknown_fields_are_dropped_and_counted() {
    let responses = contract("pulse_responses");
    let mut event = example(&responses);
    event["items"][0]["comment"] = json!("nice {\"team\"}");
    event["items"][1]["comment"] = json!({"deep": [1, {"x": null}]});
    event["title"] = json!("Weekly with Jane");
    let mut bad = event.clone();
    bad["revision"] = json!("0");
    let mut many = event.clone();
    for i in 0..150 {
        many[format!("f{i}")] = json!(i);
    }
    many["Jane Doe"] = json!(1);
    let decoded = decode(&responses, |decoder| {
        decoder.push(event.to_string().as_bytes());
        decoder.push(bad.to_string().as_bytes());
    });
    assert_eq!(decoded.rows.num_columns(), responses.schema().fields().len());
    let counts: Vec<(&str, u64)> = decoded.unknown_fields.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    assert_eq!(counts, [("items[].comment", 2), ("title", 1)]);
    let decoded = decode(&responses, |decoder| decoder.push(many.to_string().as_bytes()));
    assert_eq!(decoded.unknown_fields.len(), 101);
    assert_eq!(decoded.unknown_fields[contracts::OTHER_FIELDS], 154 - 100);
    assert!(!decoded.unknown_fields.contains_key("Jane Doe"));
}

#[test]
fn timestamps_are_microseconds_of_utc() {
    let outcomes = contract("outcomes");
    let cases = [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.0000019999999z", 1),
        ("1969-12-31t23:59:59.9999999999+00:00", -1),
        ("2026-03-02T09:00:00.5+08:00", 1_772_413_200_500_000),
        ("2024-02-29T00:00:00-23:59", 1_709_251_140_000_000),
    ];
    let mut decoder = Decoder::new(Arc::clone(&outcomes), i64::MIN..i64::MAX);
    cases.iter().for_each(|(text, _)| decoder.push(edited(&outcomes, &[("/occurred_at", json!(text))]).as_bytes()));
    let decoded = decoder.finish();
    assert_eq!(decoded.rejected, []);
    let column = decoded.rows.column_by_name("occurred_at").unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(column.values(), &cases.map(|(_, micros)| micros));
}

#[test]
fn conditions_and_checks_of_the_fixture_hold() {
    let contracts = fixtures::load(&["every_keyword.good.json"]).unwrap();
    let contract = contracts.get("every_keyword").unwrap();
    let base = json!({"id": "a", "revision": 0, "recorded_at": "2026-03-02T09:00:00Z", "at": "2026-03-02T09:00:00Z",
        "code": "ab-1", "fixed": "yes", "level": 5, "flag": true});
    let with = |extra: Value| {
        let mut event = base.clone();
        event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        verdict(contract, event.to_string())
    };
    assert_eq!(with(json!({})), "ok");
    assert_eq!(
        with(json!({"reply": "x"})),
        "schema: /reply_to: is required where reply is present (dependentRequired)"
    );
    assert_eq!(with(json!({"level": 1})), "schema: /count: is required by the value of flag (if, then)");
    assert_eq!(with(json!({"level": 1, "count": 1, "reply_to": "x"})), "ok");
    let bad_mood = json!({"level": 1, "count": 1, "reply_to": "x", "mood": "bad"});
    assert_eq!(with(bad_mood), "schema: /place: is required by the value of mood (if, then)");
    let far = json!({"day": "2026-03-02", "until": "2026-03-10"});
    assert_eq!(with(far), "check: /until: must be within P1W of day");
    let wide = json!({"visits": [null, {"first": 1, "last": 12}]});
    assert_eq!(with(wide), "check: /visits/1/last: must be within 10 of first");
    assert_eq!(with(json!({"share": 0.1, "open_share": 0.7})), "check: /open_share: must be within 0.5 of share");
    assert_eq!(
        with(json!({"visits": [{"first": 1, "last": 2, "grid": [[1], [1, 2, 3, 4]]}]})),
        "schema: /visits/0/grid/1: must have at most 3 elements (maxItems)"
    );
    assert_eq!(
        with(json!({"place": {"name": "x", "tags": [null, ""]}})),
        "schema: /place/tags/1: must have at least 1 characters (minLength)"
    );
}
