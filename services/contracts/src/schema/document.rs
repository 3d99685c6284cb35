//! JSON text → value, refusing names that are repeated in an object (a parser would keep only the last).

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::{cell::RefCell, fmt};

pub(super) struct DocumentFault {
    pub(super) pointer: String,
    pub(super) what: String,
}

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
            let here = self.at(super::scope::escape(&name));
            if values.contains_key(&name) {
                self.repeated.replace(Some(here.pointer));
                return Err(A::Error::custom("repeated name"));
            }
            values.insert(name, map.next_value_seed(here)?);
        }
        Ok(Value::Object(values))
    }
}
