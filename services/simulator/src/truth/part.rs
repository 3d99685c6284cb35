//! One row of the truth.

use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// The parts of one metric at one site in one week.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Part {
    /// Which metric.
    pub metric: &'static str,
    /// Monday of the site's local week.
    pub week: Date,
    /// Raw site id.
    pub site: String,
    /// Labels beside the site.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<&'static str, String>,
    /// Seconds in the field, commitments kept, the sum of the respondents' means …; 9 digits.
    pub numerator: String,
    /// Seconds worked, commitments due, respondents …; 1 for a count; 9 digits.
    pub denominator: String,
    /// Sum of the squares of the respondents' means, 18 digits; `None` for ratios.
    pub sum_squares: Option<String>,
    /// Seconds that the calendars account for, as far as they were expected, 9 digits; `None` where nothing is expected.
    pub logged: Option<String>,
    /// Seconds of the contracts, 9 digits; `None` like `logged`.
    pub expected: Option<String>,
}
