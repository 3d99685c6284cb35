//! How a metric turns sums into values, sample sizes and a variance.

use super::sums::{Sums, decimal9, decimal18};
use crate::{
    definition::{Direction, Kind, Metric, Uncertainty},
    parts::Decimal9,
};

/// What of a metric's declaration the arithmetic needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub kind: Kind,
    /// What the value is per: 1 but for a rate.
    pub per: f64,
    pub direction: Direction,
    pub uncertainty: Uncertainty,
    /// Reads what was answered.
    pub private: bool,
}

impl Measure {
    pub fn of(metric: &Metric) -> Self {
        Self {
            kind: metric.kind,
            per: f64::from(metric.per),
            direction: metric.direction,
            uncertainty: metric.uncertainty,
            private: metric.privacy.is_some(),
        }
    }

    /// Σ numerator / Σ denominator, of a rate `per` so much; of a count Σ numerator.
    pub fn value(&self, sums: &Sums) -> f64 {
        match self.kind {
            Kind::Count => decimal9(sums.numerator),
            Kind::Ratio | Kind::Mean | Kind::Rate => self.quotient(sums.numerator, sums.denominator),
        }
    }

    /// Σ numerator / Σ denominator, of a rate `per` so much.
    pub fn quotient(&self, numerator: Decimal9, denominator: Decimal9) -> f64 {
        match self.kind {
            Kind::Rate => self.per * numerator as f64 / denominator as f64,
            Kind::Ratio | Kind::Mean | Kind::Count => numerator as f64 / denominator as f64,
        }
    }

    /// Counts of events over exposure.
    pub fn is_rate_of_events(&self) -> bool {
        (self.kind, self.uncertainty) == (Kind::Rate, Uncertainty::Poisson)
    }

    /// By how much `value` is worse than `reference`; below 0 when it is better.
    pub fn shortfall(&self, reference: f64, value: f64) -> f64 {
        match self.direction {
            Direction::Higher => reference - value,
            Direction::Lower => value - reference,
        }
    }

    /// A level that is worse by `margin`.
    pub fn worsened(&self, level: f64, margin: f64) -> f64 {
        match self.direction {
            Direction::Higher => level - margin,
            Direction::Lower => level + margin,
        }
    }

    /// Observations behind one week's sums: what was due, or the people who answered; of events per exposure the exposure
    /// in units of `per`; for a census, and for a number of events, the week itself. The same people may answer for several
    /// rows, so with privacy rows that are pooled count as their largest (DERIVED, "Privacy").
    pub fn size(&self, week: &Sums) -> f64 {
        match self.uncertainty {
            Uncertainty::Poisson if self.kind == Kind::Rate => decimal9(week.denominator) / self.per,
            Uncertainty::None | Uncertainty::Poisson => 1.0,
            Uncertainty::Wilson | Uncertainty::Normal if self.private => decimal9(week.largest),
            Uncertainty::Wilson | Uncertainty::Normal => decimal9(week.denominator),
        }
    }

    /// Whether the value of several weeks, or of several sites, is the plain mean of theirs where levels are compared
    /// (DERIVED, "Lagging"): each week counts 1. Else their parts are pooled.
    pub fn is_plain(&self) -> bool {
        matches!(self.uncertainty, Uncertainty::None | Uncertainty::Poisson) && !self.is_rate_of_events()
    }

    /// Variance of a week of so many observations, of one of which it is `variance`. Exposure may be less than 1; of
    /// observations there is one or more.
    pub fn unit(&self, variance: f64, size: f64) -> f64 {
        variance / if self.is_rate_of_events() { size } else { size.max(1.0) }
    }

    /// Variance of one observation within weeks, on the scale of the values.
    pub fn variance(&self, within: &Within) -> Option<f64> {
        within.variance().map(|variance| variance * self.per * self.per)
    }
}

/// Variance of one respondent's mean within weeks, collected week by week.
#[derive(Debug, Clone, Copy)]
pub(super) struct Within {
    squares: Option<f64>,
    freedom: f64,
}

impl Within {
    pub fn new() -> Self {
        Self { squares: Some(0.0), freedom: 0.0 }
    }

    /// Adds Σ sum_squares − numerator²/denominator and denominator − 1 of a week.
    pub fn add(&mut self, week: &Sums) {
        let (numerator, denominator) = (decimal9(week.numerator), decimal9(week.denominator));
        let about_mean = week.squares.map(|squares| decimal18(squares) - numerator * numerator / denominator);
        self.squares = self.squares.zip(about_mean).map(|(sum, one)| sum + one);
        self.freedom += denominator - 1.0;
    }

    /// `None` without a degree of freedom, or when a row has no sum of squares.
    fn variance(&self) -> Option<f64> {
        self.squares.filter(|_| self.freedom > 0.0).map(|squares| (squares / self.freedom).max(0.0))
    }
}
