//! The identity of a letter, as listings write it and people give it back.

use std::{fmt, str::FromStr};

/// Where the record of a letter came from.
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
