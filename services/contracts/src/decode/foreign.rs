//! Recognises payloads and keys that a producer has wrapped or encoded differently, and says which setting to change.
//!
//! They are refused all the same, with a message that helps. No message repeats what a record holds.

use serde_json::Value;

/// A payload whose first bytes say that it is no plain JSON in UTF-8.
pub(super) fn form(payload: &[u8]) -> Option<&'static str> {
    match payload {
        [b'{', second, ..] if *second != 0 => None,
        [0xEF, 0xBB, 0xBF, ..] => Some("begins with a byte order mark: send UTF-8 without one"),
        _ if is_utf16(payload) => Some("is UTF-16: send UTF-8"),
        [0, _, _, _, _, b'{', ..] => Some(
            "begins with a schema registry's prefix (magic byte 0 and a schema id): send plain JSON, with a serializer \
             that knows no registry",
        ),
        [0, _, _, _, _, ..] => Some(
            "begins with a schema registry's prefix (magic byte 0 and a schema id), and what follows is no JSON (Avro or \
             Protobuf, probably): send plain JSON, with a serializer that knows no registry",
        ),
        [b'"', ..] if holds_an_object(payload) => {
            Some("is a JSON string that holds the event: it was serialized twice, once is enough")
        }
        _ => None,
    }
}

/// A key that is not just the text of an id.
pub(super) fn key(key: &[u8]) -> Option<&'static str> {
    match key {
        [0xEF, 0xBB, 0xBF, ..] => Some("begins with a byte order mark: send UTF-8 without one"),
        _ if is_utf16(key) => Some("is UTF-16: send UTF-8"),
        [0, _, _, _, _, ..] => Some(
            "begins with a schema registry's prefix (magic byte 0 and a schema id): send the text alone, with a string \
             serializer",
        ),
        [b'"', .., b'"'] if serde_json::from_slice::<String>(key).is_ok() => Some(
            "is a JSON string, in quotes: send the text alone (in Kafka Connect: \
             key.converter=org.apache.kafka.connect.storage.StringConverter)",
        ),
        [b'{', .., b'}'] if serde_json::from_slice::<Value>(key).is_ok() => Some(
            "is a JSON object: send the text of the id alone (in Kafka Connect: the transform ExtractField$Key, and \
             key.converter=org.apache.kafka.connect.storage.StringConverter)",
        ),
        _ if std::str::from_utf8(key).is_err() => Some("is not UTF-8: send the text of the id"),
        _ => None,
    }
}

const CONNECT: &str = "is a Kafka Connect envelope (schema, payload): set value.converter.schemas.enable=false";
const DEBEZIUM: &str = "is a Debezium change event (op, before, after): unwrap it with the transform \
                        io.debezium.transforms.ExtractNewRecordState";
const BOTH: &str = "is a Debezium change event (op, before, after) in a Kafka Connect envelope (schema, payload): unwrap it \
                    with the transform io.debezium.transforms.ExtractNewRecordState and set \
                    value.converter.schemas.enable=false";

/// An envelope around an event; `text` is a JSON object that is no event of a stream with this key.
///
/// What it looks like decides, not which of its names the contract knows: a stream may have fields called `source` or
/// `payload` of its own. An event holds the text of its key at the top, and an envelope does not.
pub(super) fn envelope(text: &str, key: &str) -> Option<&'static str> {
    // Most bad records are events: not one of them is parsed again.
    if !text.contains("\"op\"") && !text.contains("\"payload\"") {
        return None;
    }
    let outer: Value = serde_json::from_str(text).ok()?;
    let is_event = |object: &Value| key != "op" && object[key].is_string();
    let is_change = |object: &Value| is_debezium(object) && !is_event(object);
    if is_connect(&outer) && !is_event(&outer) {
        return Some(if is_change(&outer["payload"]) { BOTH } else { CONNECT });
    }
    is_change(&outer).then_some(DEBEZIUM)
}

fn is_connect(outer: &Value) -> bool {
    object_or_null(outer, "schema") && outer.get("payload").is_some()
}

fn is_debezium(change: &Value) -> bool {
    change["op"].is_string() && (object_or_null(change, "before") || object_or_null(change, "after"))
}

fn object_or_null(outer: &Value, name: &str) -> bool {
    outer.get(name).is_some_and(|inner| inner.is_object() || inner.is_null())
}

/// It begins with a byte order mark, or as JSON does, with every other byte zero.
fn is_utf16(bytes: &[u8]) -> bool {
    let begins_json = |byte: u8| matches!(byte, b'{' | b'[' | b'"' | b' ' | b'\t' | b'\r' | b'\n' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z');
    match bytes {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => true,
        [0, one] | [one, 0] | [0, one, 0, ..] | [one, 0, _, 0, ..] => {
            begins_json(*one) && bytes.len().is_multiple_of(2)
        }
        _ => false,
    }
}

fn holds_an_object(payload: &[u8]) -> bool {
    serde_json::from_slice::<String>(payload).is_ok_and(|inner| inner.trim_ascii_start().starts_with('{'))
}
