//! JSON payloads → Arrow columns, with per-record quarantine.

use crate::Contract;
use arrow::record_batch::RecordBatch;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// Why a record is not a row. `message` names field and rule, and never repeats a value that the record held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {message}")]
pub struct Rejection {
    /// The class of the fault, a label of `bellwether_dead_letters_total`.
    pub reason: Reason,
    /// What is wrong and where: the field (as a JSON pointer) and the rule it broke.
    pub message: String,
}

/// Classes of rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Not one JSON object in UTF-8 (empty payloads, duplicate names and trailing bytes included).
    Malformed,
    /// Breaks the JSON Schema: type, required, enum, bounds, pattern, format.
    Schema,
    /// Breaks an `x-checks` comparison between fields.
    Check,
    /// The event time is outside the accepted range.
    EventTime,
    /// Larger than `ingest.max_record_bytes`.
    TooLarge,
    /// A reference record whose Kafka key is absent or differs from the payload's, or a null payload elsewhere.
    Key,
}

impl Reason {
    /// The label value, in snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Schema => "schema",
            Self::Check => "check",
            Self::EventTime => "event_time",
            Self::TooLarge => "too_large",
            Self::Key => "key",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Builds columns from payloads of one stream. Reusable: `finish` leaves it empty.
#[derive(Debug)]
pub struct Decoder {
    _contract: Arc<Contract>,
}

/// What became of the payloads pushed since the last `finish`.
#[derive(Debug)]
pub struct Decoded {
    /// The accepted rows, in the order pushed, with the contract's schema. Person fields still hold raw ids.
    pub rows: RecordBatch,
    /// For each row, the index of its payload among those pushed (rejected pushes count too).
    pub accepted: Vec<usize>,
    /// Index and reason of every payload that is not a row.
    pub rejected: Vec<(usize, Rejection)>,
    /// Fields that the schema does not name, dropped: how often each was seen.
    pub unknown_fields: BTreeMap<String, u64>,
}

impl Decoder {
    /// A decoder that accepts event times (microseconds since the epoch) in `event_times`.
    pub fn new(_contract: Arc<Contract>, _event_times: std::ops::Range<i64>) -> Self {
        todo!()
    }
    /// Takes one payload. Faults are kept for `finish`; a bad payload leaves nothing behind in the columns.
    pub fn push(&mut self, _payload: &[u8]) {
        todo!()
    }
    /// Takes a deletion of a reference stream: a row of the key alone.
    pub fn push_deletion(&mut self, _key: &str) {
        todo!()
    }
    /// Takes a payload that was already found wanting (size, key), so that indexes stay aligned.
    pub fn push_rejected(&mut self, _rejection: Rejection) {
        todo!()
    }
    /// Payloads pushed since the last `finish`.
    pub fn pushed(&self) -> usize {
        todo!()
    }
    /// Runs the vectorised checks and hands over rows and rejections.
    pub fn finish(&mut self) -> Decoded {
        todo!()
    }
}
