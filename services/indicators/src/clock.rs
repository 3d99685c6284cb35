//! Weeks of a time zone, and which of them a clock has completed.
//!
//! A week is named by its Monday; it runs from Monday 00:00 to the next, in the site's zone. It is complete 24 hours
//! after its end. In those 24 hours it is neither complete nor the running week: the running week has begun already.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// How long after its end a week is complete: late events have until then.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// The zone of that IANA name; UTC for a name that the database lacks.
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// The Monday of the week that holds `date`.
pub fn week_of(date: Date) -> Date {
    date.saturating_sub(days(i64::from(date.weekday().to_monday_zero_offset())))
}

/// The Monday `weeks` weeks before.
pub fn weeks_before(week: Date, weeks: u32) -> Date {
    week.saturating_sub(days(7 * i64::from(weeks)))
}

/// The Monday `weeks` weeks after.
pub fn weeks_after(week: Date, weeks: u32) -> Date {
    week.saturating_add(days(7 * i64::from(weeks)))
}

/// How many weeks `to` is after `from` (below 0 when before).
pub fn weeks_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours().div_euclid(24 * 7)
}

/// The local date at the clock.
pub fn today(as_of: Timestamp, zone: &TimeZone) -> Date {
    as_of.to_zoned_datetime(zone.clone()).date()
}

/// The week that holds the clock.
pub fn running_week(as_of: Timestamp, zone: &TimeZone) -> Date {
    week_of(today(as_of, zone))
}

/// The last week whose end lies 24 hours or more before the clock.
pub fn last_complete_week(as_of: Timestamp, zone: &TimeZone) -> Date {
    let graced = as_of.checked_sub(GRACE).unwrap_or(Timestamp::MIN);
    weeks_before(running_week(graced, zone), 1)
}

/// The instant at which a week begins; `None` at the ends of representable time.
pub fn starts_at(week: Date, zone: &TimeZone) -> Option<Timestamp> {
    week.to_zoned_datetime(zone.clone()).ok().map(|zoned| zoned.timestamp())
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}
