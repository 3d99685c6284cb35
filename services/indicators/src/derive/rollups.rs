//! Regions and the company: the same sums over more sites.
//!
//! A roll-up's last week is the last that is complete at all its open sites (at all its listed ones once none is open); its
//! running week is the earliest that still runs at one of them, so that it is that of all sites also while Monday has begun at some of them only.
//! Closed sites stay in the weeks in which they were open. Of metrics with privacy each roll-up says how many sites are in it.

use super::{
    directory::{Directory, Place},
    measure::Measure,
    rows::{SiteRows, Weeks},
    windows,
};
use crate::{
    clock::weeks_before,
    parts::Labels,
    values::{Scope, Series, SitesIn, WindowKind},
};
use jiff::civil::Date;
use std::{collections::BTreeMap, ops::RangeInclusive};

/// Regions by name, then the company; one series a label set with a value.
pub(super) fn series(measure: &Measure, rows: &[SiteRows<'_>], directory: &Directory) -> Vec<Series> {
    let mut regions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, place) in directory.places.iter().enumerate() {
        if let Some(region) = &place.site.region {
            regions.entry(region).or_default().push(index);
        }
    }
    let regions = regions.into_iter().map(|(region, members)| (Scope::Region(region.to_owned()), members));
    let company = (Scope::Company, (0..directory.places.len()).collect());
    regions
        .chain([company])
        .flat_map(|(scope, members)| scope_series(measure, &scope, &members, rows, directory))
        .collect()
}

fn scope_series(
    measure: &Measure,
    scope: &Scope,
    members: &[usize],
    rows: &[SiteRows<'_>],
    directory: &Directory,
) -> Vec<Series> {
    let places = || members.iter().map(|index| &directory.places[*index]).filter(|place: &&Place| place.listed);
    let none_open = !places().any(|place| place.open);
    let waited_for = || places().filter(|place| place.open || none_open);
    let Some((last, running)) = waited_for().map(|p| p.last).min().zip(waited_for().map(|p| p.running).min()) else {
        return Vec::new(); // every site of it has closed
    };
    let one = |(labels, weeks): (&Labels, Weeks)| {
        let windows = windows::windows(measure, &weeks, last, running);
        let sites_in = |kind: &WindowKind| {
            let span = windows::span(measure, *kind, last, running).filter(|_| measure.private)?;
            Some((*kind, sites_in(members, rows, labels, &span)))
        };
        let sites = windows.keys().filter_map(sites_in).collect();
        Series { scope: scope.clone(), labels: labels.clone(), last_week: last, windows, sites }
    };
    pool(members, rows, last, running).into_iter().map(one).filter(|series| !series.windows.is_empty()).collect()
}

/// How many of the members have a week in the value, and how many would if nothing were suppressed.
fn sites_in(members: &[usize], rows: &[SiteRows<'_>], labels: &Labels, span: &RangeInclusive<Date>) -> SitesIn {
    let mut count = SitesIn::default();
    for site in members.iter().map(|index| &rows[*index]) {
        let shown = site.by_labels.get(labels).is_some_and(|weeks| weeks.range(span.clone()).next().is_some());
        let hidden = site.hidden.get(labels).is_some_and(|weeks| weeks.range(span.clone()).next().is_some());
        count.shown += usize::from(shown);
        count.sites += usize::from(shown || hidden);
    }
    count
}

/// The sums of the members over the weeks that windows reach.
fn pool<'a>(members: &[usize], rows: &[SiteRows<'a>], last: Date, running: Date) -> BTreeMap<&'a Labels, Weeks> {
    let mut pooled: BTreeMap<&Labels, Weeks> = BTreeMap::new();
    for (labels, weeks) in members.iter().flat_map(|index| &rows[*index].by_labels) {
        let into = pooled.entry(labels).or_default();
        for (week, sums) in weeks.range(weeks_before(last, 12)..=running) {
            into.entry(*week).and_modify(|sum| *sum = sum.plus(*sums)).or_insert(*sums);
        }
    }
    pooled
}
