//! Regions and the company on the board, with how many sites are in each value.

use indicators::{MetricValues, Scope, Series, SitesIn, Window, WindowKind};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// One metric of a region or of the company, by the query's own labels.
#[derive(Debug, Clone, Serialize)]
pub struct Rollup {
    /// Metric name.
    pub metric: String,
    /// `None` for the company.
    pub region: Option<String>,
    /// The query's own labels.
    pub labels: BTreeMap<String, String>,
    /// Monday of the last week that is complete at all open sites.
    pub last_week: Date,
    /// Those that have a value.
    pub windows: BTreeMap<WindowKind, RollupWindow>,
}

/// A value and how many sites are in it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RollupWindow {
    /// The value.
    #[serde(flatten)]
    pub window: Window,
    /// Where rows may be hidden from it: how many sites are in it, of how many.
    #[serde(flatten)]
    pub sites: Option<SitesIn>,
}

impl Rollup {
    /// Those of a metric, regions first.
    pub fn of(metric: &MetricValues) -> impl Iterator<Item = Self> {
        metric.series.iter().filter_map(|series| {
            let region = match &series.scope {
                Scope::Site(_) => return None,
                Scope::Region(region) => Some(region.clone()),
                Scope::Company => None,
            };
            Some(Self::new(&metric.metric.name, region, series))
        })
    }

    fn new(metric: &str, region: Option<String>, series: &Series) -> Self {
        let window = |(kind, window): (&WindowKind, &Window)| {
            (*kind, RollupWindow { window: *window, sites: series.sites.get(kind).copied() })
        };
        Self {
            metric: metric.to_owned(),
            region,
            labels: series.labels.clone(),
            last_week: series.last_week,
            windows: series.windows.iter().map(window).collect(),
        }
    }
}
