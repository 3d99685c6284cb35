//! What the values are about: the clock, the sites, the metrics.

use super::{
    FamilyError,
    sites::{number, seconds},
    table::Table,
    valued,
};
use indicators::{Metric, Values};
use jiff::Timestamp;

/// The family of the clock.
pub(crate) const CLOCK: &str = "leading_as_of_timestamp_seconds";

pub(super) fn clock(table: &mut Table, as_of: Timestamp) -> Result<(), FamilyError> {
    table.shared(CLOCK)?.set([], seconds(as_of));
    Ok(())
}

pub(super) fn sites(table: &mut Table, values: &Values) -> Result<(), FamilyError> {
    for site in &values.sites {
        let labels = [
            ("site", site.id.as_str()),
            ("region", site.region.as_deref().unwrap_or_default()),
            ("name", site.name.as_deref().unwrap_or_default()),
            ("timezone", site.timezone.as_str()),
        ];
        table.shared("leading_site_info")?.set(labels, 1.0);
    }
    Ok(())
}

pub(super) fn metric(table: &mut Table, metric: &Metric, values: &Values) -> Result<(), FamilyError> {
    let family = valued::family("", &metric.name, metric.kind);
    let unit = metric.said_per().unwrap_or_default();
    let labels = [
        ("metric", metric.name.as_str()),
        ("family", family.as_str()),
        ("group", metric.group()),
        ("kind", metric.kind.as_str()),
        ("direction", metric.direction.as_str()),
        ("uncertainty", metric.uncertainty.as_str()),
        ("unit", unit.as_str()),
        ("owner", metric.owner.as_str()),
    ];
    table.shared("leading_indicator_info")?.set(labels, 1.0);
    let bad = values.bad_rows_of(&metric.name).count();
    table.shared("leading_bad_rows")?.set([("metric", metric.name.as_str())], number(bad));
    if metric.privacy.is_some() {
        let refused = values.refused.iter().find(|refused| refused.metric == metric.name);
        let weeks = refused.map_or(0, |refused| refused.weeks);
        table.shared("leading_minimum_refused")?.set([("metric", metric.name.as_str())], number(weeks));
    }
    Ok(())
}
