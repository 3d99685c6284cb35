//! Rows without a value because they are outside their kind's range, as far as they are told.

use super::{
    clock::weeks_before,
    directory::{Directory, YEAR},
};
use crate::{bad_row::BadRow, definition::Metric};
use std::{collections::BTreeMap, sync::Arc};

/// Of the last 52 complete weeks of each site and its running one, sorted. Metrics with privacy show nothing of a running
/// week, and neither is it told which of its rows are bad.
pub(super) fn told(metrics: &[&Arc<Metric>], bad: &[BadRow], directory: &Directory) -> Vec<BadRow> {
    let metrics: BTreeMap<&str, &Arc<Metric>> = metrics.iter().map(|metric| (metric.name.as_str(), *metric)).collect();
    let row = |row: &BadRow| {
        let metric = metrics.get(row.metric.as_str())?;
        let place = &directory.places[directory.find(&row.site)?];
        let until = if metric.privacy.is_some() { place.last } else { place.running };
        (weeks_before(place.last, YEAR - 1)..=until).contains(&row.week).then(|| row.told(metric)).flatten()
    };
    let mut told: Vec<BadRow> = bad.iter().filter_map(row).collect();
    told.sort();
    told
}
