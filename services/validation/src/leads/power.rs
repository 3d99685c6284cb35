//! What it takes to see a change.

use super::{Indicator, Measured, Outcome, Power};
use crate::numbers::{normal_quantile, whole};

/// Changes that are asked for: one that matters, and the published one.
pub(super) const CHANGES: [f64; 2] = [0.2, 0.37];

/// Probability with which a change is to be seen.
const POWER: f64 = 0.8;

/// The most that is promised; beyond, "never at this rate".
const MOST: f64 = 1e9;

/// For each change: whether data of `sites` and `weeks` with this standard error suffice when a score has to pass
/// `critical`, and how many more of either would. The error falls with the root of both.
pub(super) fn power(
    gap: f64,
    level: f64,
    outcome: &Outcome,
    (error, critical): (f64, f64),
    (sites, weeks): (usize, usize),
) -> Vec<Power> {
    let power = |change: f64| {
        let effect = match outcome.measured {
            Measured::Count { .. } => -(1.0 - change).ln() / gap,
            Measured::Score { .. } => change * level.abs() / gap,
        };
        let times = ((critical + normal_quantile(POWER)) * error / effect).powi(2).min(MOST);
        let more = |have: usize| if times > 1.0 { whole((have as f64 * (times - 1.0)).ceil()) } else { 0 };
        Power { change, suffices: times <= 1.0, more_weeks: more(weeks), more_sites: more(sites) }
    };
    CHANGES.map(power).to_vec()
}

/// The indicator's mean in the best quarter of its site-weeks less that in the rest; 0 when it never differs.
pub(super) fn gap(indicator: &Indicator) -> f64 {
    let mut values: Vec<f64> = indicator.values.cells().iter().copied().filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    let best = values.split_off(values.len() - values.len() / 4);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let gap = mean(&best) - mean(&values);
    if gap.is_finite() { gap } else { 0.0 }
}

/// The outcome's pooled level.
pub(super) fn level(outcome: &Outcome) -> f64 {
    let (y, w) = outcome.grids();
    let cells = y.cells().iter().zip(w.cells()).filter(|(y, w)| !y.is_nan() && **w > 0.0);
    let (sum, weights) = cells.fold((0.0, 0.0), |(sum, weights), (y, w)| (sum + y * w, weights + w));
    sum / weights
}
