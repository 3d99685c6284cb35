//! A metric's values: `leading_NAME_ratio` and its bounds, by site, region and company, and their sample sizes.

use super::{
    FamilyError,
    sites::{Sites, number},
    table::Table,
};
use indicators::{Kind, MetricValues, Scope, Series, SitesIn, Window, WindowKind};

/// A level of roll-up.
struct Level<'a> {
    /// What stands between `leading_` and the metric's name.
    infix: &'static str,
    /// For the help text.
    of: &'static str,
    /// The labels that name the scope.
    labels: Vec<(&'static str, &'a str)>,
}

impl<'a> Level<'a> {
    fn of(scope: &'a Scope, sites: &Sites<'a>) -> Self {
        match scope {
            Scope::Site(site) => {
                Self { infix: "", of: "of a site", labels: vec![("site", site), ("region", sites.region(site))] }
            }
            Scope::Region(region) => {
                Self { infix: "region_", of: "of a region, its sites pooled", labels: vec![("region", region)] }
            }
            Scope::Company => Self { infix: "company_", of: "of the company, all sites pooled", labels: Vec::new() },
        }
    }
}

/// All series of a metric.
pub(super) fn series(table: &mut Table, metric: &MetricValues, sites: &Sites<'_>) -> Result<(), FamilyError> {
    for series in &metric.series {
        let level = Level::of(&series.scope, sites);
        for (kind, window) in &series.windows {
            value(table, metric, &level, series, *kind, window)?;
            if matches!(series.scope, Scope::Site(_)) {
                sample_size(table, metric, &level, series, *kind, window)?;
            }
            if let Some(sites) = series.sites.get(kind) {
                sites_in(table, metric, &level, series, *kind, *sites)?;
            }
        }
    }
    Ok(())
}

fn value(
    table: &mut Table,
    metric: &MetricValues,
    level: &Level<'_>,
    series: &Series,
    kind: WindowKind,
    window: &Window,
) -> Result<(), FamilyError> {
    let metric = &metric.metric;
    let name = family(level.infix, &metric.name, metric.kind);
    let unit = metric.said_per().map(|per| format!(", {per}")).unwrap_or_default();
    let help = format!("{}{unit}", metric.help.trim_end_matches('.'));
    let labels = || level.labels.iter().copied().chain([("window", kind.as_str())]).chain(own_labels(series));

    let values = format!("{help} ({}; window: last complete week, week to date, 4 or 13 weeks).", level.of);
    table.of_metric(name.clone(), &metric.name, values)?.set(labels(), window.value);
    for (bound, at) in [("lower", window.lower), ("upper", window.upper)] {
        let bounds = format!("{help} ({}): {bound} bound of the 95 % interval.", level.of);
        table.of_metric(format!("{name}_{bound}"), &metric.name, bounds)?.set_some(labels(), at);
    }
    Ok(())
}

fn sample_size(
    table: &mut Table,
    metric: &MetricValues,
    level: &Level<'_>,
    series: &Series,
    kind: WindowKind,
    window: &Window,
) -> Result<(), FamilyError> {
    table.shared("leading_sample_size")?.set_some(shared_labels(metric, level, series, kind), window.sample_size);
    Ok(())
}

/// How many sites are in a roll-up: `leading_company_sites_shown` of `leading_company_sites`.
fn sites_in(
    table: &mut Table,
    metric: &MetricValues,
    level: &Level<'_>,
    series: &Series,
    kind: WindowKind,
    sites: SitesIn,
) -> Result<(), FamilyError> {
    for (suffix, count) in [("sites", sites.sites), ("sites_shown", sites.shown)] {
        let family = table.shared(&format!("leading_{}{suffix}", level.infix))?;
        family.set(shared_labels(metric, level, series, kind), number(count));
    }
    Ok(())
}

/// The labels of a value in a family that all metrics share.
fn shared_labels<'a>(
    metric: &'a MetricValues,
    level: &'a Level<'_>,
    series: &'a Series,
    kind: WindowKind,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    [("metric", metric.metric.name.as_str())]
        .into_iter()
        .chain(level.labels.iter().copied())
        .chain([("window", kind.as_str())])
        .chain(own_labels(series))
}

fn own_labels(series: &Series) -> impl Iterator<Item = (&str, &str)> {
    series.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

/// `leading_field_time_ratio`, `leading_region_field_time_ratio`; `leading_incidents_rate`; a count has no suffix.
pub(super) fn family(infix: &str, metric: &str, kind: Kind) -> String {
    format!("leading_{infix}{metric}{}", kind.suffix())
}
