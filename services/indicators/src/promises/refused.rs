//! A query file that asks for fewer people than were promised, in the words that a works council can be told.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;
use std::fmt;

/// A lower minimum that is not taken for the weeks to which more was promised. It displays what is done, what a works
/// council can be told, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refused {
    /// The metric.
    pub metric: String,
    /// What its query file says.
    pub declared: u32,
    /// The highest minimum that was promised.
    pub promised: u32,
    /// Monday of the first week to which no more was promised; `None` where there is none.
    pub before: Option<Date>,
    /// The metric whose query file promised it.
    pub by: String,
    /// When it was recorded.
    pub since: Timestamp,
    /// In how many of the last 52 weeks something was published that keeps to it.
    pub weeks: usize,
}

impl Refused {
    /// Whether it says the same, of however many weeks.
    pub fn says_as(&self, other: &Self) -> bool {
        Self { weeks: other.weeks, ..self.clone() } == *other
    }

    /// Whether more was promised of the week than is declared, as far as this says.
    pub(super) fn reaches(&self, week: Date) -> bool {
        self.before.is_none_or(|before| week < before)
    }

    /// What a works council can be told.
    pub fn for_those_measured(&self) -> String {
        let Self { promised, declared, .. } = self;
        let kept = "No change of a query file takes that back, under whatever name it is evaluated.";
        match self.before {
            Some(before) => format!(
                "What was answered before {before} was given under the promise that nothing is shown of fewer than \
                 {promised} people, and that stays so. {kept} A minimum of {declared} holds only for what is answered from \
                 {before} on."
            ),
            None => format!(
                "What was answered was given under the promise that nothing is shown of fewer than {promised} people, and \
                 that stays so. {kept}"
            ),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, declared, promised, by, since, .. } = self;
        let on = since.to_zoned_datetime(TimeZone::UTC).date();
        let (weeks, rest) = match self.before {
            Some(before) => (format!("of weeks before {before}"), format!("; weeks from then on go by {declared}")),
            None => ("of any week".to_owned(), String::new()),
        };
        write!(
            f,
            "privacy.minimum = {declared} is refused {weeks}: {promised} were promised (by `{by}`, recorded {on}), so their \
             rows of fewer than {promised} people stay suppressed{rest}. To tell a works council: \u{201c}{}\u{201d} To do: \
             set privacy.minimum of `{metric}` to {promised}",
            self.for_those_measured()
        )?;
        match self.before {
            Some(_) => write!(f, ", or leave it, if less is to hold for what is answered from then on"),
            None => write!(
                f,
                "; once no query file over these answers asks for more than {declared}, less holds for weeks that have not begun"
            ),
        }
    }
}
