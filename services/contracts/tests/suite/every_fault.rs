//! Where all faults are asked for: none hides another, and exactly those payloads have one that are refused anyway.

use crate::{
    differential::case,
    fixtures,
    oracle::Oracle,
    records::{contract, edited, example},
};
use contracts::{Contract, Contracts, Decoder, Reason, Rejection};
use jsonschema::error::ValidationErrorKind;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const CASES_A_STREAM: usize = 1_000;

fn faults(contract: &Contract, payload: &str) -> Vec<String> {
    contract.faults(payload.as_bytes()).iter().map(Rejection::to_string).collect()
}

/// A file of a thousand lines took as many rounds as its worst line had faults: only the first of each was told.
#[test]
fn every_fault_of_a_payload_is_reported_with_its_place() {
    let responses = contract("pulse_responses");
    let mut event = example(&responses);
    event.as_object_mut().unwrap().shift_remove("survey_id");
    event["revision"] = json!("0");
    event["team_id"] = json!("");
    event["leader_id"] = json!(7);
    event["submitted_at"] = json!("0000-03-02T09:00:00Z");
    event["items"] = json!([
        {"item": "engaging", "score": 9, "min": 1, "max": 5},
        {"item": "", "min": 3, "max": 3},
        {"item": [], "score": 1e300, "min": null, "max": 5},
        "none",
    ]);
    let text = event.to_string().replace("1e300", "1e400").replace("1e+300", "1e400");
    let expected = [
        "schema: /revision: must be an integer of 64 bits",
        "schema: /survey_id: is required",
        "schema: /leader_id: must be a string",
        "schema: /submitted_at: must be in the years 0001 to 9999 (of UTC)",
        "schema: /items/1/score: is required",
        "schema: /items/2/item: must be a string",
        "schema: /items/2/score: must be a number",
        "schema: /items/2/min: must be a number",
        "schema: /items/3: must be an object",
        "schema: /team_id: must have at least 1 characters (minLength)",
        "schema: /items/1/item: must have at least 1 characters (minLength)",
        "check: /items/1/max: must be after or above min",
        "check: /items/0/max: must not be before or below score",
    ];
    assert_eq!(faults(&responses, &text), expected);
    assert_eq!(faults(&responses, &example(&responses).to_string()), [""; 0]);
}

#[test]
fn a_value_may_break_several_rules_and_a_bad_one_requires_nothing() {
    let contracts = fixtures::load(&["every_keyword.good.json"]).unwrap();
    let contract = contracts.get("every_keyword").unwrap();
    let event = json!({"id": "a", "revision": 0, "recorded_at": "2026-03-02T09:00:00Z", "at": "2026-03-02T09:00:00Z",
        "code": "ab-1", "fixed": "yes", "level": 1, "flag": true, "bag": "x", "count": "1", "reply": "x", "mood": "bad",
        "day": "2026-03-02", "until": "2026-03-01"});
    let expected = [
        "schema: /count: must be an integer of 64 bits",
        "schema: /bag: must have at least 2 characters (minLength)",
        "schema: /bag: must match [aeiou] (pattern)",
        "schema: /reply_to: is required where reply is present (dependentRequired)",
        "schema: /reply_to: is required by the value of flag (if, then)",
        "schema: /place: is required by the value of mood (if, then)",
        "check: /until: must not be before or below day",
    ];
    assert_eq!(faults(contract, &event.to_string()), expected);
}

#[test]
fn what_is_no_event_at_all_has_one_fault() {
    let sites = contract("sites");
    let event = edited(&sites, &[("/revision", json!("3")), ("/name", json!(1))]);
    assert_eq!(faults(&sites, &event).len(), 2);
    assert_eq!(
        faults(&sites, &event[..20]),
        ["malformed: not one JSON object: EOF while parsing a string at column 20"]
    );
    let connect = json!({"schema": null, "payload": example(&sites), "other": 1}).to_string();
    let [envelope] = &faults(&sites, &connect)[..] else { panic!("{:?}", faults(&sites, &connect)) };
    assert!(envelope.starts_with("schema: /: is a Kafka Connect envelope"), "{envelope}");
}

#[test]
fn names_that_are_repeated_and_halves_of_characters_are_reported_beside_the_rest() {
    let sites = contract("sites");
    let event = edited(&sites, &[("/revision", json!(-1)), ("/name", json!("half"))]);
    let text = event.replace("\"half\"", "\"\\ud800\"").replacen('{', "{\"revision\": 1, \"x\": 1, \"x\": 2, ", 1);
    let expected = [
        "malformed: /: an unknown name is repeated in its object",
        "malformed: /revision: is repeated in its object",
        "malformed: /name: is not text: half of a surrogate pair",
    ];
    assert_eq!(faults(&sites, &text), expected);
}

