//! Theil and Sen's slope of the last 13 weeks; at a site that lags, of the weeks since it does.

use super::{measure::Measure, rows::Weeks};
use crate::clock::{weeks_before, weeks_between};
use jiff::civil::Date;

const WEEKS: u32 = 13;
const LEAST: usize = 6;
/// Fewest values since an onset.
const LEAST_SINCE: usize = 3;

/// Median of the slopes between all pairs of weeks with a value, per week; `None` below 6 values.
pub(super) fn trend(measure: &Measure, weeks: &Weeks, last: Date) -> Option<f64> {
    of(measure, weeks, weeks_before(last, WEEKS - 1), last, LEAST)
}

/// The same of all weeks since an onset, so that it cannot contradict the reason beside which it stands; `None` below 3
/// values.
pub(super) fn since(measure: &Measure, weeks: &Weeks, onset: Date, last: Date) -> Option<f64> {
    (onset <= last).then(|| of(measure, weeks, onset, last, LEAST_SINCE)).flatten()
}

fn of(measure: &Measure, weeks: &Weeks, first: Date, last: Date, least: usize) -> Option<f64> {
    let points: Vec<(f64, f64)> = weeks
        .range(first..=last)
        .map(|(week, sums)| (weeks_between(first, *week) as f64, measure.value(sums)))
        .collect();
    (points.len() >= least).then(|| slope(&points)).flatten()
}

fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let pairs = points.iter().enumerate().flat_map(|(i, a)| points[i + 1..].iter().map(move |b| (a, b)));
    median(pairs.map(|(a, b)| (b.1 - a.1) / (b.0 - a.0)).collect())
}

/// The middle value, or the mean of the two middle ones.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}
