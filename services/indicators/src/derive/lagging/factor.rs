//! Long-run variance over the nominal: what a cumulative sum must be divided by so that noise does not look like a shift.
//!
//! Estimated from differences between weeks, so that a real shift enters once and not at every week after it.

use super::super::trend::median;
use super::{bench::Bench, year::SiteYear};
use crate::definition::Uncertainty;

/// Fewest pairs of neighbouring weeks before anything is judged.
pub(super) const LEAST_PAIRS: usize = 100;
/// What is taken for granted until the data say otherwise: the correlation of neighbouring weeks, worth so many pairs.
const PRIOR_RHO: f64 = 0.5;
const PRIOR_PAIRS: f64 = 300.0;
/// The metric's own noise counts as so many weeks of a site's.
const PRIOR_WEEKS: f64 = 8.0;
const MOST_RHO: f64 = 0.8;
/// Measured time varies by at least this share of the target.
const LEAST_NOISE: f64 = 0.01;

/// Standardised squared differences of weeks `lag` apart.
#[derive(Debug, Clone, Copy)]
struct Differences {
    mean: Option<f64>,
    pairs: f64,
}

/// How much noisier a site is than sampling alone would make it, as factors of the nominal variance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    /// Of one week about the site's level.
    pub week: f64,
    /// Of a sum of weeks: what a cumulative sum must be divided by.
    pub long_run: f64,
}

/// One a site of the year; `None` while there is too little to tell.
pub(super) fn noises(bench: &Bench<'_>, target: Option<f64>) -> Option<Vec<Noise>> {
    let sites = &bench.year.sites;
    let first: Vec<Differences> = sites.iter().map(|site| differences(bench, site, 1)).collect();
    let second = sites.iter().map(|site| differences(bench, site, 2));
    let pairs: f64 = first.iter().map(|differences| differences.pairs).sum();
    if pairs < LEAST_PAIRS as f64 {
        return None;
    }
    let ratio = ratio(second.filter_map(|d| d.mean).sum(), first.iter().filter_map(|d| d.mean).sum());
    let rho = ((pairs * (ratio - 1.0) + PRIOR_PAIRS * PRIOR_RHO) / (pairs + PRIOR_PAIRS)).clamp(0.0, MOST_RHO);
    let least = match bench.measure.uncertainty {
        Uncertainty::None => (LEAST_NOISE * target.unwrap_or(0.0)).powi(2),
        Uncertainty::Wilson | Uncertainty::Normal | Uncertainty::Poisson => 1.0,
    };
    let metric = median(first.iter().filter_map(|d| d.mean).collect())?.max(least);
    let noise = |site: &Differences| {
        let own = (site.pairs * site.mean.unwrap_or(0.0) + PRIOR_WEEKS * metric) / (site.pairs + PRIOR_WEEKS);
        // Neighbouring weeks that are alike differ by less than each does from the level.
        Noise { week: own / (1.0 - rho), long_run: own.max(metric) * (1.0 + rho) / (1.0 - rho).powi(2) }
    };
    Some(first.iter().map(noise).collect())
}

fn differences(bench: &Bench<'_>, site: &SiteYear<'_>, lag: usize) -> Differences {
    let level = median(site.weeks.iter().flatten().map(|week| week.value).collect()).unwrap_or(0.0);
    let unit = |size: f64| bench.measure.unit(bench.nominal.variance(level, site.least), size);
    let pairs = site.weeks.iter().zip(site.weeks.iter().skip(lag)).filter_map(|(a, b)| a.zip(*b));
    let squares: Vec<f64> = pairs.map(|(a, b)| (b.value - a.value).powi(2) / (unit(a.size) + unit(b.size))).collect();
    let pairs = squares.len() as f64;
    Differences { mean: (pairs > 0.0).then(|| squares.iter().sum::<f64>() / pairs), pairs }
}

/// Of two sums of squares; 1 (no correlation to be seen) where nothing varies.
fn ratio(second: f64, first: f64) -> f64 {
    if second == 0.0 && first == 0.0 { 1.0 } else { second / first }
}
