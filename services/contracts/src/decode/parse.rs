//! One payload → one more row in the columns, in one pass.

use super::{
    column::Record,
    foreign,
    value::{ObjectSeed, State},
    whole,
};
use crate::{Reason, Rejection, model::Object};
use serde::de::{DeserializeSeed, IgnoredAny};
use serde_json::error::Category;

/// Appends the payload's row. On an error the columns may be uneven: the caller truncates them.
pub(super) fn record(payload: &[u8], root: &Object, record: &mut Record, state: &mut State) -> Result<(), Rejection> {
    if let Some(form) = foreign::form(payload) {
        return Err(malformed(form));
    }
    let text =
        std::str::from_utf8(payload).map_err(|error| malformed(format!("not UTF-8 (byte {})", error.valid_up_to())))?;
    if text.trim_ascii_start().is_empty() {
        return Err(malformed("the payload is empty"));
    }
    let rows = record.len();
    state.written_out = false;
    match read(text, root, record, state) {
        Err(_) if state.inexact => {
            record.truncate(rows);
            state.written_out = true;
            read(&whole::written_out(text), root, record, state).map_err(|error| explain(&error, text, state))
        }
        outcome => outcome.map_err(|error| explain(&error, text, state)),
    }
}

fn read(text: &str, root: &Object, record: &mut Record, state: &mut State) -> serde_json::Result<()> {
    state.start();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    ObjectSeed { object: root, record, state }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// JSON that is not well formed is malformed, whatever else is wrong with it.
fn explain(error: &serde_json::Error, text: &str, state: &mut State) -> Rejection {
    if !text.trim_ascii_start().starts_with('{') {
        return malformed("not a JSON object");
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return malformed(format!("not one JSON object: {error}"));
    }
    // Well formed, and yet a syntax error: a number that no double holds (which a schema fault tells), or half of a
    // surrogate pair (which is not text).
    let out_of_range = error.to_string().starts_with("number out of range");
    match state.take_fault() {
        Some(fault) if error.classify() == Category::Data || out_of_range => {
            match foreign::envelope(text, |name| state.dropped(name)) {
                Some(envelope) => Rejection::new(fault.reason, format!("/: {envelope}")),
                None => fault,
            }
        }
        _ => malformed(format!("not one JSON object: {error}")),
    }
}

fn malformed(message: impl Into<String>) -> Rejection {
    Rejection::new(Reason::Malformed, message)
}
