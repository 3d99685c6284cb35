//! Wall clocks: a site's local time to instants and back, daylight saving included.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, date},
    tz::{AmbiguousOffset, Offset, TimeZone},
};
use serde::{Serialize, Serializer};

/// An instant that remembers the offset of the clock it was read from. Serialises as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: Timestamp,
    /// Hours and minutes ahead of UTC on that clock.
    pub offset: Offset,
}

impl Moment {
    /// The same clock, another instant.
    pub(crate) fn on_same_clock(self, at: Timestamp) -> Self {
        Self { at, ..self }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.offset == Offset::UTC {
            to.collect_str(&self.at)
        } else {
            to.collect_str(&self.at.display_with_offset(self.offset))
        }
    }
}

pub(crate) fn days(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n * 86_400)
}

pub(crate) fn minutes(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n * 60)
}

pub(crate) fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

pub(crate) fn monday_of(day: Date) -> Date {
    day - days(i64::from(day.weekday().to_monday_zero_offset()))
}

/// Wall time `minute` (minutes since midnight; more than a day is the next day) of `day`, as an instant. A time that
/// the clock skips or repeats is read with the offset before the change.
pub(crate) fn at(zone: &TimeZone, day: Date, minute: i64) -> Moment {
    let day = day + days(minute.div_euclid(1440));
    let minute = minute.rem_euclid(1440);
    let wall = day.at(0, 0, 0, 0) + minutes(minute);
    let offset = match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } | AmbiguousOffset::Fold { before, .. } => before,
    };
    let midnight = day.duration_since(date(1970, 1, 1)).as_secs();
    let seconds = midnight + minute * 60 - i64::from(offset.seconds());
    Moment { at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds), offset }
}

/// The Monday of the local week that an instant lies in.
pub(crate) fn week_of(zone: &TimeZone, at: Timestamp) -> Date {
    monday_of(zone.to_datetime(at).date())
}

/// Does the clock change between this Monday and the next?
pub(crate) fn clock_changes(zone: &TimeZone, monday: Date) -> bool {
    at(zone, monday, 0).offset != at(zone, monday + days(7), 0).offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_follows_the_clock_changes() {
        let zone = TimeZone::get("Europe/London").unwrap();
        assert_eq!(at(&zone, date(2026, 3, 28), 480).at.to_string(), "2026-03-28T08:00:00Z");
        assert_eq!(at(&zone, date(2026, 3, 29), 480).at.to_string(), "2026-03-29T07:00:00Z");
        assert_eq!(at(&zone, date(2026, 3, 29), -60).at.to_string(), "2026-03-28T23:00:00Z");
        assert_eq!(at(&zone, date(2026, 3, 28), 1440 + 480), at(&zone, date(2026, 3, 29), 480));
        assert!(clock_changes(&zone, date(2026, 3, 23)) && !clock_changes(&zone, date(2026, 3, 16)));
    }

    #[test]
    fn weeks_begin_on_the_local_monday() {
        let sydney = TimeZone::get("Australia/Sydney").unwrap();
        let at: Timestamp = "2026-06-14T14:00:00Z".parse().unwrap();
        assert_eq!(week_of(&sydney, at), date(2026, 6, 15));
        assert_eq!(week_of(&sydney, at - seconds(1)), date(2026, 6, 8));
    }
}
