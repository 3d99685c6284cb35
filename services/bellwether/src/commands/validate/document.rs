//! The report as one JSON document, as `document.schema.json` describes it: everything that a page needs, and the names of
//! which stay.

use super::strength::effect;
use jiff::Timestamp;
use serde::Serialize;
use validation::{Pair, Report, Request, rollout::ProgrammeReport};

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    /// The clock of what is stored.
    as_of: Timestamp,
    /// Number of pairs tested.
    tested: usize,
    /// Share of false claims among the claims, at the most.
    false_discovery: f64,
    /// Each metric with each outcome.
    pairs: Vec<PairCard>,
    /// Each programme with each metric.
    rollouts: Vec<ProgrammeReport>,
}

/// A pair with what a page says beside its numbers.
#[derive(Debug, Serialize)]
struct PairCard {
    #[serde(flatten)]
    pair: Pair,
    /// What people call the metric.
    indicator_title: String,
    /// What people call the outcome.
    outcome_title: String,
    /// The change of the metric that effects are told for.
    step: String,
    /// What effects are: `rate_ratio` (1 is none) or `points` (0 is none).
    effect_in: &'static str,
}

impl Document {
    /// Of pairs, where any were asked for, and of rollouts.
    pub(super) fn new(as_of: Timestamp, pairs: Option<(&Request, Report)>, rollouts: Vec<ProgrammeReport>) -> Self {
        let (tested, false_discovery, pairs) = match pairs {
            None => (0, validation::Rule::default().false_discovery, Vec::new()),
            Some((request, report)) => {
                let cards = report.pairs.into_iter().map(|pair| PairCard::new(pair, request));
                (report.tested, report.false_discovery, cards.collect())
            }
        };
        Self { as_of, tested, false_discovery, pairs, rollouts }
    }
}

impl PairCard {
    fn new(pair: Pair, request: &Request) -> Self {
        let indicator = request.indicators.iter().find(|indicator| indicator.name == pair.indicator);
        let outcome = request.outcomes.iter().find(|outcome| outcome.name == pair.outcome);
        Self {
            indicator_title: indicator.map(|indicator| indicator.title.clone()).unwrap_or_default(),
            outcome_title: outcome.map(|outcome| outcome.title.clone()).unwrap_or_default(),
            step: indicator.map(|indicator| indicator.step_said.clone()).unwrap_or_default(),
            effect_in: effect(request, &pair),
            pair,
        }
    }
}
