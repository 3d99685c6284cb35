//! Sets of calendar weeks, by the index of their Monday (0 starts on 1970-01-05).

use crate::calendar::{date_of_days, days_of_date, monday_days};
use jiff::civil::Date;
use std::{
    collections::BTreeSet,
    ops::{Range, RangeInclusive},
};

const HOUR: i64 = 3_600_000_000;
const WEEK: i64 = 7 * 24 * HOUR;
/// 1970-01-05T00:00 UTC.
const FIRST_MONDAY: i64 = 4 * 24 * HOUR;
/// The farthest that local clocks run behind and ahead of UTC.
const BEHIND: i64 = 12 * HOUR;
const AHEAD: i64 = 14 * HOUR;

/// Index of the week of a Monday.
pub fn index_of(monday: Date) -> i64 {
    index_of_days(days_of_date(monday))
}

/// Index of the week of a date, in days since the epoch.
pub fn index_of_days(date: i32) -> i64 {
    (i64::from(date) - 4).div_euclid(7)
}

/// Some weeks, or all there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeekSet {
    /// All there are.
    All,
    /// These, by [`index_of`].
    Some(BTreeSet<i64>),
}

impl Default for WeekSet {
    fn default() -> Self {
        Self::Some(BTreeSet::new())
    }
}

impl WeekSet {
    /// Adds every week that holds an instant of `[start, end]` (microseconds since the epoch) in some time zone.
    pub fn insert(&mut self, start: i64, end: i64) {
        if let Self::Some(weeks) = self {
            let index = |at: i64| (at - FIRST_MONDAY).div_euclid(WEEK);
            weeks.extend(index(start - BEHIND)..=index(end.max(start) + AHEAD));
        }
    }

    /// Adds the other's weeks.
    pub fn extend(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (_, Self::All) => *self = Self::All,
            (Self::Some(weeks), Self::Some(more)) => weeks.extend(more),
        }
    }

    /// Each week with those up to `back` before and `ahead` after it.
    pub fn widened(&self, back: u32, ahead: u32) -> Self {
        match self {
            Self::All => Self::All,
            Self::Some(weeks) => {
                let around = |week: &i64| week - i64::from(back)..=week + i64::from(ahead);
                Self::Some(weeks.iter().flat_map(around).collect())
            }
        }
    }

    /// Those in the range.
    pub fn within(&self, range: Range<i64>) -> Self {
        match self {
            Self::All => Self::Some(range.collect()),
            Self::Some(weeks) => Self::Some(weeks.range(range).copied().collect()),
        }
    }

    /// Whether a week, by its index, is one of them.
    pub fn contains(&self, week: i64) -> bool {
        match self {
            Self::All => true,
            Self::Some(weeks) => weeks.contains(&week),
        }
    }

    /// Whether the week of this Monday is one of them.
    pub fn holds(&self, monday: Date) -> bool {
        self.contains(index_of(monday))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Some(weeks) if weeks.is_empty())
    }

    /// Mondays of the first and the last week; `None` for all weeks, and for none.
    pub fn span(&self) -> Option<(Date, Date)> {
        let Self::Some(weeks) = self else { return None };
        let monday = |week: &i64| date_of_days(monday_days(*week));
        Some((monday(weeks.first()?)?, monday(weeks.last()?)?))
    }

    /// The UTC dates (days since the epoch) on which an event of these weeks can begin when it may last `days`;
    /// `None`: any date.
    pub fn dates(&self, days: i32) -> Option<Vec<RangeInclusive<i32>>> {
        let Self::Some(weeks) = self else { return None };
        let mut ranges: Vec<RangeInclusive<i32>> = Vec::new();
        for week in weeks {
            let monday = monday_days(*week);
            let range = monday.saturating_sub(1).saturating_sub(days)..=monday.saturating_add(7);
            match ranges.last_mut() {
                Some(last) if *last.end() >= range.start() - 1 => *last = *last.start()..=*range.end(),
                _ => ranges.push(range),
            }
        }
        Some(ranges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::date_of_days;

    fn some(weeks: impl IntoIterator<Item = i64>) -> WeekSet {
        WeekSet::Some(weeks.into_iter().collect())
    }

    #[test]
    fn an_instant_near_a_monday_lies_in_two_weeks() {
        let mut weeks = WeekSet::default();
        weeks.insert(FIRST_MONDAY + WEEK, FIRST_MONDAY + WEEK);
        assert_eq!(weeks, some([0, 1]));
        let mut middle = WeekSet::default();
        middle.insert(FIRST_MONDAY + WEEK / 2, FIRST_MONDAY + WEEK / 2);
        assert_eq!(middle, some([0]));
    }

    #[test]
    fn dates_of_neighbouring_weeks_are_one_range() {
        assert_eq!(some([0, 1, 9]).dates(0), Some(vec![3..=18, 66..=74]));
        assert_eq!(some([0]).dates(7), Some(vec![-4..=11]));
        assert_eq!(WeekSet::All.dates(7), None);
    }

    #[test]
    fn widening_and_cutting() {
        assert_eq!(some([5]).widened(1, 2), some([4, 5, 6, 7]));
        assert_eq!(some([4, 5, 6]).within(5..9), some([5, 6]));
        assert_eq!(WeekSet::All.within(1..3), some([1, 2]));
        assert_eq!(index_of(date_of_days(monday_days(2900)).unwrap()), 2900);
    }
}
