//! Envelopes that change data capture and Kafka Connect put around an event, on every stream.

use crate::records::example;
use contracts::{Contract, Contracts};
use serde_json::{Value, json};
use std::{fs, sync::Arc};

/// What the database wrote down, with all that Debezium says of it.
fn change(before: &Value, after: &Value) -> Value {
    json!({"before": before, "after": after, "source": {"version": "3.0.0", "connector": "postgresql", "ts_ms": 1,
        "db": "hr", "table": "entries"}, "op": "u", "ts_ms": 1, "transaction": null})
}

fn envelopes(event: &Value) -> Vec<(&'static str, Value)> {
    let connect = |payload: Value| json!({"schema": {"type": "struct", "fields": []}, "payload": payload});
    let (debezium, kafka_connect) =
        ("is a Debezium change event (op, before, after): unwrap it", "is a Kafka Connect envelope");
    let both =
        "is a Debezium change event (op, before, after) in a Kafka Connect envelope (schema, payload): unwrap it";
    let mut all =
        vec![(kafka_connect, connect(event.clone())), (kafka_connect, json!({"schema": null, "payload": event}))];
    for change in [change(&Value::Null, event), change(event, event), change(event, &Value::Null)] {
        all.push((both, connect(change.clone())));
        all.push((debezium, change));
    }
    all
}

fn named_on(contract: &Arc<Contract>, event: &Value) {
    for (words, envelope) in envelopes(event) {
        let text = envelope.to_string();
        let expected = format!("schema: /: {words}");
        let rejection = contract.check(text.as_bytes()).unwrap_err().to_string();
        assert!(rejection.starts_with(&expected), "{}: {rejection}\n{text}", contract.name());
        let all: Vec<String> = contract.faults(text.as_bytes()).iter().map(ToString::to_string).collect();
        assert_eq!(all, [rejection], "{}", contract.name());
    }
}

/// On `calendar_audits` the envelope's `source` was taken for the event's own, and told as "must be a string".
#[test]
fn an_envelope_is_named_on_every_shipped_stream() {
    for contract in Contracts::shipped().unwrap().iter() {
        let event = example(contract);
        named_on(contract, &event);
        // A field that the envelope and the event share holds nothing that matters.
        let document: Value = serde_json::from_str(contract.source()).unwrap();
        for name in document["properties"].as_object().unwrap().keys() {
            let mut without = event.clone();
            without.as_object_mut().unwrap().shift_remove(name);
            named_on(contract, &without);
        }
    }
}

#[test]
fn a_stream_may_have_fields_of_an_envelopes_names() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
        "x-stream": {"topic": "test.alike", "key": "id", "event_time": "at"},
        "required": ["id", "revision", "recorded_at", "at"],
        "properties": {
            "id": {"type": "string"}, "revision": {"type": "integer"},
            "recorded_at": {"type": "string", "format": "date-time"}, "at": {"type": "string", "format": "date-time"},
            "op": {"type": "string"}, "before": {"type": ["string", "null"]}, "after": {"type": "string"},
            "source": {"type": "string"}, "ts_ms": {"type": "integer"}, "schema": {"type": "string"},
            "payload": {"type": "object", "properties": {"size": {"type": "integer"}}},
        },
    });
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("alike.json"), schema.to_string()).unwrap();
    let contracts = Contracts::load(folder.path()).unwrap();
    let contract = contracts.get("alike").unwrap();
    let moment = "2026-03-02T09:00:00Z";
    let mut event = json!({"id": "a", "revision": 1, "recorded_at": moment, "at": moment, "op": "c", "before": null,
        "after": "x", "source": "x", "ts_ms": 1, "schema": "x", "payload": {"size": 1}});
    named_on(contract, &event);
    assert_eq!(contract.faults(event.to_string().as_bytes()), []);
    // An event with a fault is an event still.
    event["revision"] = json!("1");
    let found = contract.check(event.to_string().as_bytes()).unwrap_err().to_string();
    assert_eq!(found, "schema: /revision: must be an integer of 64 bits");
}
