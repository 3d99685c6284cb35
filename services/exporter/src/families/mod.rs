//! Values → the `leading_*` families, checked.
//!
//! Label sets, by family: a value carries its scope, `window` and the query's own labels; a judgement carries `metric`,
//! `site` and `region`, with the query's own labels pooled. What is unknown is absent, never NaN and never 0.

#![expect(clippy::cast_precision_loss, reason = "what Prometheus stores is f64")]

mod about;
mod checks;
mod judged;
mod table;
mod valued;

pub(crate) use about::CLOCK;
pub use checks::FamilyError;

use indicators::{Site, Values};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use prometheus::proto::MetricFamily;
use std::collections::HashMap;
use table::Table;

/// All families, by name; none is empty, none holds a series twice, every name is one that Prometheus takes.
pub(crate) fn of(values: &Values) -> Result<Vec<MetricFamily>, FamilyError> {
    let sites = Sites::of(values);
    let mut table = Table::default();
    about::clock(&mut table, values.as_of)?;
    about::sites(&mut table, values)?;
    for metric in &values.metrics {
        checks::names(&metric.metric)?;
        about::metric(&mut table, &metric.metric, values)?;
        // Of what nobody sends there is nothing to tell but that it is declared: not a dozen series a site.
        if metric.is_quiet() {
            continue;
        }
        valued::series(&mut table, metric, &sites)?;
        judged::judgements(&mut table, metric, &sites)?;
    }
    table.finish()
}

/// Sites by id.
struct Sites<'a>(HashMap<&'a str, &'a Site>);

impl<'a> Sites<'a> {
    fn of(values: &'a Values) -> Self {
        Self(values.sites.iter().map(|site| (site.id.as_str(), site)).collect())
    }

    /// Empty for a site of no region, and for one that no reference record names.
    fn region(&self, site: &str) -> &'a str {
        self.0.get(site).and_then(|site| site.region.as_deref()).unwrap_or_default()
    }

    /// When that day begins at the site, in seconds since 1970; by UTC where the zone is unknown.
    fn day_start(&self, site: &str, day: Date) -> f64 {
        let zone = self.0.get(site).and_then(|site| TimeZone::get(&site.timezone).ok()).unwrap_or(TimeZone::UTC);
        day.to_zoned_datetime(zone).map_or(f64::NAN, |start| seconds(start.timestamp()))
    }
}

/// Seconds since 1970.
pub(crate) fn seconds(time: Timestamp) -> f64 {
    time.as_microsecond() as f64 / 1e6
}
