//! When it is time: once a week, on a day and at a time of a time zone.

use crate::settings::Schedule;
use indicators::{clock, week_set};
use jiff::{SignedDuration, Timestamp, civil::Date};

/// One time that it is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Occasion {
    /// Counts weeks.
    pub number: i64,
    /// From when on.
    pub moment: Timestamp,
}

impl Occasion {
    /// The last one at a moment; `None` at the ends of representable time.
    pub(super) fn last(schedule: &Schedule, now: Timestamp) -> Option<Self> {
        let week = clock::running_week(now, &schedule.zone);
        let of = |week: Date| {
            let days = i64::from(schedule.weekday.to_monday_zero_offset());
            let day = week.checked_add(SignedDuration::from_hours(24 * days)).ok()?;
            let moment = day.to_datetime(schedule.at).to_zoned_datetime(schedule.zone.clone()).ok()?.timestamp();
            Some(Self { number: week_set::index_of(week), moment })
        };
        of(week).filter(|occasion| occasion.moment <= now).or_else(|| of(clock::weeks_before(week, 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{
        civil::{Weekday, time},
        tz::TimeZone,
    };

    #[test]
    fn it_is_time_once_a_week_as_clocks_show_it() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let schedule = Schedule { weekday: Weekday::Tuesday, at: time(7, 30, 0, 0), zone };
        let last = |now: &str| Occasion::last(&schedule, now.parse().unwrap()).unwrap();
        // Clocks are changed on 29 March 2026.
        let (winter, summer) = (last("2026-03-26T00:00:00Z"), last("2026-03-31T06:30:00Z"));
        assert_eq!(winter.moment.to_string(), "2026-03-24T07:30:00Z");
        assert_eq!(summer.moment.to_string(), "2026-03-31T06:30:00Z");
        assert_eq!(summer.number, winter.number + 1);
        assert_eq!(last("2026-03-31T06:29:59Z"), winter, "not a second too early");
        assert_eq!(last("2026-04-07T06:29:59Z"), summer, "and no other for a week");
    }
}
