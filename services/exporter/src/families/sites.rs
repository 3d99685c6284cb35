//! What a series needs to know of its site, and time as Prometheus counts it.

use indicators::{Site, Values};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::HashMap;

/// Sites by id.
pub(super) struct Sites<'a>(HashMap<&'a str, &'a Site>);

impl<'a> Sites<'a> {
    pub(super) fn of(values: &'a Values) -> Self {
        Self(values.sites.iter().map(|site| (site.id.as_str(), site)).collect())
    }

    /// Empty for a site of no region, and for one that no reference record names.
    pub(super) fn region(&self, site: &str) -> &'a str {
        self.0.get(site).and_then(|site| site.region.as_deref()).unwrap_or_default()
    }

    /// When that day begins at the site, in seconds since 1970; by UTC where the zone is unknown.
    pub(super) fn day_start(&self, site: &str, day: Date) -> f64 {
        let zone = self.0.get(site).and_then(|site| TimeZone::get(&site.timezone).ok()).unwrap_or(TimeZone::UTC);
        day.to_zoned_datetime(zone).map_or(f64::NAN, |start| seconds(start.timestamp()))
    }
}

/// Seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "what Prometheus stores is f64")]
pub(crate) fn seconds(time: Timestamp) -> f64 {
    time.as_microsecond() as f64 / 1e6
}

/// How many.
#[expect(clippy::cast_precision_loss, reason = "what Prometheus stores is f64")]
pub(super) fn number(count: usize) -> f64 {
    count as f64
}
