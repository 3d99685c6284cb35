//! What queries give, and what else `derive` needs to know.

use jiff::{Timestamp, civil::Date};
use std::collections::{BTreeMap, BTreeSet};

/// DECIMAL(38,9) as its unscaled integer.
pub type Decimal9 = i128;
/// DECIMAL(38,18) as its unscaled integer.
pub type Decimal18 = i128;

/// The labels of a row other than `site`: name → value.
pub type Labels = BTreeMap<String, String>;

/// One metric, week and label set: the finest row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartRow {
    /// Metric name.
    pub metric: String,
    /// Monday of the site-local week.
    pub week: Date,
    /// Site id.
    pub site: String,
    /// The other labels.
    pub labels: Labels,
    /// Numerator.
    pub numerator: Decimal9,
    /// Denominator; always above 0. For `count` it is 1.
    pub denominator: Decimal9,
    /// Kind `mean` only.
    pub sum_squares: Option<Decimal18>,
    /// Optional part: what was logged.
    pub logged: Option<Decimal9>,
    /// Optional part: what was to be logged.
    pub expected: Option<Decimal9>,
    /// With `privacy`: respondents of the row.
    pub respondents: Option<i64>,
}

/// What was shown of a row of a metric with privacy, once its week was complete. The latest version counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
    /// The row as shown (or suppressed: fewer respondents than the minimum).
    pub row: PartRow,
    /// 1, 2, …
    pub version: i64,
    /// The clock when it was published.
    pub at: Timestamp,
}

/// A site, from the reference stream or merely named by an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Site id.
    pub id: String,
    /// `None` when no reference record names the site.
    pub name: Option<String>,
    /// Region; `None` as above.
    pub region: Option<String>,
    /// IANA zone; `UTC` when unknown.
    pub timezone: String,
    /// The site's own targets, by metric. They are shown; the rule of lagging uses the metric's own.
    pub targets: BTreeMap<String, f64>,
    /// First day.
    pub opened_on: Option<Date>,
    /// Last day.
    pub closed_on: Option<Date>,
}

impl Site {
    /// A site that no reference record names: in UTC, without name and region.
    pub fn unknown(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: None,
            region: None,
            timezone: "UTC".to_owned(),
            targets: BTreeMap::new(),
            opened_on: None,
            closed_on: None,
        }
    }
}

/// In which site-local weeks a site sent events of a stream (by event time, up to the clock).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Activity {
    /// `(stream, site)` → weeks with at least one event.
    pub weeks: BTreeMap<(String, String), BTreeSet<Date>>,
}
