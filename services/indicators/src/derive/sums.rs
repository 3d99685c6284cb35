//! Additive parts, summed exactly.

use crate::parts::{Decimal9, Decimal18, PartRow};

/// The sum of one row or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sums {
    pub numerator: Decimal9,
    pub denominator: Decimal9,
    /// `None` when one of the rows has none.
    pub squares: Option<Decimal18>,
    /// Logged and expected, of the rows that have both.
    pub coverage: Option<(Decimal9, Decimal9)>,
    /// The largest denominator of a single row: the same people may stand behind several.
    pub largest: Decimal9,
}

impl Sums {
    pub fn of(row: &PartRow) -> Self {
        Self {
            numerator: row.numerator,
            denominator: row.denominator,
            squares: row.sum_squares,
            coverage: row.logged.zip(row.expected),
            largest: row.denominator,
        }
    }

    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let coverage = match (self.coverage, other.coverage) {
            (Some((l, e)), Some((m, f))) => Some((l.saturating_add(m), e.saturating_add(f))),
            (one, another) => one.or(another),
        };
        Self {
            numerator: self.numerator.saturating_add(other.numerator),
            denominator: self.denominator.saturating_add(other.denominator),
            squares: self.squares.zip(other.squares).map(|(a, b)| a.saturating_add(b)),
            coverage,
            largest: self.largest.max(other.largest),
        }
    }
}

/// The number that a DECIMAL(38,9) stands for.
pub(super) fn decimal9(unscaled: Decimal9) -> f64 {
    unscaled as f64 / 1e9
}

/// The number that a DECIMAL(38,18) stands for.
pub(super) fn decimal18(unscaled: Decimal18) -> f64 {
    unscaled as f64 / 1e18
}
