//! The key of an event, without building the event.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// Why a line has no key. Says nothing of what the line holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum KeyFault {
    /// Not one JSON object; the column (from 1) where that shows.
    NotAnObject(usize),
    /// No such field, or no text in it.
    NoKey,
}

impl KeyFault {
    pub(super) fn describe(&self, key: &str) -> String {
        match self {
            Self::NotAnObject(column) => format!("not a JSON object (column {column}): write one event a line"),
            Self::NoKey => format!("no text in the field \"{key}\", which is the stream's key"),
        }
    }
}

/// The text in field `name` of a JSON object.
pub(super) fn key_of(event: &[u8], name: &str) -> Result<String, KeyFault> {
    let mut json = serde_json::Deserializer::from_slice(event);
    let found = Field(name).deserialize(&mut json).and_then(|found| json.end().map(|()| found));
    found.map_err(|error| KeyFault::NotAnObject(error.column().max(1)))?.ok_or(KeyFault::NoKey)
}

struct Field<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = Option<String>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if name == self.0 {
                found = match map.next_value::<serde_json::Value>()? {
                    serde_json::Value::String(text) => Some(text),
                    _ => None,
                };
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_key_wherever_it_stands() {
        let event = br#"{"a": {"id": "inner"}, "b": [1, {"id": 2}], "id": "x\u0041", "c": null}"#;
        assert_eq!(key_of(event, "id").unwrap(), "xA");
    }

    #[test]
    fn tells_what_is_wrong_without_the_content() {
        for (event, expected) in [
            (&b"[1]"[..], KeyFault::NotAnObject(1)),
            (b"{\"id\": ", KeyFault::NotAnObject(7)),
            (b"{} {}", KeyFault::NotAnObject(4)),
            (b"{\"other\": 1}", KeyFault::NoKey),
            (b"{\"id\": 7}", KeyFault::NoKey),
        ] {
            assert_eq!(key_of(event, "id").unwrap_err(), expected, "{}", String::from_utf8_lossy(event));
        }
    }
}
