//! Moments and weeks on the command line.

use indicators::clock::week_of;
use jiff::{
    Timestamp,
    civil::{Date, ISOWeekDate, Weekday},
};

/// A moment with its offset from UTC.
///
/// # Errors
/// What is taken, where it is none.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "give a moment with an offset, such as 2026-06-17T12:00:00Z".to_owned())
}

/// The Monday of a week that somebody names: as ISO 8601 does (`2026-W23`), or by any of its dates.
///
/// # Errors
/// What is taken, where it is neither.
pub fn monday(text: &str) -> Result<Date, String> {
    let monday = match text.split_once("-W").or_else(|| text.split_once("-w")) {
        Some((year, week)) => iso(year, week),
        None => (text.len() == "2026-06-01".len()).then(|| text.parse().ok().map(week_of)).flatten(),
    };
    monday.ok_or_else(|| "give a week as 2026-W23, or by any of its dates, such as 2026-06-01".to_owned())
}

fn iso(year: &str, week: &str) -> Option<Date> {
    ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok().map(ISOWeekDate::date)
}

/// Refuses a first week that lies after the last.
///
/// # Errors
/// Both, where they are turned round.
pub fn in_order(from: Option<Date>, to: Option<Date>) -> Result<(), String> {
    match (from, to) {
        (Some(from), Some(to)) if from > to => Err(format!("--from (week of {from}) comes after --to (week of {to})")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_named_by_its_number_or_any_of_its_dates() {
        let week: Date = "2026-06-01".parse().unwrap();
        for text in ["2026-W23", "2026-w23", "2026-06-01", "2026-06-03", "2026-06-07"] {
            assert_eq!(monday(text), Ok(week), "{text}");
        }
        assert_eq!(monday("2026-W01").unwrap().to_string(), "2025-12-29");
        assert_eq!(monday("2026-W53").unwrap().to_string(), "2026-12-28");
    }

    #[test]
    fn everything_else_is_refused_with_what_is_taken() {
        for text in [
            "",
            "23",
            "W23",
            "2026-W54",
            "2025-W53",
            "2026W23",
            "2026-W23-3",
            "2026-6-1",
            "2026-02-30",
            "2026-06-01T00:00:00Z",
            "last",
        ] {
            assert!(monday(text).is_err_and(|told| told.contains("2026-W23")), "{text}: {:?}", monday(text));
        }
    }
}
