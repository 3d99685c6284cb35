//! Taking a site and a week effect out of values by alternating projections (Halperin 1962; Guimarães and Portugal 2010,
//! Stata Journal 10): the means of sites and of weeks in turn, until neither moves.

use crate::numbers::{add_scaled, dot};

/// Sweeps at the most; panels with few holes need under ten.
const SWEEPS: usize = 20_000;

/// Movement of a week's effect, relative to the values' size, at which the effects stand.
const STILL: f64 = 1e-13;

/// The weeks' effects, kept between calls so that the next one starts where the last ended.
pub(crate) struct Margins(pub(crate) Vec<f64>);

/// `values` (sites × weeks) less their weighted site and week effects; 0 in cells of weight 0.
pub(crate) fn centre(values: &[f64], weights: &[f64], weeks: usize, start: &mut Margins) -> Vec<f64> {
    let sites = values.len() / weeks.max(1);
    let weighted: Vec<f64> = values.iter().zip(weights).map(|(v, w)| v * w).collect();
    let totals = Totals::of(&weighted, weights, sites, weeks);
    let scale = values.iter().fold(0.0f64, |most, v| most.max(v.abs())).max(f64::MIN_POSITIVE);
    let mut site_effects = vec![0.0; sites];
    for _ in 0..SWEEPS {
        let moved = totals.sweep(weights, &mut site_effects, &mut start.0);
        if moved <= STILL * scale {
            break;
        }
    }
    let mut centred = values.to_vec();
    for (at, value) in centred.iter_mut().enumerate() {
        let effects = site_effects[at / weeks] + start.0[at % weeks];
        *value = if weights[at] > 0.0 { *value - effects } else { 0.0 };
    }
    centred
}

struct Totals {
    weeks: usize,
    site_values: Vec<f64>,
    site_weights: Vec<f64>,
    week_values: Vec<f64>,
    week_weights: Vec<f64>,
}

impl Totals {
    fn of(weighted: &[f64], weights: &[f64], sites: usize, weeks: usize) -> Self {
        let rows = |cells: &[f64]| cells.chunks(weeks).map(|row| row.iter().sum()).collect();
        let columns = |cells: &[f64]| {
            let mut sums = vec![0.0; weeks];
            cells.chunks(weeks).for_each(|row| add_scaled(&mut sums, 1.0, row));
            sums
        };
        debug_assert_eq!(weights.len(), sites * weeks);
        Self {
            weeks,
            site_values: rows(weighted),
            site_weights: rows(weights),
            week_values: columns(weighted),
            week_weights: columns(weights),
        }
    }

    /// One turn of site and week means; returns how far a week's effect has moved.
    fn sweep(&self, weights: &[f64], site_effects: &mut [f64], week_effects: &mut [f64]) -> f64 {
        let mut sums = vec![0.0; self.weeks];
        for (site, row) in weights.chunks(self.weeks).enumerate() {
            let rest = self.site_values[site] - dot(row, week_effects);
            site_effects[site] = mean(rest, self.site_weights[site]);
            add_scaled(&mut sums, site_effects[site], row);
        }
        let mut moved = 0.0f64;
        for (week, effect) in week_effects.iter_mut().enumerate() {
            let next = mean(self.week_values[week] - sums[week], self.week_weights[week]);
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
        let centred = centre(&values, &weights, 4, &mut Margins(vec![0.0; 4]));
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
