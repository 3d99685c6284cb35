//! Every fault of one payload: each value is decoded on its own, so that a bad one hides no other.
//!
//! Slower than the one pass of `parse`, and never needed where it is fast: only payloads that are refused come here.

use super::{
    column::{Column, Columns},
    parse,
    value::{State, ValueSeed, wrong_type},
    whole,
};
use crate::{
    contract::Contract,
    model::{Kind, Node, Object},
    rejection::{Reason, Rejection},
    verify,
};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny};
use std::{collections::BTreeSet, ops::Range, sync::Arc};

/// All that is wrong with a payload, in the order of the fields, then conditions, checks and event time; nothing where it
/// is a row. What is no JSON object, or an envelope, has that one fault.
pub(super) fn faults(contract: &Contract, event_times: &Range<i64>, payload: &[u8]) -> Vec<Rejection> {
    if payload.len() > parse::MAX_BYTES {
        return vec![parse::full()];
    }
    let text = match parse::text(payload).and_then(|text| parse::object(text, contract).map(|()| text)) {
        Ok(text) => text,
        Err(rejection) => return vec![rejection],
    };
    let (mut columns, mut walk) = (Columns::new(&contract.root), Walk::default());
    walk.object(text, &contract.root, &mut columns, "");
    let submicros = columns.take_submicros();
    // What is bad is null, which only conditions mind: a field that has its fault already is not missing besides.
    let rows = columns.finish_batch(&Arc::new(Schema::new(nullable(contract.schema.fields()))), 1);
    let broken = verify::batch(contract, event_times, (&rows, &submicros), true).into_values().flatten();
    let broken = broken.filter(|rejection| rejection.pointer().is_none_or(|pointer| !walk.nulls.contains(pointer)));
    walk.found.into_iter().chain(broken).collect()
}

/// The same columns, all of which may be null.
fn nullable(fields: &Fields) -> Fields {
    let field = |field: &FieldRef| Field::new(field.name(), nullable_type(field.data_type()), true);
    fields.iter().map(field).collect()
}

fn nullable_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::List(element) => {
            DataType::List(Arc::new(Field::new(element.name(), nullable_type(element.data_type()), true)))
        }
        DataType::Struct(fields) => DataType::Struct(nullable(fields)),
        other => other.clone(),
    }
}

#[derive(Default)]
struct Walk {
    state: State,
    found: Vec<Rejection>,
    /// The pointers of the bad values, which are null now.
    nulls: BTreeSet<String>,
}

impl Walk {
    fn add(&mut self, reason: Reason, pointer: &str, rule: &str) {
        let place = if pointer.is_empty() { "/" } else { pointer };
        self.found.push(Rejection::new(reason, format!("{place}: {rule}")));
    }

    fn add_null(&mut self, reason: Reason, pointer: &str, rule: &str) {
        self.add(reason, pointer, rule);
        self.nulls.insert(pointer.to_owned());
    }

    /// Appends one row, with null for every field that has a fault. `text` is a JSON object.
    fn object(&mut self, text: &str, object: &Object, columns: &mut Columns, at: &str) {
        let Some(members) = members(text) else {
            self.add_null(Reason::Malformed, at, "a name in it is not text: half of a surrogate pair");
            return columns.push_null();
        };
        self.unknown_names(&members, object, at);
        for (field, column) in object.fields.iter().zip(&mut columns.fields) {
            let pointer = format!("{at}/{}", field.name);
            let mut values = members.iter().filter(|(name, _)| *name == field.name).map(|(_, value)| *value);
            match values.next() {
                Some(value) => self.value(value, &field.node, column, &pointer),
                None => {
                    column.push_null();
                    if field.required {
                        self.add_null(Reason::Schema, &pointer, "is required");
                    }
                }
            }
            if values.next().is_some() {
                self.add(Reason::Malformed, &pointer, "is repeated in its object");
            }
        }
        columns.push_valid(true);
    }

