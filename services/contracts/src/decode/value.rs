//! Serde visitors that put JSON values straight into columns.

use super::{
    column::{Column, Columns},
    time,
};
use crate::{
    model::{Node, Object},
    rejection::{Reason, Rejection},
};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{collections::BTreeSet, fmt};

/// What is known of the record while it is decoded.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Number of the object being read, unique over the decoder's life: tells which fields it has shown.
    serial: u64,
    /// Fields that the schema does not name, by object and path.
    pub(super) dropped: BTreeSet<(u64, String)>,
    fault: Option<(Reason, String)>,
    /// An integer was written as `3.0` or `1e3`: what it is has to be read off its digits.
    pub(super) inexact: bool,
    /// Such numbers have been written out: what is left has a fraction, or is too large.
    pub(super) written_out: bool,
    /// Steps from the fault outwards, as the visitors unwind.
    trail: Vec<String>,
}

impl State {
    pub(super) fn start(&mut self) {
        self.dropped.clear();
        self.fault = None;
        self.inexact = false;
        self.trail.clear();
    }

    pub(super) fn take_rejection(&mut self) -> Option<Rejection> {
        let (reason, rule) = self.take_fault()?;
        let pointer: String = self.trail.iter().rev().map(|step| format!("/{step}")).collect();
        let pointer = if pointer.is_empty() { "/".to_owned() } else { pointer };
        Some(Rejection::new(reason, format!("{pointer}: {rule}")))
    }

    /// The fault without its place: class and rule.
    pub(super) fn take_fault(&mut self) -> Option<(Reason, String)> {
        self.fault.take()
    }

    fn fail<E: Error>(&mut self, reason: Reason, step: Option<&str>, rule: impl Into<String>) -> E {
        self.fault = Some((reason, rule.into()));
        self.trail.extend(step.map(str::to_owned));
        E::custom("refused")
    }

    fn no_moment<E: Error>(&mut self, error: time::TimeError) -> E {
        match error {
            time::TimeError::Form => wrong(),
            time::TimeError::Range => self.fail(Reason::Schema, None, "must be in the years 0001 to 9999 (of UTC)"),
        }
    }

    /// Notes where an error comes from; an error without a fault of its own is a value of the wrong type.
    fn unwind(&mut self, step: impl fmt::Display, node: &Node) {
        if self.fault.is_none() {
            self.fault = Some(wrong_type(node));
        }
        self.trail.push(step.to_string());
    }
}

/// Reads one object into one more row of its columns.
pub(super) struct ObjectSeed<'a> {
    pub(super) object: &'a Object,
    pub(super) columns: &'a mut Columns,
    pub(super) state: &'a mut State,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { object, columns, state } = self;
        state.serial += 1;
        let serial = state.serial;
        let mut next = 0;
        while let Some(found) = map.next_key_seed(NameSeed { object, next, state: &mut *state, serial })? {
            let Some(index) = found else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            next = index + 1;
            let field = &object.fields[index];
            if std::mem::replace(&mut columns.seen[index], serial) == serial {
                return Err(state.fail(Reason::Malformed, Some(&field.name), "is repeated in its object"));
            }
            let seed = ValueSeed { node: &field.node, column: &mut columns.fields[index], state: &mut *state };
            map.next_value_seed(seed).inspect_err(|_| state.unwind(&field.name, &field.node))?;
        }
        for (index, field) in object.fields.iter().enumerate() {
            if columns.seen[index] != serial {
                if field.required {
                    return Err(state.fail(Reason::Schema, Some(&field.name), "is required"));
                }
                columns.fields[index].push_null();
            }
        }
        columns.push_valid(true);
        Ok(())
    }
}

/// Reads a name: the position of its field, or `None` for one that the schema does not name.
struct NameSeed<'a> {
    object: &'a Object,
    /// Producers tend to keep the schema's order: the field to try first.
    next: usize,
    state: &'a mut State,
    serial: u64,
}

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for NameSeed<'_> {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        if self.object.fields.get(self.next).is_some_and(|field| field.name == name) {
            return Ok(Some(self.next));
        }
        if let Some(index) = self.object.position(name) {
            return Ok(Some(index));
        }
        if !self.state.dropped.insert((self.serial, format!("{}{name}", self.object.prefix))) {
            // The name itself comes from outside: do not repeat it.
            return Err(self.state.fail(Reason::Malformed, None, "an unknown name is repeated in its object"));
        }
        Ok(None)
    }
}

/// Reads one value into one more slot of its column.
pub(super) struct ValueSeed<'a> {
    pub(super) node: &'a Node,
    pub(super) column: &'a mut Column,
    pub(super) state: &'a mut State,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The fault of a value that is not of its field's type.
pub(super) fn wrong_type(node: &Node) -> (Reason, String) {
    (Reason::Schema, format!("must be {}", node.expected()))
}

fn wrong<E: Error>() -> E {
    E::custom("wrong type")
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.node.expected())
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        match self.column {
            Column::Text(text) => text.push(value.as_bytes()),
            Column::Timestamp(column) => {
                column.push(&time::timestamp(value.as_bytes()).map_err(|error| self.state.no_moment(error))?);
            }
            Column::Date(column) => {
                column.push(time::date(value.as_bytes()).map_err(|error| self.state.no_moment(error))?);
            }
            _ => return Err(wrong()),
        }
        Ok(())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        match self.column {
            Column::Integer(column) => column.push(value),
            #[expect(clippy::cast_precision_loss, reason = "a number is a double: the nearest one is what it means")]
            Column::Number(column) => column.push(value as f64),
            _ => return Err(wrong()),
        }
        Ok(())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match self.column {
            Column::Integer(column) => column.push(i64::try_from(value).map_err(|_| wrong())?),
            #[expect(clippy::cast_precision_loss, reason = "a number is a double: the nearest one is what it means")]
            Column::Number(column) => column.push(value as f64),
            _ => return Err(wrong()),
        }
        Ok(())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        match self.column {
            Column::Integer(_) => {
                self.state.inexact = !self.state.written_out;
                return Err(wrong());
            }
            Column::Number(column) => column.push(value),
            _ => return Err(wrong()),
        }
        Ok(())
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        match self.column {
            Column::Boolean(column) => column.push(value),
            _ => return Err(wrong()),
        }
        Ok(())
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if !self.node.nullable {
            return Err(wrong());
        }
        self.column.push_null();
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let (Column::List(list), Some(items)) = (self.column, self.node.items()) else { return Err(wrong()) };
        let mut index = 0_usize;
        loop {
            let seed = ValueSeed { node: items, column: &mut list.values, state: &mut *self.state };
            let more = seq.next_element_seed(seed).inspect_err(|_| self.state.unwind(index, items))?;
            if more.is_none() {
                break;
            }
            index += 1;
        }
        list.close(true);
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let (Column::Object(columns), Some(object)) = (self.column, self.node.object()) else { return Err(wrong()) };
        ObjectSeed { object, columns, state: self.state }.visit_map(map)
    }
}
