//! The best quarter against the rest, chosen before the weeks in which the outcome is looked at.

use super::{Band, Indicator, Measured, Outcome};
use crate::numbers::{beta_quantile, gamma_quantile, normal_quantile, student_quantile, student_two_sided, whole};
use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

/// Sites with values in both halves of the weeks, at the least.
const SITES: usize = 8;

/// Power with which a difference "could be seen".
const POWER: f64 = 0.8;

/// An exact 95 % interval of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Garwood {
    /// Events per unit of exposure.
    pub rate: f64,
    /// 95 % interval.
    pub interval: Band,
}

/// The rate of events and its exact interval (Garwood 1936, "Fiducial limits for the Poisson distribution", Biometrika
/// 28); the lower end of no event is 0. Exposure above 0.
pub fn garwood(events: f64, exposure: f64) -> Garwood {
    let low = if events > 0.0 { gamma_quantile(0.025, events) } else { 0.0 };
    let high = gamma_quantile(0.975, events + 1.0);
    Garwood { rate: events / exposure, interval: Band { low: low / exposure, high: high / exposure } }
}

/// A rate over another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateRatio {
    /// First over second; none when the second had no event.
    pub ratio: Option<f64>,
    /// Lower end of the exact 95 % interval.
    pub low: f64,
    /// Its upper end; none when it is infinite.
    pub high: Option<f64>,
    /// Two-sided exact p of equal rates (twice the smaller tail).
    pub p: f64,
}

/// The ratio of two rates with its exact interval: given all events, those of the first are binomial with the odds
/// ratio · exposures (Przyborowski and Wilenski 1940, Biometrika 31; interval by Clopper and Pearson 1934). `None`
/// without any event or exposure.
pub fn rate_ratio(first: (f64, f64), second: (f64, f64)) -> Option<RateRatio> {
    let ((k1, e1), (k2, e2)) = (first, second);
    if k1 + k2 <= 0.0 || e1 <= 0.0 || e2 <= 0.0 {
        return None;
    }
    let odds = |share: f64| share / (1.0 - share) * e2 / e1;
    let low = if k1 > 0.0 { odds(beta_quantile(0.025, k1, k2 + 1.0)) } else { 0.0 };
    let high = (k2 > 0.0).then(|| odds(beta_quantile(0.975, k1 + 1.0, k2)));
    let ratio = (k2 > 0.0).then(|| k1 / e1 / (k2 / e2));
    let binomial = Binomial::new(e1 / (e1 + e2), u64::try_from(whole(k1 + k2)).ok()?).ok()?;
    let first = u64::try_from(whole(k1)).ok()?;
    let (below, above) = (binomial.cdf(first), if k1 > 0.0 { binomial.sf(first - 1) } else { 1.0 });
    Some(RateRatio { ratio, low, high, p: (2.0 * below.min(above)).min(1.0) })
}

/// A mean less another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// First less second.
    pub difference: f64,
    /// 95 % interval.
    pub interval: Band,
    /// Two-sided p of equal means.
    pub p: f64,
    /// Standard error.
    pub error: f64,
}

/// The difference of means of two groups of unequal spread (Welch 1947, Biometrika 34). `None` below two values each.
pub fn welch(first: &[f64], second: &[f64]) -> Option<Difference> {
    let ((m1, v1), (m2, v2)) = (mean_and_error(first)?, mean_and_error(second)?);
    let (difference, error) = (m1 - m2, (v1 + v2).sqrt());
    let parts = v1 * v1 / (first.len() as f64 - 1.0) + v2 * v2 / (second.len() as f64 - 1.0);
    let freedom = (v1 + v2).powi(2) / parts;
    if freedom.is_nan() {
        return None;
    }
    let half = student_quantile(0.975, freedom) * error;
    let interval = Band { low: difference - half, high: difference + half };
    Some(Difference { difference, interval, p: student_two_sided(difference / error, freedom), error })
}

/// Mean and its squared error.
fn mean_and_error(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (values.len() > 1).then(|| (mean, squares / (n - 1.0) / n))
}

/// The best quarter of sites, by the indicator's pooled level in the first half of the weeks, against the rest, by the
/// outcome in the second half. It compares sites with sites: good sites may be good at both for reasons of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Contrast {
    /// Events over exposure.
    Count {
        /// The best quarter.
        best: CountGroup,
        /// All other sites.
        rest: CountGroup,
        /// Best over rest.
        compared: RateRatio,
        /// Variance between sites of a group over that of independent events; above 1, the exact interval is too narrow.
        dispersion: f64,
        /// False: "not to be told apart". True needs the exact interval, and the one widened by the dispersion.
        told_apart: bool,
        /// The ratio that could be seen by now with a probability of 80 %.
        could_be_seen: f64,
    },
    /// Points.
    Score {
        /// The best quarter.
        best: ScoreGroup,
        /// All other sites.
        rest: ScoreGroup,
        /// Best less rest, in points, each site counting once.
        compared: Difference,
        /// False: "not to be told apart".
        told_apart: bool,
        /// The points that could be seen by now with a probability of 80 %.
        could_be_seen: f64,
    },
}

/// Events of some sites.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountGroup {
    /// Number of sites.
    pub sites: usize,
    /// Their events in the second half of the weeks.
    pub events: f64,
    /// Their exposure.
    pub exposure: f64,
    /// Events per exposure with its exact interval.
    pub rate: Garwood,
    /// Their pooled level of the indicator in the first half of the weeks.
    pub level: f64,
}

