//! Why a record is not a row.

use std::fmt;

/// Why a record is not a row. `message` names field and rule, and never repeats a value that the record held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {message}")]
pub struct Rejection {
    /// The class of the fault, a label of `bellwether_dead_letters_total`.
    pub reason: Reason,
    /// What is wrong and where: the field (as a JSON pointer) and the rule it broke.
    pub message: String,
}

impl Rejection {
    /// A rejection of this class.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }

    /// The field at fault, as a JSON pointer (`/` is the event itself); `None` where the payload as a whole is refused.
    pub fn pointer(&self) -> Option<&str> {
        self.parts().0
    }

    /// The rule that is broken, without the field.
    pub fn rule(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (Option<&str>, &str) {
        match self.message.split_once(": ") {
            Some((pointer, rule)) if pointer.starts_with('/') => (Some(pointer), rule),
            _ => (None, &self.message),
        }
    }
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
    /// Larger than `ingest.max_record_bytes`: key, value and headers.
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
