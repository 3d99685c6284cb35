//! The JSON of a schema file while it is read: names that are repeated are refused, and each object knows its pointer and
//! which of its keywords nobody has read.

use crate::fault::FaultLog;
use jiff::{Span, SpanRelativeTo};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::{cell::RefCell, collections::BTreeSet, fmt};

/// Keywords that describe and assert nothing.
const NOTES: [&str; 4] = ["title", "description", "examples", "$comment"];

pub(super) struct DocumentFault {
    pub(super) pointer: String,
    pub(super) what: String,
}

/// JSON text → value, refusing names that are repeated in an object (a parser would keep only the last).
pub(super) fn parse(text: &str) -> Result<Value, DocumentFault> {
    let repeated = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = Strict { pointer: String::new(), repeated: &repeated }.deserialize(&mut deserializer);
    match parsed.and_then(|value| deserializer.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) => Err(match repeated.into_inner() {
            Some(pointer) => DocumentFault { pointer, what: "the name is repeated in its object".into() },
            None => DocumentFault { pointer: String::new(), what: format!("is not JSON: {error}") },
        }),
    }
}

struct Strict<'a> {
    pointer: String,
    repeated: &'a RefCell<Option<String>>,
}

impl Strict<'_> {
    fn at(&self, step: impl fmt::Display) -> Self {
        Self { pointer: format!("{}/{step}", self.pointer), repeated: self.repeated }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(self.at(values.len()))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let here = self.at(escape(&name));
            if values.contains_key(&name) {
                self.repeated.replace(Some(here.pointer));
                return Err(A::Error::custom("repeated name"));
            }
            values.insert(name, map.next_value_seed(here)?);
        }
        Ok(Value::Object(values))
    }
}

/// One JSON object of the file.
pub(super) struct Scope<'a> {
    map: &'a Map<String, Value>,
    pointer: String,
    pub(super) log: &'a FaultLog,
    read: RefCell<BTreeSet<String>>,
}

/// A name as a step of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl<'a> Scope<'a> {
    /// The scope of an object, or a fault.
    pub(super) fn open(value: &'a Value, pointer: String, log: &'a FaultLog) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self { map, pointer, log, read: RefCell::default() }),
            _ => {
                log.add(pointer, "is not a JSON object", "write an object here");
                None
            }
        }
    }

    /// The scope of an object inside this one, if the keyword is there.
    pub(super) fn inner(&self, keyword: &str) -> Option<Scope<'a>> {
        let value = self.get(keyword)?;
        Scope::open(value, self.at(keyword), self.log)
    }

    pub(super) fn at(&self, keyword: &str) -> String {
        format!("{}/{}", self.pointer, escape(keyword))
    }

    /// The value of a keyword, which counts as read from now on.
    pub(super) fn get(&self, keyword: &str) -> Option<&'a Value> {
        let value = self.map.get(keyword)?;
        self.read.borrow_mut().insert(keyword.to_owned());
        Some(value)
    }

    pub(super) fn has(&self, keyword: &str) -> bool {
        self.map.contains_key(keyword)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.map.iter()
    }

    /// A keyword that must be a non-empty string, if it is there.
    pub(super) fn text(&self, keyword: &str) -> Option<&'a str> {
        match self.get(keyword)? {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => {
                self.fault(keyword, "is not a non-empty string", "write a string");
                None
            }
        }
    }

    /// A keyword that must be a list of strings without repetition, if it is there.
    pub(super) fn texts(&self, keyword: &str) -> Option<Vec<&'a str>> {
        let list: Option<Vec<&str>> =
            self.get(keyword)?.as_array().and_then(|values| values.iter().map(Value::as_str).collect());
        match list {
            Some(list) if list.iter().collect::<BTreeSet<_>>().len() == list.len() => Some(list),
            _ => {
                self.fault(keyword, "is not a list of different strings", "list field names, each once");
                None
            }
        }
    }

    /// A keyword that must be a non-negative whole number, if it is there.
    pub(super) fn count(&self, keyword: &str) -> Option<usize> {
        let count = self.get(keyword)?.as_u64().and_then(|n| usize::try_from(n).ok());
        if count.is_none() {
            self.fault(keyword, "is not a whole number of 0 or more", "write a number such as 1");
        }
        count
    }

    /// A keyword that must be a number which a double holds exactly, if it is there.
    pub(super) fn number(&self, keyword: &str) -> Option<f64> {
        let number = self.get(keyword)?.as_f64().filter(|n| n.abs() <= 9_007_199_254_740_992.0);
        if number.is_none() {
            self.fault(keyword, "is not a number between -2^53 and 2^53", "write a number such as 1");
        }
        number
    }

    pub(super) fn fault(&self, keyword: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.log.add(self.at(keyword), what, remedy);
    }

    pub(super) fn fault_here(&self, what: impl Into<String>, remedy: impl Into<String>) {
        self.log.add(self.pointer.clone(), what, remedy);
    }

    /// Refuses every keyword that nobody has read, notes aside.
    pub(super) fn refuse_unread(&self, also_fine: &[&str]) {
        for keyword in self.map.keys() {
            let fine = NOTES.contains(&keyword.as_str()) || also_fine.contains(&keyword.as_str());
            if !fine && !self.read.borrow().contains(keyword) {
                self.fault(keyword, format!("`{keyword}` is not supported here"), remedy(keyword));
            }
        }
    }
}

fn remedy(keyword: &str) -> &'static str {
    match keyword {
        "$ref" | "$defs" | "$dynamicRef" => "write the schema out where it is used",
        "allOf" | "anyOf" | "oneOf" | "not" | "else" => "use enum, required, or if and then (which may be nested)",
        "exclusiveMinimum" | "exclusiveMaximum" | "minimum" | "maximum" => {
            "bound only fields of type number or integer"
        }
        "minLength" | "maxLength" | "pattern" => "use it only on a string without a format",
        "if" | "then" | "dependentRequired" | "x-checks" | "x-stream" => "use it only on the event itself",
        "x-person" => "use it only on a string field of the event itself, without format",
        _ => "remove it: only what the table and its checks can enforce is supported",
    }
}

/// Microseconds of a positive duration of fixed length (ISO 8601) such as `P7D`, `P13W` or `PT24H`: no months
/// or years.
pub(super) fn duration_micros(text: &str) -> Option<i64> {
    let span: Span = text.parse().ok().filter(|_| text.starts_with('P'))?;
    if span.get_years() != 0 || span.get_months() != 0 || !span.is_positive() {
        return None;
    }
    i64::try_from(span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?.as_micros()).ok()
}
