//! One pair of what is asked, with its fits, and what all pairs of an indicator or an outcome share.

use super::power::gap;
use super::score::{Rests, indicator_rest, outcome_rest};
use super::trend::without_trends;
use super::{Indicator, Measured, Outcome, Rule};
use crate::Grid;
use crate::effects::{Fit, Sample, Unfit};

/// An indicator, and what is made of it for every outcome alike.
pub(crate) struct Habit<'a> {
    pub(crate) indicator: &'a Indicator,
    /// The indicator less each site's own straight line over the weeks.
    pub(crate) regressor: Grid,
    /// That less its site and week effects.
    rest: Vec<f64>,
    /// Its mean in the best quarter of its site-weeks less that in the rest.
    pub(crate) gap: f64,
}

impl<'a> Habit<'a> {
    pub(crate) fn of(indicator: &'a Indicator) -> Self {
        let regressor = without_trends(&indicator.values);
        Self { indicator, rest: indicator_rest(&regressor), regressor, gap: gap(indicator) }
    }
}

/// An outcome, and what is made of it for every indicator alike.
pub(crate) struct Followed<'a> {
    pub(crate) outcome: &'a Outcome,
    /// The outcome less what is expected of its site and week.
    pub(crate) rest: Vec<f64>,
}

impl<'a> Followed<'a> {
    pub(crate) fn of(outcome: &'a Outcome) -> Self {
        Self { outcome, rest: outcome_rest(outcome) }
    }
}

/// One indicator and one outcome.
pub(crate) struct Question<'a> {
    pub(crate) sites: &'a [String],
    pub(crate) habit: &'a Habit<'a>,
    pub(crate) indicator: &'a Indicator,
    pub(crate) outcome: &'a Outcome,
    /// The outcome less what is expected of its site and week.
    pub(crate) rest: &'a [f64],
    pub(crate) placebos: Vec<&'a Followed<'a>>,
    pub(crate) rule: &'a Rule,
    /// Pairs tested in all.
    pub(crate) tested: usize,
}

impl Question<'_> {
    pub(crate) fn sample(&self, lag: usize) -> Sample {
        let (y, w) = self.outcome.grids();
        Sample::lagged(&self.habit.regressor, y, w, lag)
    }

    /// The indicator and the outcome less their effects.
    pub(crate) fn rests(&self) -> Rests<'_> {
        self.rests_with(self.rest)
    }

    /// The indicator and another outcome.
    pub(crate) fn rests_with<'b>(&'b self, rest: &'b [f64]) -> Rests<'b> {
        let (sites, weeks) = (self.indicator.values.sites(), self.indicator.values.weeks());
        Rests { sites, weeks, x: &self.habit.rest, r: rest }
    }

    pub(crate) fn fit(&self, lag: usize) -> Result<Fit, Unfit> {
        self.outcome.model().fit(&self.sample(lag))
    }

    /// An effect per unit as it is told: the rate ratio, or the points, per step.
    pub(crate) fn shown(&self, effect: f64) -> f64 {
        match self.outcome.measured {
            Measured::Count { .. } => (effect * self.indicator.step).exp(),
            Measured::Score { points, .. } => effect * self.indicator.step * points,
        }
    }
}