/// Scores of some sites.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreGroup {
    /// Number of sites.
    pub sites: usize,
    /// Mean of their means in the second half of the weeks, in points.
    pub mean: f64,
    /// Their pooled level of the indicator in the first half of the weeks.
    pub level: f64,
}

/// A site's indicator before, and its outcome after: sums of values · weights, and of weights.
struct Site {
    level: (f64, f64),
    outcome: (f64, f64),
}

impl Contrast {
    /// `None` with fewer than 8 sites that have both, or where nothing happened at all.
    pub fn of(indicator: &Indicator, outcome: &Outcome) -> Option<Self> {
        let mut sites = both_halves(indicator, outcome);
        if sites.len() < SITES {
            return None;
        }
        let sign = if indicator.lower_is_better { 1.0 } else { -1.0 };
        let rank = |site: &Site| sign * site.level.0 / site.level.1;
        sites.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
        let rest = sites.split_off(sites.len().div_ceil(4));
        match outcome.measured {
            Measured::Count { .. } => counts(&sites, &rest),
            Measured::Score { points, .. } => scores(&sites, &rest, points),
        }
    }
}

fn both_halves(indicator: &Indicator, outcome: &Outcome) -> Vec<Site> {
    let (weeks, half) = (indicator.values.weeks(), indicator.values.weeks() / 2);
    let (y, w) = outcome.grids();
    let site = |s: usize| {
        let level = pooled((0..half).map(|t| (indicator.values.at(s, t), indicator.weights.at(s, t))));
        let outcome = if outcome.is_count() {
            let cells = (half..weeks).map(|t| (y.at(s, t), w.at(s, t))).filter(|(y, w)| !y.is_nan() && *w > 0.0);
            cells.fold((0.0, 0.0), |(events, exposure), (y, w)| (events + y, exposure + w))
        } else {
            pooled((half..weeks).map(|t| (y.at(s, t), w.at(s, t))))
        };
        Site { level, outcome }
    };
    (0..indicator.values.sites()).map(site).filter(|site| site.level.1 > 0.0 && site.outcome.1 > 0.0).collect()
}

fn pooled(cells: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    let whole = cells.filter(|(value, weight)| !value.is_nan() && *weight > 0.0);
    whole.fold((0.0, 0.0), |(sum, weights), (value, weight)| (sum + value * weight, weights + weight))
}

fn level(sites: &[Site]) -> f64 {
    sites.iter().map(|site| site.level.0).sum::<f64>() / sites.iter().map(|site| site.level.1).sum::<f64>()
}

fn counts(best: &[Site], rest: &[Site]) -> Option<Contrast> {
    let dispersion = dispersion(best, rest);
    let (best, rest) = (count_group(best), count_group(rest));
    let compared = rate_ratio((best.events, best.exposure), (rest.events, rest.exposure))?;
    let share = best.exposure / (best.exposure + rest.exposure);
    let events = best.events + rest.events;
    let error = (dispersion.max(1.0) * (1.0 / (events * share) + 1.0 / (events * (1.0 - share)))).sqrt();
    let exact = compared.low > 1.0 || compared.high.is_some_and(|high| high < 1.0);
    let beyond_dispersion =
        compared.ratio.is_none_or(|ratio| ratio == 0.0 || ratio.ln().abs() > normal_quantile(0.975) * error);
    let could_be_seen = (-(normal_quantile(0.975) + normal_quantile(POWER)) * error).exp();
    Some(Contrast::Count { best, rest, compared, dispersion, told_apart: exact && beyond_dispersion, could_be_seen })
}

fn count_group(sites: &[Site]) -> CountGroup {
    let sum = |part: fn(&Site) -> f64| sites.iter().map(part).sum::<f64>();
    let (events, exposure) = (sum(|site| site.outcome.0), sum(|site| site.outcome.1));
    CountGroup { sites: sites.len(), events, exposure, rate: garwood(events, exposure), level: level(sites) }
}

/// Pearson's χ² of sites about their group's rate, over its degrees of freedom.
fn dispersion(best: &[Site], rest: &[Site]) -> f64 {
    let spread = |sites: &[Site]| {
        let rate = sites.iter().map(|s| s.outcome.0).sum::<f64>() / sites.iter().map(|s| s.outcome.1).sum::<f64>();
        let part = |site: &Site| (site.outcome.0 - rate * site.outcome.1).powi(2) / (rate * site.outcome.1);
        if rate > 0.0 { sites.iter().map(part).sum::<f64>() } else { 0.0 }
    };
    (spread(best) + spread(rest)) / (best.len() + rest.len() - 2) as f64
}

fn scores(best: &[Site], rest: &[Site], points: f64) -> Option<Contrast> {
    let means = |sites: &[Site]| sites.iter().map(|s| points * s.outcome.0 / s.outcome.1).collect::<Vec<f64>>();
    let (a, b) = (means(best), means(rest));
    let compared = welch(&a, &b)?;
    let group = |sites: &[Site], means: &[f64]| ScoreGroup {
        sites: sites.len(),
        mean: means.iter().sum::<f64>() / means.len() as f64,
        level: level(sites),
    };
    let told_apart = compared.interval.low > 0.0 || compared.interval.high < 0.0;
    let could_be_seen = (normal_quantile(0.975) + normal_quantile(POWER)) * compared.error;
    Some(Contrast::Score { best: group(best, &a), rest: group(rest, &b), compared, told_apart, could_be_seen })
}
