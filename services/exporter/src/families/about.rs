//! What the values are about: the clock, the sites, the metrics.

use super::{FamilyError, seconds, table::Table, valued};
use indicators::{Direction, Kind, Metric, Uncertainty, Values};
use jiff::Timestamp;

pub(super) fn clock(table: &mut Table, as_of: Timestamp) -> Result<(), FamilyError> {
    table
        .shared(
            "leading_as_of_timestamp_seconds",
            "The evaluation clock: the values stand as of then, and later data are not in them.",
        )?
        .set([], seconds(as_of));
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
        table.shared("leading_site_info", "An open site, its name, region and time zone; always 1.")?.set(labels, 1.0);
    }
    Ok(())
}

pub(super) fn metric(table: &mut Table, metric: &Metric) -> Result<(), FamilyError> {
    let family = valued::family("", &metric.name, metric.kind);
    let labels = [
        ("metric", metric.name.as_str()),
        ("family", family.as_str()),
        ("kind", kind(metric.kind)),
        ("direction", direction(metric.direction)),
        ("uncertainty", uncertainty(metric.uncertainty)),
        ("owner", metric.owner.as_str()),
    ];
    table.shared("leading_indicator_info", "A metric as its query file declares it; always 1.")?.set(labels, 1.0);
    Ok(())
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Ratio => "ratio",
        Kind::Mean => "mean",
        Kind::Count => "count",
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
    }
}

fn uncertainty(uncertainty: Uncertainty) -> &'static str {
    match uncertainty {
        Uncertainty::None => "none",
        Uncertainty::Wilson => "wilson",
        Uncertainty::Normal => "normal",
    }
}
