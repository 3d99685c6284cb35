//! The few numbers that the landing page shows of an evaluation.

use indicators::{State, Values};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Counted once an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// The evaluation clock.
    pub(crate) as_of: Timestamp,
    /// Metrics evaluated.
    pub(crate) metrics: usize,
    /// Sites open at the clock.
    pub(crate) sites: usize,
    /// Sites that lag on one metric or more.
    pub(crate) lagging: usize,
    /// Sites that are silent on one metric or more.
    pub(crate) silent: usize,
}

impl Summary {
    pub(crate) fn of(values: &Values) -> Self {
        Self {
            as_of: values.as_of,
            metrics: values.metrics.len(),
            sites: values.sites.len(),
            lagging: sites_in(values, State::Lagging),
            silent: sites_in(values, State::Silent),
        }
    }
}

fn sites_in(values: &Values, state: State) -> usize {
    let judgements = values.metrics.iter().flat_map(|metric| &metric.judgements);
    judgements.filter(|j| j.state == state).map(|j| &j.site).collect::<BTreeSet<_>>().len()
}
