use super::errors::steps;
use super::exponential::multiply_by_exponentials;
use super::projection::{Margins, find_effects};
use super::sample::Shed;
use super::tally::Tally;
use super::{Fit, Fitted, Sample, Unfit};
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
    let shed = sample.shed(true);
    let (sites, weeks, _) = shed.tally.size();
    if sites < 2 || weeks < 2 {
        return Err(Unfit::TooFew);
    }
    let mut search = Search::new(&shed.sample, &shed.tally);
    for _ in 0..STEPS {
        let Slope { step, spread } = search.slope()?;
        if (step * spread).abs() < SETTLED {
            return Ok(search.fit(&shed));
        }
        search.go(step.clamp(-STRIDE / spread, STRIDE / spread));
        if (search.beta * spread).abs() > FARTHEST {
            break;
        }
    }
    Err(Unfit::Separated)
}

struct Search<'a> {
    sample: &'a Sample,
    tally: &'a Tally,
    beta: f64,
    /// Expected events of each cell, but for factors of site and week.
    mu: Vec<f64>,
    /// The regressor's effects, weighted by the expected events.
    effects: Margins,
    /// Each site's score and information.
    scores: Vec<f64>,
    informations: Vec<f64>,
}

struct Slope {
    /// Newton's.
    step: f64,
    /// Standard deviation of the regressor's rest.
    spread: f64,
}

impl<'a> Search<'a> {
    fn new(sample: &'a Sample, tally: &'a Tally) -> Self {
        let (sites, weeks) = (sample.sites, sample.weeks);
        Self {
            sample,
            tally,
            beta: 0.0,
            mu: sample.w.clone(),
            effects: Margins::all(0.0, sites, weeks),
            scores: vec![0.0; sites],
            informations: vec![0.0; sites],
        }
    }

    fn go(&mut self, step: f64) {
        self.beta += step;
        multiply_by_exponentials(&mut self.mu, step, &self.sample.x);
    }

    /// Fits the effects, and finds where the likelihood that is left rises.
    fn slope(&mut self) -> Result<Slope, Unfit> {
        fit_effects(&mut self.mu, &self.tally.site_sums, &self.tally.week_sums);
        let size = find_effects(&self.sample.x, &self.mu, &mut self.effects);
        self.measure();
        let information: f64 = self.informations.iter().sum();
        if information.is_nan() || information <= ROUNDING * ROUNDING * size {
            return Err(if self.beta == 0.0 { Unfit::Constant } else { Unfit::Separated });
        }
        let step = self.scores.iter().sum::<f64>() / information;
        let spread = (information / self.tally.site_sums.iter().sum::<f64>()).sqrt();
        Ok(Slope { step, spread })
    }

    /// Each site's score and information.
    fn measure(&mut self) {
        let (mut rest, mut other) = (vec![0.0; self.sample.weeks], vec![0.0; self.sample.weeks]);
        for site in 0..self.sample.sites {
            let row = self.sample.row(site);
            let (x, y, mu) = (&self.sample.x[row.clone()], &self.sample.y[row.clone()], &self.mu[row]);
            self.effects.taken_out(site, x, &mut rest);
            other.iter_mut().zip(y).zip(mu).for_each(|((left, y), mu)| *left = y - mu);
            self.scores[site] = dot(&rest, &other);
            other.iter_mut().zip(&rest).zip(mu).for_each(|((weighted, rest), mu)| *weighted = mu * rest);
            self.informations[site] = dot(&other, &rest);
        }
    }

    fn fit(self, shed: &Shed) -> Fit {
        let (sample, weeks) = (self.sample, self.sample.weeks.max(1));
        let mut rest = vec![0.0; sample.x.len()];
        for (site, (x, rest)) in sample.x.chunks(weeks).zip(rest.chunks_mut(weeks)).enumerate() {
            self.effects.taken_out(site, x, rest);
        }
        let left: Vec<f64> = sample.y.iter().zip(&self.mu).map(|(y, mu)| y - mu).collect();
        let steps = steps(sample, &self.mu, &rest, &left);
        let (sites, weeks, observations) = self.tally.size();
        let (scores, informations, left_out) = (self.scores, self.informations, shed.left_out.clone());
        Fit { estimate: self.beta, scores, informations, steps, sites, weeks, observations, left_out }
    }
}

/// Expected events of each cell from exposure, site and week alone.
pub(crate) fn expected(sample: &Sample) -> Vec<f64> {
    let (tally, mut mu) = (sample.tally(), sample.w.clone());
    fit_effects(&mut mu, &tally.site_sums, &tally.week_sums);
    mu
}

/// Scales cells by a factor for each site and each week so that they have these sums (Deming and Stephan 1940).
fn fit_effects(cells: &mut [f64], site_sums: &[f64], week_sums: &[f64]) {
    let weeks = week_sums.len();
    let mut factors = Margins::all(1.0, site_sums.len(), weeks);
    for _ in 0..SWEEPS {
        let mut sums = vec![0.0; weeks];
        for (site, row) in cells.chunks(weeks.max(1)).enumerate() {
            factors.sites[site] = quotient(site_sums[site], dot(row, &factors.weeks));
            add_scaled(&mut sums, factors.sites[site], row);
        }
        let mut moved = 0.0f64;
        for (week, factor) in factors.weeks.iter_mut().enumerate() {
            let next = quotient(week_sums[week], sums[week]);
            moved = moved.max((next - *factor).abs() / next.max(f64::MIN_POSITIVE));
            *factor = next;
        }
        if moved <= STILL {
            break;
        }
    }
    for (row, site) in cells.chunks_mut(weeks.max(1)).zip(&factors.sites) {
        row.iter_mut().zip(&factors.weeks).for_each(|(cell, week)| *cell *= site * week);
    }
}

fn quotient(sum: f64, by: f64) -> f64 {
    if by > 0.0 { sum / by } else { 0.0 }
}
