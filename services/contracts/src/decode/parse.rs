//! One payload → one more row in the columns, in one pass.

use super::{
    column::Columns,
    foreign,
    value::{ObjectSeed, State},
    whole,
};
use crate::{
    contract::Contract,
    model::Object,
    rejection::{Reason, Rejection},
};
use serde::de::{DeserializeSeed, IgnoredAny};
use serde_json::error::Category;

/// Text columns have 32-bit offsets: payloads beyond this many bytes between two `finish` are refused.
pub(super) const MAX_BYTES: usize = (1 << 31) - 1;

/// Appends the payload's row. On an error the columns may be uneven: the caller truncates them.
pub(super) fn record(
    payload: &[u8],
    contract: &Contract,
    columns: &mut Columns,
    state: &mut State,
) -> Result<(), Rejection> {
    let text = text(payload)?;
    let (root, rows) = (&contract.root, columns.len());
    state.written_out = false;
    match read(text, root, columns, state) {
        Err(_) if state.inexact => {
            columns.truncate(rows);
            state.written_out = true;
            read(&whole::written_out(text), root, columns, state)
                .map_err(|error| explain(&error, text, contract, state))
        }
        outcome => outcome.map_err(|error| explain(&error, text, contract, state)),
    }
}

fn read(text: &str, root: &Object, columns: &mut Columns, state: &mut State) -> serde_json::Result<()> {
    state.start();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    ObjectSeed { object: root, columns, state }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// The payload as text that may be JSON.
pub(super) fn text(payload: &[u8]) -> Result<&str, Rejection> {
    if let Some(form) = foreign::form(payload) {
        return Err(malformed(form));
    }
    let text =
        std::str::from_utf8(payload).map_err(|error| malformed(format!("not UTF-8 (byte {})", error.valid_up_to())))?;
    if text.trim_ascii_start().is_empty() {
        return Err(malformed("the payload is empty"));
    }
    Ok(text)
}

/// Refuses what is no JSON object, and an envelope: the faults of what is inside say nothing.
pub(super) fn object(text: &str, contract: &Contract) -> Result<(), Rejection> {
    if !text.trim_ascii_start().starts_with('{') {
        return Err(malformed("not a JSON object"));
    }
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| not_json(&error))?;
    match foreign::envelope(text, &contract.key) {
        Some(envelope) => Err(Rejection::new(Reason::Schema, format!("/: {envelope}"))),
        None => Ok(()),
    }
}

/// JSON that is not well formed is malformed, whatever else is wrong with it.
fn explain(error: &serde_json::Error, text: &str, contract: &Contract, state: &mut State) -> Rejection {
    if let Err(rejection) = object(text, contract) {
        return rejection;
    }
    match state.take_rejection() {
        Some(fault) if !is_no_text(error) => fault,
        _ => not_json(error),
    }
}

/// In well-formed JSON two things are a syntax error all the same: a number that no double holds (which is a fault of its
/// field), and half of a surrogate pair (which is no text).
pub(super) fn is_no_text(error: &serde_json::Error) -> bool {
    error.classify() != Category::Data && !error.to_string().starts_with("number out of range")
}

fn not_json(error: &serde_json::Error) -> Rejection {
    // A payload is one line as a rule: then its number says nothing, and stands in the way of a file's.
    malformed(format!("not one JSON object: {}", error.to_string().replace("at line 1 column", "at column")))
}

/// The rejection of a payload for which there is no room.
pub(super) fn full() -> Rejection {
    Rejection::new(Reason::TooLarge, "more than 2 GiB of payloads in one batch: finish more often")
}

fn malformed(message: impl Into<String>) -> Rejection {
    Rejection::new(Reason::Malformed, message)
}
