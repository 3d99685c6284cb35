//! What pages are made of: computed once an evaluation, so that a request has only to write its text.

use indicators::{MetricValues, Values, board::Board};
use jiff::{Timestamp, civil::Date};
use std::{collections::BTreeMap, sync::Arc};

/// An evaluation, ready to be shown.
#[derive(Debug)]
pub(crate) struct Content {
    pub(super) values: Arc<Values>,
    pub(super) board: Board,
    pub(super) quartiles: Quartiles,
}

impl Content {
    pub(crate) fn of(values: Arc<Values>) -> Self {
        Self { board: Board::new(&values), quartiles: quartiles(&values), values }
    }

    /// The evaluation clock.
    pub(crate) fn as_of(&self) -> Timestamp {
        self.values.as_of
    }
}

/// The others of one week: quartiles of their values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Others {
    pub lower: f64,
    pub median: f64,
    pub upper: f64,
}

/// Of every metric, the middle half of all sites by week.
pub(super) type Quartiles = BTreeMap<String, Vec<(Date, Others)>>;

/// The quartiles of each week's values, over all sites.
fn quartiles(values: &Values) -> Quartiles {
    values.metrics.iter().map(|metric| (metric.metric.name.clone(), of_metric(metric))).collect()
}

fn of_metric(metric: &MetricValues) -> Vec<(Date, Others)> {
    let mut weeks: BTreeMap<Date, Vec<f64>> = BTreeMap::new();
    for (week, window) in metric.judgements.iter().flat_map(|judgement| &judgement.history) {
        weeks.entry(*week).or_default().push(window.value);
    }
    let others = |(week, mut values): (Date, Vec<f64>)| {
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        (week, Others { lower: at(1), median: at(2), upper: at(3) })
    };
    weeks.into_iter().map(others).collect()
}
