//! The few numbers that the landing page shows of an evaluation.

use indicators::{Tally, Values};
use jiff::Timestamp;

/// Counted once an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    /// The evaluation clock.
    pub(crate) as_of: Timestamp,
    /// Metrics evaluated.
    pub(crate) metrics: usize,
    /// How many sites are how, as the board says it.
    pub(crate) tally: Tally,
}

impl Summary {
    pub(crate) fn of(values: &Values) -> Self {
        Self { as_of: values.as_of, metrics: values.metrics.len(), tally: Tally::of(values) }
    }
}
