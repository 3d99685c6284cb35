//! Weeks on the command line.

use jiff::civil::{Date, ISOWeekDate, Weekday};

/// The Monday of a week that somebody names: as ISO 8601 does (`2026-W23`), or by any of its dates.
///
/// # Errors
/// What is taken, where it is neither.
pub fn monday(text: &str) -> Result<Date, String> {
    let date = match text.contains('W') {
        true => format!("{text}-1").parse::<ISOWeekDate>().ok().map(ISOWeekDate::date),
        false => (text.len() == "2026-06-01".len()).then(|| text.parse::<Date>().ok()).flatten(),
    };
    let monday = date.and_then(|date| {
        let since = date.weekday().since(Weekday::Monday);
        date.checked_sub(jiff::Span::new().days(since)).ok()
    });
    monday.ok_or_else(|| "give a week as 2026-W23, or by any of its dates, such as 2026-06-01".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_named_by_its_number_or_any_of_its_dates() {
        let week: Date = "2026-06-01".parse().unwrap();
        for text in ["2026-W23", "2026-06-01", "2026-06-03", "2026-06-07"] {
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
