//! What a check looks into, and how it is told.

use crate::effects::{Fit, Sample};
use crate::leads::circle::Circle;
use crate::leads::score::Rests;
use crate::leads::{Check, CheckName, Question, Verdict};

/// Level of each check's own test.
pub(super) const LEVEL: f64 = 0.05;

/// The pair at its strongest lag.
pub(in crate::leads) struct Suspect<'a> {
    pub(in crate::leads) question: &'a Question<'a>,
    pub(in crate::leads) rests: &'a Rests<'a>,
    pub(in crate::leads) circle: &'a Circle,
    pub(in crate::leads) lag: usize,
    pub(in crate::leads) score: f64,
    pub(in crate::leads) sample: Sample,
    pub(in crate::leads) fit: &'a Fit,
}

/// How a finding fares with other cells or another regressor.
pub(super) struct Standing {
    /// Estimate over error, in the direction found; below 0 it has turned.
    pub(super) score: f64,
    /// Estimate over the finding's own.
    pub(super) share: f64,
    /// Whether that is beyond chance.
    pub(super) stands: bool,
}

pub(super) fn stands_with(suspect: &Suspect, sample: &Sample) -> Standing {
    match suspect.question.outcome.model().fit(sample) {
        Ok(fit) => {
            let score = suspect.fit.estimate.signum() * fit.estimate / fit.error();
            Standing { score, share: fit.estimate / suspect.fit.estimate, stands: score >= fit.critical(1.0 - LEVEL) }
        }
        Err(_) => Standing { score: 0.0, share: 0.0, stands: false },
    }
}

pub(super) fn check(name: CheckName, verdict: Verdict, value: f64, said: String) -> Check {
    Check { name, verdict, value: value.is_finite().then_some(value), said }
}

pub(super) fn holds(when: bool) -> Verdict {
    if when { Verdict::Holds } else { Verdict::Fails }
}
