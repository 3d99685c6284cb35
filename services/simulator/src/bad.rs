//! Broken events, and what is wrong with each.

use crate::{event::Event, simulation::Simulation};
use serde_json::{Value, json};

/// One broken event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// The stream it is sent to.
    pub stream: &'static str,
    /// Its Kafka key: that of the valid event that it was made from.
    pub key: String,
    /// What is sent. Never holds a line feed; not always UTF-8, not always JSON.
    pub payload: Vec<u8>,
    /// The class under which it must be refused: `malformed`, `schema`, `check` or `event_time`.
    pub reason: &'static str,
    /// What is wrong with it, in words.
    pub fault: &'static str,
}

/// A way to break an event of a stream: set fields (`null` removes one), then change the bytes.
struct Fault {
    stream: &'static str,
    reason: &'static str,
    fault: &'static str,
    fields: fn() -> Value,
    bytes: fn(Vec<u8>) -> Vec<u8>,
}

const fn fields(stream: &'static str, reason: &'static str, fault: &'static str, fields: fn() -> Value) -> Fault {
    Fault { stream, reason, fault, fields, bytes: |bytes| bytes }
}

const fn bytes(stream: &'static str, fault: &'static str, bytes: fn(Vec<u8>) -> Vec<u8>) -> Fault {
    Fault { stream, reason: "malformed", fault, fields: || json!({}), bytes }
}

const FAULTS: [Fault; 32] = [
    fields("calendar_audits", "check", "ends before it starts", || json!({"ends_at": "2020-01-01T00:00:00Z"})),
    fields("calendar_audits", "schema", "the end is missing", || json!({"ends_at": null})),
    fields("calendar_audits", "schema", "the category is unknown", || json!({"category": "golf"})),
    fields("calendar_audits", "schema", "the revision is a string", || json!({"revision": "1"})),
    bytes("calendar_audits", "cut short", |bytes| bytes[..bytes.len() / 2].to_vec()),
    fields(
        "calendar_audits",
        "event_time",
        "dated 1970",
        || json!({"starts_at": "1970-01-01T08:00:00Z", "ends_at": "1970-01-01T09:00:00Z"}),
    ),
    fields(
        "calendar_audits",
        "event_time",
        "dated 2100",
        || json!({"starts_at": "2100-01-04T08:00:00Z", "ends_at": "2100-01-04T09:00:00Z"}),
    ),
    fields(
        "calendar_audits",
        "check",
        "longer than seven days",
        || json!({"starts_at": "2026-01-05T00:00:00Z", "ends_at": "2026-01-13T00:00:00Z"}),
    ),
    fields("calendar_audits", "schema", "a time without an offset", || json!({"starts_at": "2026-01-05T08:00:00"})),
    fields("calendar_audits", "schema", "the identifier is empty", || json!({"entry_id": ""})),
    bytes("calendar_audits", "not UTF-8", |mut bytes| {
        bytes.splice(2..2, *b"x\xff\xfe\":1,\"");
        bytes
    }),
    bytes("pulse_responses", "two objects", |bytes| [bytes.as_slice(), bytes.as_slice()].concat()),
    bytes("pulse_responses", "an array", |bytes| [b"[".as_slice(), &bytes, b"]"].concat()),
    bytes("pulse_responses", "not JSON", |_| b"submitted;4;5;3".to_vec()),
    fields("pulse_responses", "schema", "no items", || json!({"items": []})),
    fields(
        "pulse_responses",
        "check",
        "a score above its scale",
        || json!({"items": [{"item": "clear", "score": 6, "min": 1, "max": 5}]}),
    ),
    fields(
        "pulse_responses",
        "check",
        "a scale of no length",
        || json!({"items": [{"item": "clear", "score": 3, "min": 3, "max": 3}]}),
    ),
    fields(
        "pulse_responses",
        "schema",
        "a score that is a word",
        || json!({"items": [{"item": "clear", "score": "good", "min": 1, "max": 5}]}),
    ),
    fields(
        "pulse_responses",
        "schema",
        "an item without a scale",
        || json!({"items": [{"item": "clear", "score": 3}]}),
    ),
    fields("pulse_responses", "schema", "the survey is missing", || json!({"survey_id": null})),
    fields("pulse_surveys", "schema", "nobody was asked", || json!({"invited": 0})),
    fields("pulse_surveys", "check", "closes before it is sent", || json!({"closes_at": "2020-01-01T00:00:00Z"})),
    fields("pulse_surveys", "schema", "half a person was asked", || json!({"invited": 12.5})),
    fields(
        "training_events",
        "schema",
        "a commitment without a due time",
        || json!({"verb": "committed", "commitment_id": "c", "due_at": null}),
    ),
    fields(
        "training_events",
        "check",
        "due before it was promised",
        || json!({"verb": "committed", "commitment_id": "c", "due_at": "2020-01-01T00:00:00Z"}),
    ),
    fields(
        "training_events",
        "schema",
        "applied without a commitment",
        || json!({"verb": "applied", "commitment_id": null}),
    ),
    fields("training_events", "schema", "an unknown verb", || json!({"verb": "pondered"})),
    fields(
        "training_events",
        "schema",
        "a date that does not exist",
        || json!({"occurred_at": "2026-02-30T08:00:00Z"}),
    ),
    fields("outcomes", "schema", "a value that is missing", || json!({"value": null})),
    fields("outcomes", "schema", "an unknown kind", || json!({"kind": "weather"})),
    bytes("outcomes", "null", |_| b"null".to_vec()),
    fields("sites", "schema", "the time zone is missing", || json!({"timezone": null})),
];

impl Simulation {
    /// `n` broken events, one fault after the other, made from this simulation's own first events.
    pub fn bad(&self, n: usize) -> Vec<Bad> {
        let streams = self.streams();
        let faults = FAULTS.iter().cycle().zip(0..n);
        faults.filter_map(|(fault, i)| fault.applied(nth(&streams[fault.stream], i / FAULTS.len())?)).collect()
    }
}

fn nth<'a>(events: &[&'a Event], n: usize) -> Option<&'a Event> {
    events.get(n % events.len().max(1)).copied()
}

impl Fault {
    fn applied(&self, event: &Event) -> Option<Bad> {
        let mut value = serde_json::to_value(event).ok()?;
        let object = value.as_object_mut()?;
        for (field, to) in (self.fields)().as_object()? {
            if to.is_null() {
                object.remove(field);
            } else {
                object.insert(field.clone(), to.clone());
            }
        }
        let payload = (self.bytes)(serde_json::to_vec(&value).ok()?);
        Some(Bad { stream: self.stream, key: event.key().to_owned(), payload, reason: self.reason, fault: self.fault })
    }
}