#[test]
fn a_record_that_is_refused_for_its_key_or_size_has_its_own_faults_too() {
    let sites = contract("sites");
    let mut decoder = Decoder::new(Arc::clone(&sites), i64::MIN..i64::MAX).reporting_all();
    let zone = edited(&sites, &[("/timezone", json!("Mars/Base"))]);
    decoder.push(example(&sites).to_string().as_bytes());
    decoder.push_record(Some(b"other"), Some(zone.as_bytes()));
    decoder.push_refused(zone.as_bytes(), Rejection::new(Reason::TooLarge, "too many bytes"));
    decoder.push(zone.as_bytes());
    let decoded = decoder.finish();
    let found: Vec<(usize, Reason)> = decoded.rejected.iter().map(|(index, fault)| (*index, fault.reason)).collect();
    let expected =
        [(1, Reason::Key), (1, Reason::Check), (2, Reason::TooLarge), (2, Reason::Check), (3, Reason::Check)];
    assert_eq!((decoded.accepted, found), (vec![0], expected.to_vec()));
}

type ByIndex = BTreeMap<usize, Vec<Rejection>>;

/// The faults of each payload, by a decoder that reports all, beside the rejections of one that does not.
fn both_ways(contract: &Arc<Contract>, payloads: &[&[u8]]) -> (ByIndex, Vec<(usize, Rejection)>) {
    let decode = |mut decoder: Decoder| {
        payloads.iter().for_each(|payload| decoder.push(payload));
        decoder.finish()
    };
    let first = decode(Decoder::new(Arc::clone(contract), i64::MIN..i64::MAX));
    let every = decode(Decoder::new(Arc::clone(contract), i64::MIN..i64::MAX).reporting_all());
    assert_eq!((&every.accepted, &every.rows), (&first.accepted, &first.rows));
    let mut by_index = ByIndex::new();
    every.rejected.into_iter().for_each(|(index, fault)| by_index.entry(index).or_default().push(fault));
    (by_index, first.rejected)
}

#[test]
fn a_payload_has_a_fault_where_ingestion_refuses_it_and_those_that_a_validator_names() {
    let fixture = fixtures::load(&["every_keyword.good.json"]).unwrap();
    let shipped = Contracts::shipped().unwrap();
    let mut several = 0;
    for (seed, contract) in (101_u64..).zip(shipped.iter().chain(fixture.iter())) {
        let oracle = Oracle::new(contract.source());
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let cases: Vec<(String, Value)> = (0..CASES_A_STREAM).map(|_| case(&oracle.schema, &mut rng)).collect();
        let payloads: Vec<&[u8]> = cases.iter().map(|(text, _)| text.as_bytes()).collect();
        let (every, first) = both_ways(contract, &payloads);
        assert!(every.keys().eq(first.iter().map(|(index, _)| index)), "{}", contract.name());
        for (index, rejection) in &first {
            assert!(every[index].contains(rejection), "{}: {rejection} of {:#?}", contract.name(), every[index]);
        }
        for (index, (text, event)) in cases.iter().enumerate() {
            let none = Vec::new();
            let found = every.get(&index).unwrap_or(&none);
            several += usize::from(found.len() > 1);
            agree(&oracle, event, found, text);
        }
    }
    assert!(several > 500, "{several}");
}

/// Both name the same places. A validator also requires what a bad field would have required, if its value is unknown; and
/// it knows nothing of what a table cannot hold.
fn agree(oracle: &Oracle, event: &Value, found: &[Rejection], text: &str) {
    let ours: BTreeSet<&str> =
        found.iter().filter(|fault| fault.reason == Reason::Schema).filter_map(Rejection::pointer).collect();
    let mut theirs = BTreeSet::new();
    for error in oracle.validator.iter_errors(event) {
        let pointer = match error.kind() {
            ValidationErrorKind::Required { property } => {
                format!("{}/{}", error.instance_path(), property.as_str().unwrap())
            }
            _ => error.instance_path().to_string(),
        };
        let path = error.schema_path().to_string();
        let conditional = path.contains("/then") || path.contains("/dependentRequired");
        assert!(
            ours.contains(&*pointer) || (conditional && !ours.is_empty()),
            "{pointer} is not told: {ours:?}\n{text}"
        );
        theirs.insert(pointer);
    }
    for pointer in ours.iter().filter(|pointer| !theirs.contains(**pointer)) {
        let held = event.pointer(pointer).is_some_and(|value| match value {
            Value::Number(number) => number.as_i64().is_some(),
            Value::String(text) => !(text.contains(":60") || text.starts_with("0") || text.starts_with("9999")),
            _ => true,
        });
        assert!(!held, "{pointer} has no fault\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edited_bytes_have_a_fault_where_ingestion_refuses_them(
        stream in prop::sample::select(vec!["pulse_responses", "sites", "training_events"]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            Just(b'"'), Just(b'{'), Just(b'}'), Just(b'['), Just(b','), Just(b':'), Just(b'0'), Just(b'-'), any::<u8>(),
        ]), 0..4),
    ) {
        let contract = contract(stream);
        let mut bytes = example(&contract).to_string().into_bytes();
        for (place, byte) in edits {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let (every, first) = both_ways(&contract, &[&bytes]);
        prop_assert_eq!(every.len(), first.len(), "{:?} {:?} {}", every, first, String::from_utf8_lossy(&bytes));
        prop_assert_eq!(contract.faults(&bytes), every.into_values().flatten().collect::<Vec<_>>());
    }
}
