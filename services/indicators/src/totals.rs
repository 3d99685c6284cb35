//! Whether a metric's parts can be summed at all. They are 0 or more, so where the sum of all rows fits its type, so does
//! every window, roll-up and pooled level of any of them.

use crate::parts::PartRow;

/// Each part, summed over rows; wide enough for any number of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals([Wide; 5]);

/// The parts that are decimals, with their digits after the point.
const PARTS: [(&str, u8); 5] =
    [("numerator", 9), ("denominator", 9), ("sum_squares", 18), ("logged", 9), ("expected", 9)];

impl Totals {
    /// With a row more.
    pub fn add(&mut self, row: &PartRow) {
        self.change(row, 1);
    }

    /// Without a row that was added.
    pub fn take(&mut self, row: &PartRow) {
        self.change(row, -1);
    }

    fn change(&mut self, row: &PartRow, by: i128) {
        let parts = [Some(row.numerator), Some(row.denominator), row.sum_squares, row.logged, row.expected];
        for (total, part) in self.0.iter_mut().zip(parts) {
            total.add(part.unwrap_or(0), by);
        }
    }

    /// The first part whose sum leaves DECIMAL(38), with its digits after the point.
    pub fn overflow(&self) -> Option<(&'static str, u8)> {
        self.0.iter().zip(PARTS).find(|(total, _)| total.overflows()).map(|(_, part)| part)
    }
}

impl<'a> FromIterator<&'a PartRow> for Totals {
    fn from_iter<I: IntoIterator<Item = &'a PartRow>>(rows: I) -> Self {
        let mut totals = Self::default();
        rows.into_iter().for_each(|row| totals.add(row));
        totals
    }
}

/// A sum of 38 digits and more, as its upper digits and its lower 19: neither reaches the end of its type, however many
/// rows there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Wide {
    upper: i128,
    lower: i128,
}

impl Wide {
    const LOWER: i128 = 10_i128.pow(19);

    fn add(&mut self, part: i128, by: i128) {
        self.upper += by * part.div_euclid(Self::LOWER);
        self.lower += by * part.rem_euclid(Self::LOWER);
    }

    /// Whether it has more than 38 digits.
    fn overflows(&self) -> bool {
        self.upper + self.lower.div_euclid(Self::LOWER) >= Self::LOWER
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::collections::BTreeMap;

    fn row(numerator: i128) -> PartRow {
        PartRow {
            metric: "m".to_owned(),
            week: date(2026, 6, 1),
            site: "leeds".to_owned(),
            labels: BTreeMap::new(),
            numerator,
            denominator: 1,
            sum_squares: None,
            logged: None,
            expected: None,
            respondents: None,
        }
    }

    #[test]
    fn thirty_eight_digits_fit_and_one_more_does_not() {
        let most = 10_i128.pow(38) - 1;
        let mut totals: Totals = [row(most)].iter().collect();
        assert_eq!(totals.overflow(), None);
        totals.add(&row(1));
        assert_eq!(totals.overflow(), Some(("numerator", 9)));
        totals.take(&row(1));
        assert_eq!(totals.overflow(), None);
        let squares = PartRow { sum_squares: Some(most), ..row(0) };
        assert_eq!([squares.clone(), squares].iter().collect::<Totals>().overflow(), Some(("sum_squares", 18)));
    }

    #[test]
    fn a_sum_beyond_every_type_comes_back_exactly() {
        let most = 10_i128.pow(38) - 1;
        let mut totals = Totals::default();
        (0..1000).for_each(|_| totals.add(&row(most)));
        assert!(totals.overflow().is_some());
        (0..999).for_each(|_| totals.take(&row(most)));
        assert_eq!(totals, [row(most)].iter().collect());
    }
}
