//! Dead letters as they are listed and replayed, and their identity, as listings write it and people give it back.

use jiff::Timestamp;
use std::{collections::BTreeSet, fmt, str::FromStr};

/// Where the record of a dead letter came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Coordinates {
    /// Source topic.
    pub topic: String,
    /// Source partition.
    pub partition: i32,
    /// Source offset.
    pub offset: i64,
}

impl fmt::Display for Coordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}@{}", self.topic, self.partition, self.offset)
    }
}

impl FromStr for Coordinates {
    type Err = String;

    /// `TOPIC-PARTITION@OFFSET`, as errors and listings write them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let (place, offset) = text.rsplit_once('@')?;
            let (topic, partition) = place.rsplit_once('-')?;
            let topic = Some(topic).filter(|topic| !topic.is_empty())?.to_owned();
            Some(Self { topic, partition: partition.parse().ok()?, offset: offset.parse().ok()? })
        };
        parsed().ok_or_else(|| format!("{text:?} is not TOPIC-PARTITION@OFFSET, e.g. bellwether.sites-0@42"))
    }
}

/// One dead letter, without the record itself: that may name people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeadLetter {
    /// Where the record came from.
    #[serde(flatten)]
    pub source: Coordinates,
    /// Whether it is dealt with.
    pub state: DeadLetterState,
    /// When it was last replayed. An open one can have been: another copy of it has arrived since.
    pub replayed_at: Option<Timestamp>,
    /// Class of the fault: `malformed`, `schema`, `check`, `event_time`, `too_large`, `key`.
    pub reason: String,
    /// Field and rule.
    pub message: String,
    /// When it became a dead letter.
    pub at: Option<Timestamp>,
    /// The value was too large for the dead-letter topic: only this SHA-256 of it is kept, and it cannot be replayed.
    pub truncated: Option<String>,
}

/// Which dead letters to replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Every one of the topics given.
    All,
    /// Those of these records.
    At(BTreeSet<Coordinates>),
}

/// Whether a dead letter is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterState {
    /// Nobody has replayed it.
    Open,
    /// Its record was sent to its topic again.
    Replayed,
}

/// What a replay did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Replayed {
    /// Records sent to their source topics again, at its end.
    pub sent: Vec<Coordinates>,
    /// Dead letters that hold no value any more.
    pub truncated: Vec<Coordinates>,
    /// Not sent, because they were replayed before.
    pub already: Vec<DeadLetter>,
    /// Not sent, because their record would come after what has overtaken it: of reference streams.
    pub outdated: Vec<Outdated>,
    /// Asked for, but there is no such dead letter (any more).
    pub missing: Vec<Coordinates>,
}

/// A dead letter of a reference stream that was overtaken while it lay there.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Outdated {
    /// The dead letter.
    pub source: Coordinates,
    /// What happened since.
    pub why: Since,
    /// The record that overtook it.
    pub by: Coordinates,
}

/// What came after a dead letter of a reference stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// Its key was deleted, which sending it again would undo.
    Deleted,
    /// A record of its key with the same or a higher revision.
    Superseded,
}

impl Selection {
    pub(super) fn includes(&self, place: &Coordinates) -> bool {
        match self {
            Self::All => true,
            Self::At(wanted) => wanted.contains(place),
        }
    }

    pub(super) fn concerns(&self, topic: &str) -> bool {
        match self {
            Self::All => true,
            Self::At(wanted) => wanted.iter().any(|place| place.topic == topic),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_read_as_they_are_written() {
        let place = Coordinates { topic: "bellwether.calendar-audits".into(), partition: 3, offset: 42 };
        assert_eq!(place.to_string(), "bellwether.calendar-audits-3@42");
        assert_eq!(place.to_string().parse(), Ok(place));
        for wrong in ["", "x", "t-1", "t@1", "-1@2", "t-x@1"] {
            assert!(wrong.parse::<Coordinates>().is_err(), "{wrong}");
        }
    }
}
