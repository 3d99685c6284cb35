//! Site-local weeks: from the first instant of a Monday to the first instant of the next, half-open.

use crate::derive::clock::starts_at;
use jiff::{civil::Date, tz::TimeZone};
use std::collections::HashMap;

const DAY: i64 = 86_400_000_000;
const WEEK: i64 = 7 * DAY;
/// 1970-01-05, the first Monday after the epoch, in days.
const FIRST_MONDAY: i64 = 4;

/// The weeks of one time zone. Remembers the instants that it has looked up: a batch falls into few weeks.
#[derive(Debug)]
pub struct Weeks {
    zone: TimeZone,
    starts: HashMap<i64, i64>,
    last: (i64, i64, i64),
}

impl Weeks {
    /// Weeks in `zone`.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, starts: HashMap::new(), last: (0, 0, 0) }
    }

    /// Number of the week (0 starts on 1970-01-05) that holds the instant, in microseconds since the epoch.
    pub fn index(&mut self, at: i64) -> i64 {
        let (start, end, index) = self.last;
        if start <= at && at < end {
            return index;
        }
        let mut index = (at - FIRST_MONDAY * DAY).div_euclid(WEEK);
        while at < self.start(index) {
            index -= 1;
        }
        while at >= self.start(index + 1) {
            index += 1;
        }
        self.last = (self.start(index), self.start(index + 1), index);
        index
    }

    /// First instant of a week, in microseconds since the epoch.
    pub fn start(&mut self, index: i64) -> i64 {
        let zone = &self.zone;
        *self.starts.entry(index).or_insert_with(|| {
            let utc = (FIRST_MONDAY + 7 * index) * DAY;
            monday(index).and_then(|date| starts_at(date, zone)).map_or(utc, |at| at.as_microsecond())
        })
    }

    /// Cuts `[start, end)` at the starts of weeks: `(week, start, end)` in order, none where it is empty.
    pub fn cut(&mut self, start: i64, end: i64, mut piece: impl FnMut(i64, i64, i64)) {
        let mut from = start;
        while from < end {
            let index = self.index(from);
            let to = self.start(index + 1).min(end);
            piece(index, from, to);
            from = to;
        }
    }
}

/// A week's Monday in days since the epoch (Arrow's Date32).
pub fn monday_days(index: i64) -> i32 {
    i32::try_from(FIRST_MONDAY + 7 * index).unwrap_or(i32::MAX)
}

/// The date that is so many days after the epoch; `None` outside the years -9999 to 9999.
pub fn date_of_days(days: i32) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// Days since the epoch.
pub fn days_of_date(date: Date) -> i32 {
    Date::constant(1970, 1, 1).until(date).map_or(0, |span| span.get_days())
}

fn monday(index: i64) -> Option<Date> {
    date_of_days(monday_days(index))
}
