//! One payload → one more row in the columns, in one pass.

use super::{
    column::Record,
    value::{ObjectSeed, State},
};
use crate::{Reason, Rejection, model::Object};
use serde::de::{DeserializeSeed, IgnoredAny};
use serde_json::error::Category;

/// Appends the payload's row. On an error the columns may be uneven: the caller truncates them.
pub(super) fn record(payload: &[u8], root: &Object, record: &mut Record, state: &mut State) -> Result<(), Rejection> {
    state.start();
    let text =
        std::str::from_utf8(payload).map_err(|error| malformed(format!("not UTF-8 (byte {})", error.valid_up_to())))?;
    if text.trim_ascii_start().is_empty() {
        return Err(malformed("the payload is empty"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let result = ObjectSeed { object: root, record, state }.deserialize(&mut deserializer);
    match result.and_then(|()| deserializer.end()) {
        Ok(()) => Ok(()),
        Err(error) => Err(explain(&error, text, state)),
    }
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
        Some(fault) if error.classify() == Category::Data || out_of_range => fault,
        _ => malformed(format!("not one JSON object: {error}")),
    }
}

fn malformed(message: impl Into<String>) -> Rejection {
    Rejection::new(Reason::Malformed, message)
}
