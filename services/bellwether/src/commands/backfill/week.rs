//! Weeks on the command line.

use indicators::derive::clock::week_of;
use jiff::civil::{Date, ISOWeekDate, Weekday};

/// The Monday of the week that a date lies in, or that an ISO number names.
pub fn parse(text: &str) -> Result<Date, String> {
    let monday = match text.split_once("-W").or_else(|| text.split_once("-w")) {
        Some((year, week)) => iso(year, week),
        None => text.parse().ok().map(week_of),
    };
    monday
        .ok_or_else(|| "give any date of the week, such as 2026-06-08, or its ISO number, such as 2026-W24".to_owned())
}

fn iso(year: &str, week: &str) -> Option<Date> {
    ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok().map(|week| week.date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_named_by_any_of_its_days_or_by_its_number() {
        for text in ["2026-06-08", "2026-06-10", "2026-06-14", "2026-W24", "2026-w24"] {
            assert_eq!(parse(text).unwrap().to_string(), "2026-06-08", "{text}");
        }
        assert_eq!(parse("2027-W01").unwrap().to_string(), "2027-01-04");
        for text in ["2026-W54", "2026-24", "last week", "2026-02-30", ""] {
            assert!(parse(text).unwrap_err().contains("2026-W24"), "{text}");
        }
    }
}