    fn unknown_names(&mut self, members: &[(String, &str)], object: &Object, at: &str) {
        let mut seen = BTreeSet::new();
        let unknown = members.iter().map(|(name, _)| name).filter(|name| object.position(name).is_none());
        if unknown.filter(|name| !seen.insert(*name)).count() > 0 {
            self.add(Reason::Malformed, at, "an unknown name is repeated in its object");
        }
    }

    /// Appends one slot, null where the value has a fault.
    fn value(&mut self, text: &str, node: &Node, column: &mut Column, at: &str) {
        match (&node.kind, column) {
            (Kind::Object(object), Column::Object(columns)) if text.starts_with('{') => {
                self.object(text, object, columns, at);
            }
            (Kind::List { items, .. }, Column::List(list)) if text.starts_with('[') => {
                for (index, element) in elements(text).into_iter().enumerate() {
                    self.value(element, items, &mut list.values, &format!("{at}/{index}"));
                }
                list.close(true);
            }
            (_, column) => {
                if let Err((reason, rule)) = self.single(text, node, column) {
                    column.push_null();
                    self.add_null(reason, at, &rule);
                }
            }
        }
    }

    fn single(&mut self, text: &str, node: &Node, column: &mut Column) -> Result<(), (Reason, String)> {
        self.state.start();
        let text = whole::written_out(text);
        let seed = ValueSeed { node, column, state: &mut self.state };
        seed.deserialize(&mut serde_json::Deserializer::from_str(&text)).map_err(|error| {
            if parse::is_no_text(&error) {
                return (Reason::Malformed, "is not text: half of a surrogate pair".to_owned());
            }
            self.state.take_fault().unwrap_or_else(|| wrong_type(node))
        })
    }
}

/// The names of a JSON object and the text of each one's value; `None` where a name is no text.
fn members(object: &str) -> Option<Vec<(String, &str)>> {
    let (mut members, mut rest) = (Vec::new(), inside(object));
    while !rest.is_empty() {
        let (name, behind) = first::<String>(rest)?;
        let value = behind.trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
        let (_, behind) = first::<IgnoredAny>(value)?;
        members.push((name, &value[..value.len() - behind.len()]));
        rest = next(behind);
    }
    Some(members)
}

/// The text of each element of a JSON array.
fn elements(array: &str) -> Vec<&str> {
    let (mut elements, mut rest) = (Vec::new(), inside(array));
    while let Some((_, behind)) = first::<IgnoredAny>(rest) {
        elements.push(&rest[..rest.len() - behind.len()]);
        rest = next(behind);
    }
    elements
}

/// What stands between the brackets of an object or array.
fn inside(text: &str) -> &str {
    let text = text.trim_ascii();
    text.get(1..text.len() - 1).unwrap_or_default().trim_ascii()
}

/// The value that the text begins with, and what follows it.
fn first<T: DeserializeOwned>(text: &str) -> Option<(T, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, &text[values.byte_offset()..]))
}

/// The next member or element, behind the comma.
fn next(behind: &str) -> &str {
    behind.trim_ascii_start().trim_start_matches(',').trim_ascii_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_out_of_the_text_as_they_are() {
        let object = r#" { "a" : "}, \"" , "b":[1,{"c":[ ]} ,1e400] ,"\u0063": -1.0 } "#;
        let expected = [("a", r#""}, \"""#), ("b", r#"[1,{"c":[ ]} ,1e400]"#), ("c", "-1.0")];
        assert_eq!(members(object).unwrap(), expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(elements(r#"[1,{"c":[ ]} , 1e400,"]"]"#), ["1", r#"{"c":[ ]}"#, "1e400", "\"]\""]);
        assert_eq!((members("{ }"), elements("[]")), (Some(vec![]), vec![]));
        assert_eq!(members(r#"{"\ud800": 1}"#), None);
    }
}
