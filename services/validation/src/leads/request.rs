//! What is asked: indicators, outcomes, and how strict the answer is to be.

use crate::Grid;
use crate::effects::Model;
use serde::{Deserialize, Serialize};

/// What may lead.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// Its name in the report.
    pub name: String,
    /// What a leader calls it: "time in the field".
    pub title: String,
    /// Site × week; NaN where nobody logged.
    pub values: Grid,
    /// What each value rests on (its denominator), for pooled levels. Same shape.
    pub weights: Grid,
    /// The change that effects are told for, in the values' unit: 0.1 is 10 points of a share.
    pub step: f64,
    /// How that change is said: "10 points".
    pub step_said: String,
    /// True where the best quarter is the lowest.
    pub lower_is_better: bool,
}

/// What may follow.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its name in the report.
    pub name: String,
    /// What a leader calls it: "recordable incidents".
    pub title: String,
    /// True for one that no indicator can move: it is no pair, and each pair's check.
    pub placebo: bool,
    /// Its measurements.
    pub measured: Measured,
}

/// An outcome's measurements, each site × week.
#[derive(Clone, Debug)]
pub enum Measured {
    /// Events over an exposure (hours, people): a cell without exposure is a hole.
    Count {
        /// Number of events.
        events: Grid,
        /// What they happened in.
        exposure: Grid,
    },
    /// A score, or a share.
    Score {
        /// The score; NaN is a hole.
        values: Grid,
        /// How much each counts (respondents, or 1); 0 is a hole.
        weights: Grid,
        /// Points that one whole of the values is shown as: 100 for a share.
        points: f64,
    },
}

impl Outcome {
    pub(crate) fn is_count(&self) -> bool {
        matches!(self.measured, Measured::Count { .. })
    }

    pub(crate) fn model(&self) -> Model {
        if self.is_count() { Model::Poisson } else { Model::Linear }
    }

    /// Values and weights.
    pub(crate) fn grids(&self) -> (&Grid, &Grid) {
        match &self.measured {
            Measured::Count { events, exposure } => (events, exposure),
            Measured::Score { values, weights, .. } => (values, weights),
        }
    }
}

/// How strict the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// The longest lag, in weeks.
    pub lags: usize,
    /// Share of false claims among claims, at the most.
    pub false_discovery: f64,
    /// Moves in a circle for a pair, at the least; more are made where many pairs are tested.
    pub moves: usize,
    /// Draws of the bootstrap behind simultaneous bands.
    pub draws: usize,
}

impl Default for Rule {
    fn default() -> Self {
        Self { lags: 12, false_discovery: 0.02, moves: 399, draws: 999 }
    }
}

/// Everything that the answer depends on.
#[derive(Clone, Debug)]
pub struct Request {
    /// Names of the sites, in the order of the grids' rows.
    pub sites: Vec<String>,
    /// What may lead.
    pub indicators: Vec<Indicator>,
    /// What may follow, placebos among them.
    pub outcomes: Vec<Outcome>,
    /// How strict the answer is.
    pub rule: Rule,
    /// Makes the random parts repeatable: the same request gets the same report.
    pub seed: u64,
}

/// What cannot be asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unaskable {
    /// Nothing that may lead, or nothing that may follow.
    #[error("no {0} to test: name one at least")]
    Nothing(&'static str),
    /// Grids of different shapes.
    #[error("{name}: {got_sites} sites × {got_weeks} weeks of {what}, where {sites} × {weeks} are expected")]
    Shape {
        /// The indicator or outcome.
        name: String,
        /// Which of its grids.
        what: &'static str,
        /// Sites it has.
        got_sites: usize,
        /// Weeks it has.
        got_weeks: usize,
        /// Sites of the request.
        sites: usize,
        /// Weeks of the first grid.
        weeks: usize,
    },
    /// A count that is below 0 or no whole number.
    #[error("{name}: {value} events at site {site} in week {week}; a count is a whole number from 0 on")]
    Count {
        /// The outcome.
        name: String,
        /// The site.
        site: String,
        /// Index of the week.
        week: usize,
        /// What was given.
        value: f64,
    },
    /// A step that is not above 0.
    #[error("{name}: a step of {step}: give the change that effects are told for, above 0")]
    Step {
        /// The indicator.
        name: String,
        /// What was given.
        step: f64,
    },
    /// A rule that no data can follow.
    #[error("false_discovery is {0}: give a share between 0 and 1")]
    FalseDiscovery(f64),
}

impl Request {
    /// # Errors
    /// [`Unaskable`] for the first thing that is wrong.
    pub(crate) fn check(&self) -> Result<(), Unaskable> {
        if self.indicators.is_empty() {
            return Err(Unaskable::Nothing("indicator"));
        }
        if self.outcomes.iter().all(|outcome| outcome.placebo) {
            return Err(Unaskable::Nothing("outcome"));
        }
        if !(self.rule.false_discovery > 0.0 && self.rule.false_discovery < 1.0) {
            return Err(Unaskable::FalseDiscovery(self.rule.false_discovery));
        }
        for indicator in &self.indicators {
            self.check_grid(&indicator.name, "values", &indicator.values)?;
            self.check_grid(&indicator.name, "weights", &indicator.weights)?;
            if indicator.step.is_nan() || indicator.step <= 0.0 {
                return Err(Unaskable::Step { name: indicator.name.clone(), step: indicator.step });
            }
        }
        self.outcomes.iter().try_for_each(|outcome| self.check_outcome(outcome))
    }

    fn check_outcome(&self, outcome: &Outcome) -> Result<(), Unaskable> {
        let (values, weights) = outcome.grids();
        self.check_grid(&outcome.name, if outcome.is_count() { "events" } else { "values" }, values)?;
        self.check_grid(&outcome.name, if outcome.is_count() { "exposure" } else { "weights" }, weights)?;
        let uncountable = |value: &f64| *value < 0.0 || value.fract() != 0.0 && !value.is_nan();
        match values.cells().iter().position(uncountable).filter(|_| outcome.is_count()) {
            None => Ok(()),
            Some(at) => Err(Unaskable::Count {
                name: outcome.name.clone(),
                site: self.sites[at / values.weeks()].clone(),
                week: at % values.weeks(),
                value: values.cells()[at],
            }),
        }
    }

    fn check_grid(&self, name: &str, what: &'static str, grid: &Grid) -> Result<(), Unaskable> {
        let (sites, weeks) = (self.sites.len(), self.indicators[0].values.weeks());
        let (got_sites, got_weeks) = (grid.sites(), grid.weeks());
        if (got_sites, got_weeks) == (sites, weeks) {
            return Ok(());
        }
        Err(Unaskable::Shape { name: name.to_owned(), what, got_sites, got_weeks, sites, weeks })
    }
}
