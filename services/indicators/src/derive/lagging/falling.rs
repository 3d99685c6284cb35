//! Worse than it was: the split of the year whose later part is lowest against the earlier one.

use super::super::measure::Measure;
use super::{
    bench::{Bench, Score, standardised},
    year::{Observation, SiteYear},
};

/// Fewest and most calendar weeks since the onset.
const SINCE: (usize, usize) = (4, 26);
/// Fewest values since and before.
const LEAST_SINCE: usize = 4;
const LEAST_BEFORE: usize = 13;
/// Standard errors from which on the fall is an alarm.
const STEEP: f64 = 3.5;

/// Sums over some weeks of a site.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stretch {
    pub weeks: usize,
    numerator: i128,
    denominator: i128,
    pub size: f64,
    values: f64,
}

impl Stretch {
    /// The sums of these weeks.
    pub fn of(weeks: &[Option<Observation<'_>>]) -> Self {
        weeks.iter().fold(Self::default(), |sum, week| sum.with(week.as_ref()))
    }

    fn with(mut self, week: Option<&Observation<'_>>) -> Self {
        if let Some(week) = week {
            self.weeks += 1;
            self.numerator = self.numerator.saturating_add(week.sums.numerator);
            self.denominator = self.denominator.saturating_add(week.sums.denominator);
            self.size += week.size;
            self.values += week.value;
        }
        self
    }

    fn without(self, other: Self) -> Self {
        Self {
            weeks: self.weeks - other.weeks,
            numerator: self.numerator - other.numerator,
            denominator: self.denominator - other.denominator,
            size: self.size - other.size,
            values: self.values - other.values,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            weeks: self.weeks + other.weeks,
            numerator: self.numerator.saturating_add(other.numerator),
            denominator: self.denominator.saturating_add(other.denominator),
            size: self.size + other.size,
            values: self.values + other.values,
        }
    }

    /// The pooled value; of a census and of a number of events the plain mean of the weeks.
    pub fn level(&self, measure: &Measure) -> f64 {
        if measure.is_plain() {
            self.values / self.weeks as f64
        } else {
            measure.quotient(self.numerator, self.denominator)
        }
    }
}

/// The best split that drops by `margin` or more; `None` where no split has enough values on both sides.
pub(super) fn falling(bench: &Bench<'_>, site: &SiteYear<'_>, factor: f64, margin: f64) -> Option<Score> {
    let before = prefixes(site);
    let end = site.weeks.len();
    let whole = before[end];
    let mut best: Option<Score> = None;
    for since in (SINCE.0..=SINCE.1).filter_map(|weeks| end.checked_sub(weeks)) {
        let (before, after) = (before[since], whole.without(before[since]));
        if after.weeks < LEAST_SINCE || before.weeks < LEAST_BEFORE {
            continue;
        }
        let so_far = best.get_or_insert(Score { score: None, on: false, since: None });
        if let Some(score) = split(bench, site, before, after, factor, margin)
            && so_far.score.is_none_or(|best| score > best)
        {
            *so_far = Score { score: Some(score), on: score >= STEEP, since: Some(since) };
        }
    }
    best
}

/// Sums of the first 0, 1, … all weeks.
fn prefixes(site: &SiteYear<'_>) -> Vec<Stretch> {
    let mut sum = Stretch::default();
    let sums = site.weeks.iter().map(|week| {
        sum = sum.with(week.as_ref());
        sum
    });
    std::iter::once(Stretch::default()).chain(sums).collect()
}

/// How far the level dropped, in standard errors; `None` for less than `margin`.
fn split(
    bench: &Bench<'_>,
    site: &SiteYear<'_>,
    before: Stretch,
    since: Stretch,
    factor: f64,
    margin: f64,
) -> Option<f64> {
    let (drop, score) = drop(bench, site, before, since, factor);
    (drop >= margin && score.is_finite()).then_some(score)
}

/// By how much the later level is worse than the earlier, and the same in standard errors; below 0 where it is better.
pub(super) fn drop(bench: &Bench<'_>, site: &SiteYear<'_>, before: Stretch, since: Stretch, factor: f64) -> (f64, f64) {
    let measure = bench.measure;
    let drop = measure.shortfall(before.level(measure), since.level(measure));
    let both = bench.nominal.variance(before.and(since).level(measure), site.least);
    let error = (factor * both * (1.0 / before.size + 1.0 / since.size)).sqrt();
    (drop, standardised(drop, error))
}
