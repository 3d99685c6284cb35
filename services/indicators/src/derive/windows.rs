//! Values over calendar weeks: the last complete one, four, thirteen, and the running week.

use super::{
    bounds, directory::YEAR, garwood::garwood, measure::Measure, measure::Within, rows::Weeks, sums::Sums,
    sums::decimal9,
};
use crate::{
    clock::weeks_before,
    definition::{Metric, Uncertainty},
    parts::PartRow,
    values::{Window, WindowKind},
};
use jiff::civil::Date;
use std::{collections::BTreeMap, ops::RangeInclusive};

/// Those of the four windows that have a value. Metrics with privacy have no `week_to_date`: the differences between
/// two looks at it would show single answers.
pub(super) fn windows(measure: &Measure, weeks: &Weeks, last: Date, running: Date) -> BTreeMap<WindowKind, Window> {
    let window = |kind| Some((kind, window(measure, weeks, span(measure, kind, last, running)?)?));
    WindowKind::ALL.into_iter().filter_map(window).collect()
}

/// Each of the year's complete weeks that has a value, oldest first.
pub(super) fn history(measure: &Measure, weeks: &Weeks, last: Date) -> Vec<(Date, Window)> {
    let year = weeks.range(weeks_before(last, YEAR - 1)..=last);
    year.filter_map(|(week, _)| Some((*week, window(measure, weeks, *week..=*week)?))).collect()
}

/// The weeks of a window; `None` where the metric has none of that kind.
pub(super) fn span(measure: &Measure, kind: WindowKind, last: Date, running: Date) -> Option<RangeInclusive<Date>> {
    match kind {
        WindowKind::Week => Some(last..=last),
        WindowKind::WeekToDate => (!measure.private).then_some(running..=running),
        WindowKind::FourWeeks => Some(weeks_before(last, 3)..=last),
        WindowKind::ThirteenWeeks => Some(weeks_before(last, 12)..=last),
    }
}

/// Value, bounds and sample size of one row alone; `None` where its denominator is not above 0.
pub fn row_window(metric: &Metric, row: &PartRow) -> Option<Window> {
    let weeks = Weeks::from([(row.week, Sums::of(row))]);
    (row.denominator > 0).then(|| window(&Measure::of(metric), &weeks, row.week..=row.week)).flatten()
}

fn window(measure: &Measure, weeks: &Weeks, span: RangeInclusive<Date>) -> Option<Window> {
    let weeks: Vec<&Sums> = weeks.range(span).map(|(_, sums)| sums).collect();
    let sums = weeks.iter().map(|sums| **sums).reduce(Sums::plus)?;
    let value = measure.value(&sums);
    let (bounds, sample_size) = match measure.uncertainty {
        Uncertainty::None => (None, None),
        Uncertainty::Wilson => {
            let n = measure.size(&sums);
            (Some(bounds::wilson(value, n)), Some(n))
        }
        Uncertainty::Normal => {
            let n = weeks.iter().map(|week| measure.size(week)).fold(0.0, f64::max);
            (variance(measure, &weeks).and_then(|variance| bounds::student(value, variance, n)), Some(n))
        }
        Uncertainty::Poisson if measure.is_rate_of_events() => {
            let (events, per_event) = (decimal9(sums.numerator), measure.per / decimal9(sums.denominator));
            (garwood(events).map(|(lower, upper)| (lower * per_event, upper * per_event)), Some(events))
        }
        Uncertainty::Poisson => (garwood(value), Some(weeks.len() as f64)),
    };
    Some(Window { value, lower: bounds.map(|b| b.0), upper: bounds.map(|b| b.1), sample_size })
}

fn variance(measure: &Measure, weeks: &[&Sums]) -> Option<f64> {
    let mut within = Within::new();
    weeks.iter().for_each(|week| within.add(week));
    measure.variance(&within)
}
