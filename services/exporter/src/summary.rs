//! The few numbers that the landing page shows of an evaluation.

use indicators::{MetricValues, Tally, Values};
use jiff::Timestamp;

/// Counted once an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// The evaluation clock.
    pub(crate) as_of: Timestamp,
    /// Metrics evaluated.
    pub(crate) metrics: usize,
    /// Their names, and whether there is anything to tell of each, by group: the core ones first.
    pub(crate) groups: Vec<(String, Vec<(String, bool)>)>,
    /// How many sites are how, as the board says it.
    pub(crate) tally: Tally,
}

impl Summary {
    pub(crate) fn of(values: &Values) -> Self {
        Self { as_of: values.as_of, metrics: values.metrics.len(), groups: groups(values), tally: Tally::of(values) }
    }
}

fn groups(values: &Values) -> Vec<(String, Vec<(String, bool)>)> {
    let mut metrics: Vec<&MetricValues> = values.metrics.iter().collect();
    metrics.sort_by(|a, b| a.metric.place().cmp(&b.metric.place()));
    let name = |of: &&MetricValues| (of.metric.name.clone(), !of.is_quiet());
    let group = |of: &[&MetricValues]| {
        let group = of.first().map_or_else(String::new, |first| first.metric.group().to_owned());
        (group, of.iter().map(name).collect())
    };
    metrics.chunk_by(|a, b| a.metric.group == b.metric.group).map(group).collect()
}
