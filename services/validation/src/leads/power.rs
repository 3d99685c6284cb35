//! What it takes to see a change.

use super::{Indicator, Measured, Outcome, Power};
use crate::numbers::{chi_squared_quantile, normal_quantile, sum, whole};

/// Changes that are asked for: one that matters, and the published one.
pub(super) const CHANGES: [f64; 2] = [0.2, 0.37];

/// Probability with which a change is to be seen.
const POWER: f64 = 0.8;

/// The most that is promised; beyond, "never at this rate".
const MOST: f64 = 1e9;

/// How hard the rule is to pass with the data at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hurdle {
    /// Error of an effect per unit by chance, as the moves in a circle tell it.
    pub(super) error: f64,
    /// Score that the strongest lag has to pass, among all pairs tested.
    pub(super) critical: f64,
    /// Sites and weeks of the data at hand.
    pub(super) size: (usize, usize),
    /// Difference of the indicator that changes are told for ([`gap`]).
    pub(super) gap: f64,
}

impl Hurdle {
    /// The smallest effect per unit that passes with the asked probability. The error is known no better than the sites are
    /// many, so its upper limit is taken (Browne 1995, "On the use of a pilot sample for sample size determination",
    /// Statistics in Medicine 14): a promise made to few sites is kept too.
    fn least(&self) -> f64 {
        let freedom = self.size.0 as f64 - 1.0;
        let limit = (freedom / chi_squared_quantile(1.0 - POWER, freedom)).sqrt();
        (self.critical + normal_quantile(POWER)) * self.error * limit
    }

    /// That effect as a share of the outcome's level; none when the indicator never differs.
    pub(super) fn could_be_seen(&self, outcome: &Outcome) -> Option<f64> {
        let effect = self.least() * self.gap;
        let share = match outcome.measured {
            Measured::Count { .. } => 1.0 - (-effect).exp(),
            Measured::Score { .. } => effect / level(outcome).abs(),
        };
        (share.is_finite() && share > 0.0).then_some(share)
    }

    /// For each change: whether these data suffice, and how many more of either would. The error falls with the root of both.
    pub(super) fn power(&self, outcome: &Outcome) -> Vec<Power> {
        let power = |change: f64| {
            let effect = match outcome.measured {
                Measured::Count { .. } => -(1.0 - change).ln() / self.gap,
                Measured::Score { .. } => change * level(outcome).abs() / self.gap,
            };
            let times = (self.least() / effect).powi(2).min(MOST);
            let more = |have: usize| if times > 1.0 { whole((have as f64 * (times - 1.0)).ceil()) } else { 0 };
            Power { change, suffices: times <= 1.0, more_weeks: more(self.size.1), more_sites: more(self.size.0) }
        };
        CHANGES.map(power).to_vec()
    }
}

/// The indicator's mean in the best quarter of its site-weeks less that in the rest; 0 when it never differs.
pub(crate) fn gap(indicator: &Indicator) -> f64 {
    let mut values: Vec<f64> = indicator.values.cells().iter().copied().filter(|value| !value.is_nan()).collect();
    let from = values.len() - values.len() / 4;
    if from == values.len() {
        return 0.0;
    }
    values.select_nth_unstable_by(from, f64::total_cmp);
    let mean = |values: &[f64]| sum(values) / values.len() as f64;
    let gap = mean(&values[from..]) - mean(&values[..from]);
    if gap.is_finite() { gap } else { 0.0 }
}

/// The outcome's pooled level.
fn level(outcome: &Outcome) -> f64 {
    let (y, w) = outcome.grids();
    let cells = y.cells().iter().zip(w.cells()).filter(|(y, w)| !y.is_nan() && **w > 0.0);
    let (sum, weights) = cells.fold((0.0, 0.0), |(sum, weights), (y, w)| (sum + y * w, weights + w));
    sum / weights
}
