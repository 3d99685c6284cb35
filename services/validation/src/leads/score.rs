//! How strongly an indicator moves with what an outcome does beyond the expected, at each lag.

use super::Outcome;
use crate::Grid;
use crate::effects::{Sample, centre, expected};
use crate::numbers::dot;

/// An indicator and an outcome less their site and week effects; 0 where there is no value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rests<'a> {
    pub(crate) sites: usize,
    pub(crate) weeks: usize,
    /// The indicator, less its effects.
    pub(crate) x: &'a [f64],
    /// The outcome less the expected: events, or weighted points.
    pub(crate) r: &'a [f64],
}

impl Rests<'_> {
    /// Σ over weeks of x[week] · r[week + lag], for each site; a negative lag has the outcome first.
    fn products(&self, lag: isize) -> Vec<f64> {
        let (ahead, back, weeks) = (usize::try_from(lag).unwrap_or(0), usize::try_from(-lag).unwrap_or(0), self.weeks);
        let shared = weeks - ahead.max(back);
        let part = |cells: &[f64], site: usize, from: usize| {
            site * weeks + from..site * weeks + from + shared.min(cells.len())
        };
        (0..self.sites).map(|s| dot(&self.x[part(self.x, s, back)], &self.r[part(self.r, s, ahead)])).collect()
    }

    /// All sites' products at `lag`.
    pub(crate) fn sum(&self, lag: isize) -> f64 {
        self.products(lag).iter().sum()
    }

    /// The score at `lag` over its site-clustered standard error: about normal when nothing is there.
    pub(crate) fn z(&self, lag: isize) -> f64 {
        studentised(&self.products(lag))
    }
}

/// Σu / √Σu².
fn studentised(u: &[f64]) -> f64 {
    let squares: f64 = u.iter().map(|u| u * u).sum();
    if squares > 0.0 { u.iter().sum::<f64>() / squares.sqrt() } else { 0.0 }
}

/// An indicator less its site and week means; 0 in holes.
pub(crate) fn indicator_rest(indicator: &Grid) -> Vec<f64> {
    let weights: Vec<f64> = indicator.cells().iter().map(|cell| if cell.is_nan() { 0.0 } else { 1.0 }).collect();
    let values: Vec<f64> = indicator.cells().iter().map(|cell| if cell.is_nan() { 0.0 } else { *cell }).collect();
    centre(&values, &weights, indicator.weeks())
}

/// An outcome less what is expected of its site and week: events, or weighted points; 0 in holes.
pub(crate) fn outcome_rest(outcome: &Outcome) -> Vec<f64> {
    let (y, w) = outcome.grids();
    let sample = Sample::lagged(y, y, w, 0);
    if outcome.is_count() {
        return sample.y.iter().zip(&expected(&sample)).map(|(y, mu)| y - mu).collect();
    }
    let rest = centre(&sample.y, &sample.w, sample.weeks);
    rest.iter().zip(&sample.w).map(|(rest, w)| rest * w).collect()
}
