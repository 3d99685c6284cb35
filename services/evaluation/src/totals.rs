//! Whether a metric's parts can be summed at all. They are 0 or more, so where the sum of all rows fits its type, so does
//! every window, roll-up and pooled level of any of them.

use crate::evaluate::QueryFailure;
use arrow::datatypes::i256;
use indicators::PartRow;

/// Each part, summed over rows; wide enough for any number of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals([i256; 5]);

const NAMES: [(&str, u8); 5] =
    [("numerator", 9), ("denominator", 9), ("sum_squares", 18), ("logged", 9), ("expected", 9)];

impl Totals {
    pub(crate) fn add(&mut self, row: &PartRow) {
        self.change(row, i256::wrapping_add);
    }

    pub(crate) fn take(&mut self, row: &PartRow) {
        self.change(row, i256::wrapping_sub);
    }

    fn change(&mut self, row: &PartRow, by: fn(i256, i256) -> i256) {
        let parts = [Some(row.numerator), Some(row.denominator), row.sum_squares, row.logged, row.expected];
        for (total, part) in self.0.iter_mut().zip(parts) {
            *total = by(*total, i256::from_i128(part.unwrap_or(0)));
        }
    }

    /// What leaves its type, as the metric's failure.
    pub(crate) fn failure(&self) -> Option<QueryFailure> {
        let beyond = i256::from_i128(10_i128.pow(38));
        let (_, (part, scale)) = self.0.iter().zip(NAMES).find(|(total, _)| **total >= beyond)?;
        Some(QueryFailure::Overflow { part, scale })
    }
}

impl<'a> FromIterator<&'a PartRow> for Totals {
    fn from_iter<I: IntoIterator<Item = &'a PartRow>>(rows: I) -> Self {
        let mut totals = Self::default();
        rows.into_iter().for_each(|row| totals.add(row));
        totals
    }
}
