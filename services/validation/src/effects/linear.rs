use super::errors::steps;
use super::sample::Shed;
use super::{Fit, Fitted, Sample, Unfit, centre};

/// Rest of the regressor, relative to the regressor, that is rounding and no variation.
const ROUNDING: f64 = 1e-9;

/// Weighted linear regression with a site and a week effect: change of the outcome per unit of the regressor, both less
/// their effects (Frisch and Waugh 1933; Lovell 1963).
///
/// # Errors
/// [`Unfit`] when nothing is left to compare, or the regressor has no variation of its own.
pub fn linear(sample: &Sample) -> Fitted {
    let Shed { sample, tally, left_out } = sample.shed(false);
    let (sites, weeks, observations) = tally.size();
    if sites < 2 || weeks < 2 {
        return Err(Unfit::TooFew);
    }
    let rest = |values: &[f64]| centre(values, &sample.w, sample.weeks);
    let (x, y) = (rest(&sample.x), rest(&sample.y));
    let sum = |cell: &dyn Fn(usize) -> f64| (0..sample.w.len()).map(|at| sample.w[at] * cell(at)).sum::<f64>();
    let information = sum(&|at| x[at] * x[at]);
    if information <= ROUNDING * ROUNDING * sum(&|at| sample.x[at] * sample.x[at]) {
        return Err(Unfit::Constant);
    }
    let estimate = sum(&|at| x[at] * y[at]) / information;
    let left: Vec<f64> = (0..y.len()).map(|at| sample.w[at] * (y[at] - estimate * x[at])).collect();
    let steps = steps(&sample, &sample.w, &x, &left);
    let score = |at: usize| x[at] * left[at];
    let (scores, informations) = (sample.by_site(score), sample.by_site(|at| sample.w[at] * x[at] * x[at]));
    Ok(Fit { estimate, scores, informations, steps, sites, weeks, observations, left_out })
}
