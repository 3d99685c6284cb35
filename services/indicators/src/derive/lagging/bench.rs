//! What the three tests share.

use super::year::{Nominal, SiteYear, Year};
use crate::{definition::Lagging, derive::measure::Measure};

/// How much of the target a site may be behind its peers, or below its former self, before it matters.
pub(super) const MARGIN: f64 = 0.1;

/// The verdict of one test on a site that it can judge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Score {
    /// None where *falling* finds no split that counts.
    pub score: Option<f64>,
    pub on: bool,
    /// Onset, as an index of the year's weeks.
    pub since: Option<usize>,
}

/// What the tests share.
pub(super) struct Bench<'a> {
    pub measure: &'a Measure,
    pub year: &'a Year<'a>,
    pub nominal: Nominal,
    pub lagging: Lagging,
    /// A tenth of the target, if there is one.
    pub margin: Option<f64>,
}

impl Bench<'_> {
    /// Standard error of one week of a site, of `size` observations, at a level.
    pub fn error(&self, site: &SiteYear<'_>, level: f64, size: f64, factor: f64) -> f64 {
        (self.measure.unit(self.nominal.variance(level, site.least), size) * factor).sqrt()
    }
}

/// `difference` in standard errors. Where nothing varies at all, any difference is infinitely many.
pub(super) fn standardised(difference: f64, error: f64) -> f64 {
    if difference == 0.0 { 0.0 } else { difference / error }
}
