//! Taking a site and a week effect out of values by alternating projections (Halperin 1962; Guimarães and Portugal 2010,
//! Stata Journal 10): the means of sites and of weeks in turn, until neither moves.

use crate::numbers::{add_scaled, dot, sum};

/// Sweeps at the most; panels with few holes need under ten.
const SWEEPS: usize = 20_000;

/// Movement of a week's effect, relative to the values' size, at which the effects stand.
const STILL: f64 = 1e-13;

/// A value for each site and for each week, kept between calls so that the next one starts where the last ended.
#[derive(Clone)]
pub(crate) struct Margins {
    pub(crate) sites: Vec<f64>,
    pub(crate) weeks: Vec<f64>,
}

impl Margins {
    pub(crate) fn all(value: f64, sites: usize, weeks: usize) -> Self {
        Self { sites: vec![value; sites], weeks: vec![value; weeks] }
    }

    /// A row of values less the effects of its site and of the weeks.
    pub(crate) fn taken_out(&self, site: usize, values: &[f64], into: &mut [f64]) {
        let effect = self.sites[site];
        for ((into, value), week) in into.iter_mut().zip(values).zip(&self.weeks) {
            *into = value - (effect + week);
        }
    }
}

/// `values` (sites × weeks) less their weighted site and week effects; 0 in cells of weight 0.
pub(crate) fn centre(values: &[f64], weights: &[f64], weeks: usize) -> Vec<f64> {
    let mut effects = Margins::all(0.0, values.len() / weeks.max(1), weeks);
    find_effects(values, weights, &mut effects);
    let mut centred = vec![0.0; values.len()];
    for (site, (row, into)) in values.chunks(weeks.max(1)).zip(centred.chunks_mut(weeks.max(1))).enumerate() {
        effects.taken_out(site, row, into);
    }
    centred.iter_mut().zip(weights).for_each(|(cell, weight)| *cell = if *weight > 0.0 { *cell } else { 0.0 });
    centred
}

/// The weighted site and week effects of `values`, from those of a similar call on. Returns Σ weight · value².
pub(crate) fn find_effects(values: &[f64], weights: &[f64], effects: &mut Margins) -> f64 {
    let totals = Totals::of(values, weights, effects.weeks.len());
    for _ in 0..SWEEPS {
        if totals.sweep(weights, effects) <= STILL * totals.largest {
            break;
        }
    }
    totals.squares
}

struct Totals {
    values: Margins,
    weights: Margins,
    /// The value farthest from 0.
    largest: f64,
    /// Σ weight · value².
    squares: f64,
}

impl Totals {
    fn of(values: &[f64], weights: &[f64], weeks: usize) -> Self {
        let none = || Margins { sites: Vec::with_capacity(values.len() / weeks.max(1)), weeks: vec![0.0; weeks] };
        let mut totals = Self { values: none(), weights: none(), largest: f64::MIN_POSITIVE, squares: 0.0 };
        let mut weighted = vec![0.0; weeks];
        for (value, weight) in values.chunks(weeks.max(1)).zip(weights.chunks(weeks.max(1))) {
            weighted.iter_mut().zip(value).zip(weight).for_each(|((into, value), weight)| *into = value * weight);
            totals.values.sites.push(sum(&weighted));
            totals.weights.sites.push(sum(weight));
            add_scaled(&mut totals.values.weeks, 1.0, &weighted);
            add_scaled(&mut totals.weights.weeks, 1.0, weight);
            totals.squares += dot(&weighted, value);
            let farther = |most: f64, value: &f64| if value.abs() > most { value.abs() } else { most };
            totals.largest = value.iter().fold(totals.largest, farther);
        }
        totals
    }

    /// One turn of site and week means; returns how far a week's effect has moved.
    fn sweep(&self, weights: &[f64], effects: &mut Margins) -> f64 {
        let weeks = effects.weeks.len();
        let mut sums = vec![0.0; weeks];
        for (site, row) in weights.chunks(weeks.max(1)).enumerate() {
            let rest = self.values.sites[site] - dot(row, &effects.weeks);
            effects.sites[site] = mean(rest, self.weights.sites[site]);
            add_scaled(&mut sums, effects.sites[site], row);
        }
        let mut moved = 0.0f64;
        for (week, effect) in effects.weeks.iter_mut().enumerate() {
            let next = mean(self.values.weeks[week] - sums[week], self.weights.weeks[week]);
            moved = moved.max((next - *effect).abs());
            *effect = next;
        }
        moved
    }
}

fn mean(sum: f64, weight: f64) -> f64 {
    if weight > 0.0 { sum / weight } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_has_no_mean_in_any_site_or_week() {
        let weights = [1.0, 2.0, 0.0, 1.0, 1.0, 3.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0];
        let values = [4.0, 1.0, 0.0, 2.0, 9.0, 2.0, 7.0, 7.0, 1.0, 0.0, 3.0, 5.0];
        let centred = centre(&values, &weights, 4);
        let weighted: Vec<f64> = centred.iter().zip(&weights).map(|(v, w)| v * w).collect();
        for site in 0..3 {
            assert!(weighted[site * 4..site * 4 + 4].iter().sum::<f64>().abs() < 1e-11);
        }
        for week in 0..4 {
            assert!((0..3).map(|site| weighted[site * 4 + week]).sum::<f64>().abs() < 1e-11);
        }
        assert_eq!(centred[2], 0.0);
    }
}
