//! Full hours of UTC.

use jiff::Timestamp;
use std::fmt;

const SECONDS: i64 = 3600;

/// The beginning of an hour, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hour(u32);

impl Hour {
    /// The last full hour up to a moment, that moment included. The first hour of 1970 before 1970.
    pub fn up_to(moment: Timestamp) -> Self {
        Self(u32::try_from(moment.as_second().div_euclid(SECONDS)).unwrap_or(0))
    }

    /// When it begins.
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(self.seconds()).unwrap_or(Timestamp::MAX)
    }

    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Seconds since 1970.
    pub(super) fn seconds(self) -> i64 {
        i64::from(self.0) * SECONDS
    }
}

/// `2026-06-09T00:00Z`.
impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.start().strftime("%Y-%m-%dT%H:%MZ"))
    }
}

/// Hours in a row, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// The first.
    pub first: Hour,
    /// The last; not before the first.
    pub last: Hour,
}

impl Hours {
    /// How many; 1 or more.
    pub fn count(self) -> u64 {
        u64::from(self.last.0.saturating_sub(self.first.0)) + 1
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = Hour> {
        (self.first.0..=self.last.0).map(Hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_found_shown_and_counted() {
        let hour = Hour::up_to("2026-06-09T00:59:59.9Z".parse().unwrap());
        assert_eq!(hour.to_string(), "2026-06-09T00:00Z");
        assert_eq!(Hour::up_to(hour.start()), hour);
        let hours = Hours { first: hour, last: hour.next().next() };
        assert_eq!((hours.count(), hours.iter().last()), (3, Some(hour.next().next())));
    }
}
