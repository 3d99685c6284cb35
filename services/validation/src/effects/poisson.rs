use super::errors::steps;
use super::{Fit, Fitted, Margins, Sample, Unfit, centre};
use crate::numbers::{add_scaled, dot};

/// Newton's steps at the most; well-behaved data need four to seven.
const STEPS: usize = 100;

/// Sweeps of proportional fitting at the most, in one Newton step.
const SWEEPS: usize = 20_000;

/// Relative movement of a week's factor at which both factors stand.
const STILL: f64 = 1e-12;

/// Size of a step, in standard deviations of the regressor's rest, at which the estimate stands.
const SETTLED: f64 = 1e-10;

/// The longest step, and the farthest estimate, in the same unit.
const STRIDE: f64 = 1.0;
const FARTHEST: f64 = 15.0;

/// Rest of the regressor, relative to the regressor, that is rounding and no variation.
const ROUNDING: f64 = 1e-9;

/// Poisson regression with a site and a week effect: log of the rate per unit of the regressor.
///
/// `E[y]` = w · a(site) · b(week) · exp(β x). Given β the effects a and b are those of proportional fitting (a closed form
/// each), and β takes Newton's steps on the likelihood that is left, whose slope and curvature come from the regressor
/// less its effects weighted by `E[y]`: iteratively reweighted least squares on projected columns (Correia, Guimarães and
/// Zylkin 2020, "Fast Poisson estimation with high-dimensional fixed effects", Stata Journal 20; Bergé 2018). Sites and
/// weeks without an event have an effect of -∞ and say nothing about β: they are left out (the same, on separation).
///
/// # Errors
/// [`Unfit`] when nothing is left to compare, the regressor has no variation of its own, or the estimate runs away.
pub fn poisson(sample: &Sample) -> Fitted {
    let mut sample = sample.clone();
    let left_out = sample.shed(true);
    let (sites, weeks, observations) = sample.size();
    if sites < 2 || weeks < 2 {
        return Err(Unfit::TooFew);
    }
    let mut search = Search::new(&sample);
    for _ in 0..STEPS {
        let Slope { scores, informations, spread, mu, rest } = search.slope(&sample)?;
        let step = scores.iter().sum::<f64>() / informations.iter().sum::<f64>();
        if (step * spread).abs() < SETTLED {
            let left: Vec<f64> = sample.y.iter().zip(&mu).map(|(y, mu)| y - mu).collect();
            let steps = steps(&sample, &mu, &rest, &left);
            return Ok(Fit {
                estimate: search.beta,
                scores,
                informations,
                steps,
                sites,
                weeks,
                observations,
                left_out,
            });
        }
        search.beta += step.clamp(-STRIDE / spread, STRIDE / spread);
        if (search.beta * spread).abs() > FARTHEST {
            break;
        }
    }
    Err(Unfit::Separated)
}

struct Search {
    beta: f64,
    factors: Vec<f64>,
    margins: Margins,
}

struct Slope {
    scores: Vec<f64>,
    informations: Vec<f64>,
    /// Standard deviation of the regressor's rest.
    spread: f64,
    /// Expected events of each cell.
    mu: Vec<f64>,
    /// The regressor less its effects.
    rest: Vec<f64>,
}

impl Search {
    fn new(sample: &Sample) -> Self {
        let weeks = sample.weeks;
        Self { beta: 0.0, factors: vec![1.0; weeks], margins: Margins(vec![0.0; weeks]) }
    }

    fn slope(&mut self, sample: &Sample) -> Result<Slope, Unfit> {
        let base: Vec<f64> = sample.w.iter().zip(&sample.x).map(|(w, x)| w * (self.beta * x).exp()).collect();
        let mu = fitted(&sample.y, base, sample.weeks, &mut self.factors);
        let rest = centre(&sample.x, &mu, sample.weeks, &mut self.margins);
        let informations = sample.by_site(|at| mu[at] * rest[at] * rest[at]);
        let information: f64 = informations.iter().sum();
        let size: f64 = mu.iter().zip(&sample.x).map(|(mu, x)| mu * x * x).sum();
        if information.is_nan() || information <= ROUNDING * ROUNDING * size {
            return Err(if self.beta == 0.0 { Unfit::Constant } else { Unfit::Separated });
        }
        let scores = sample.by_site(|at| rest[at] * (sample.y[at] - mu[at]));
        let spread = (information / mu.iter().sum::<f64>()).sqrt();
        Ok(Slope { scores, informations, spread, mu, rest })
    }
}

/// Expected events of each cell from exposure, site and week alone.
pub(crate) fn expected(events: &[f64], exposure: &[f64], weeks: usize) -> Vec<f64> {
    fitted(events, exposure.to_vec(), weeks, &mut vec![1.0; weeks])
}

/// `base` scaled by a factor for each site and each week so that sums agree with those of `y` (Deming and Stephan 1940).
fn fitted(y: &[f64], mut base: Vec<f64>, weeks: usize, factors: &mut [f64]) -> Vec<f64> {
    let sites = y.len() / weeks.max(1);
    let site_sums: Vec<f64> = y.chunks(weeks).map(|row| row.iter().sum()).collect();
    let mut week_sums = vec![0.0; weeks];
    y.chunks(weeks).for_each(|row| add_scaled(&mut week_sums, 1.0, row));
    let mut site_factors = vec![0.0; sites];
    for _ in 0..SWEEPS {
        let mut sums = vec![0.0; weeks];
        for (site, row) in base.chunks(weeks).enumerate() {
            site_factors[site] = quotient(site_sums[site], dot(row, factors));
            add_scaled(&mut sums, site_factors[site], row);
        }
        let mut moved = 0.0f64;
        for (week, factor) in factors.iter_mut().enumerate() {
            let next = quotient(week_sums[week], sums[week]);
            moved = moved.max((next - *factor).abs() / next.max(f64::MIN_POSITIVE));
            *factor = next;
        }
        if moved <= STILL {
            break;
        }
    }
    for (site, row) in base.chunks_mut(weeks).enumerate() {
        for (cell, factor) in row.iter_mut().zip(factors.iter()) {
            *cell *= site_factors[site] * factor;
        }
    }
    base
}

fn quotient(sum: f64, by: f64) -> f64 {
    if by > 0.0 { sum / by } else { 0.0 }
}
