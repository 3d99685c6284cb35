//! Site-local weeks: from the first instant of a Monday to the first instant of the next, half-open.

use crate::clock::starts_at;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::HashMap;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
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

    /// What clocks show at an instant, in microseconds since they showed 1970-01-01 00:00.
    pub fn civil(&self, at: i64) -> i64 {
        let offset = Timestamp::from_microsecond(at).map_or(0, |at| self.zone.to_offset(at).seconds());
        at + i64::from(offset) * 1_000_000
    }

    /// Cuts `[start, end)` where clocks show a full hour, and where they are changed: `(full hour shown, start, end)` in
    /// order, none where it is empty.
    pub fn cut_at_hours(&self, start: i64, end: i64, mut piece: impl FnMut(i64, i64, i64)) {
        let mut from = start;
        while from < end {
            let shown = self.civil(from);
            let mut to = (from + HOUR - shown.rem_euclid(HOUR)).min(end);
            if self.civil(to - 1) - shown != to - 1 - from {
                to = self.next_change(from).filter(|change| *change < to).unwrap_or(to);
            }
            piece(shown - shown.rem_euclid(HOUR), from, to);
            from = to;
        }
    }

    /// When clocks are changed next after an instant.
    fn next_change(&self, at: i64) -> Option<i64> {
        let change = self.zone.following(Timestamp::from_microsecond(at).ok()?).next()?;
        Some(change.timestamp().as_microsecond())
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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{SignedDuration, civil::DateTime};

    fn weeks(zone: &str) -> Weeks {
        Weeks::new(TimeZone::get(zone).unwrap())
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn shown(micros: i64) -> String {
        (DateTime::constant(1970, 1, 1, 0, 0, 0, 0) + SignedDuration::from_micros(micros)).to_string()
    }

    /// Pieces as (hour shown, minutes).
    fn pieces(zone: &str, from: &str, to: &str) -> Vec<(String, i64)> {
        let (mut pieces, mut reached) = (Vec::new(), at(from));
        weeks(zone).cut_at_hours(at(from), at(to), |hour, start, end| {
            assert_eq!(start, reached, "no gap");
            reached = end;
            pieces.push((shown(hour)[..16].to_owned(), (end - start) / 60_000_000));
        });
        assert_eq!(reached, at(to));
        pieces
    }

    fn told(wanted: &[(&str, i64)]) -> Vec<(String, i64)> {
        wanted.iter().map(|(hour, minutes)| ((*hour).to_owned(), *minutes)).collect()
    }

    #[test]
    fn clocks_show_half_hours_and_follow_the_changes() {
        assert_eq!(shown(weeks("Asia/Kolkata").civil(at("2026-03-02T03:45:00Z"))), "2026-03-02T09:15:00");
        let berlin = weeks("Europe/Berlin");
        assert_eq!(shown(berlin.civil(at("2026-03-29T00:59:59Z"))), "2026-03-29T01:59:59");
        assert_eq!(shown(berlin.civil(at("2026-03-29T01:00:00Z"))), "2026-03-29T03:00:00");
        assert_eq!(berlin.civil(at("2026-10-25T00:30:00Z")), berlin.civil(at("2026-10-25T01:30:00Z")));
    }

    #[test]
    fn hours_are_those_of_the_clock_there() {
        let kolkata = pieces("Asia/Kolkata", "2026-03-02T03:45:00Z", "2026-03-02T05:30:00Z");
        assert_eq!(kolkata, told(&[("2026-03-02T09:00", 45), ("2026-03-02T10:00", 60)]));
        assert_eq!(pieces("UTC", "2026-03-02T03:45:00Z", "2026-03-02T03:45:00Z"), []);
    }

    #[test]
    fn an_hour_that_clocks_skip_has_no_piece_and_one_that_they_repeat_has_two() {
        let spring = pieces("Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z");
        assert_eq!(spring, told(&[("2026-03-29T01:00", 30), ("2026-03-29T03:00", 30)]));
        let autumn = pieces("Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z");
        assert_eq!(autumn, told(&[("2026-10-25T02:00", 60), ("2026-10-25T02:00", 60)]));
        // Lord Howe Island goes back by half an hour, from 02:00 to 01:30.
        let half = pieces("Australia/Lord_Howe", "2026-04-04T14:00:00Z", "2026-04-04T15:30:00Z");
        assert_eq!(half, told(&[("2026-04-05T01:00", 60), ("2026-04-05T01:00", 30)]));
        // Chatham's clocks stand at a quarter to the hour when they are changed, from 02:45 to 03:45.
        let quarter = pieces("Pacific/Chatham", "2026-09-26T13:15:00Z", "2026-09-26T14:15:00Z");
        assert_eq!(quarter, told(&[("2026-09-27T02:00", 45), ("2026-09-27T03:00", 15)]));
    }
}
