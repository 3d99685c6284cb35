//! Rows outside the range of their kind: each has no value, harms no other row, and is named.

use crate::{definition::Metric, part_columns::PART_COLUMNS};
use jiff::civil::Date;
use std::{collections::BTreeMap, fmt};

/// One metric, week and label set whose parts make no value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BadRow {
    /// Metric name.
    pub metric: String,
    /// Monday of the site-local week.
    pub week: Date,
    /// Site id.
    pub site: String,
    /// The other labels.
    pub labels: BTreeMap<String, String>,
    /// What is wrong with it.
    pub why: Why,
    /// With `privacy`: respondents of the row.
    pub respondents: Option<i64>,
}

/// What is wrong with a bad row. The numbers themselves are never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// More of a share than there is of the whole.
    AboveDenominator,
    /// Something, of nothing.
    NoDenominator,
    /// A part is NULL.
    Null(&'static str),
    /// A part is below 0.
    Negative(&'static str),
    /// One of these; which one could tell what people answered.
    OutOfRange,
}

const NULL: i64 = 10;
const NEGATIVE: i64 = 20;

impl Why {
    /// As a number that is stored.
    pub fn code(self) -> i64 {
        let index = |name: &str| PART_COLUMNS.iter().position(|part| part.name == name).unwrap_or_default();
        let part = |name: &str| i64::try_from(index(name)).unwrap_or_default();
        match self {
            Self::AboveDenominator => 1,
            Self::NoDenominator => 2,
            Self::OutOfRange => 3,
            Self::Null(name) => NULL + part(name),
            Self::Negative(name) => NEGATIVE + part(name),
        }
    }

    /// Of a number that was stored. One that a newer program gave says that something is wrong, not what.
    pub fn of_code(code: i64) -> Self {
        let part = |first: i64| usize::try_from(code - first).ok().and_then(|index| PART_COLUMNS.get(index));
        match code {
            1 => Self::AboveDenominator,
            2 => Self::NoDenominator,
            _ => match (part(NEGATIVE), part(NULL)) {
                (Some(part), _) => Self::Negative(part.name),
                (None, Some(part)) => Self::Null(part.name),
                (None, None) => Self::OutOfRange,
            },
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AboveDenominator => f.write_str("its numerator is above its denominator"),
            Self::NoDenominator => f.write_str("its denominator is 0 and its numerator is not"),
            Self::Null(part) => write!(f, "its {part} is NULL (where nothing is a 0: COALESCE({part}, 0))"),
            Self::Negative(part) => write!(f, "its {part} is below 0"),
            Self::OutOfRange => f.write_str("a part is outside its range"),
        }
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "week {}, site {}: {}", self.week, self.site, self.why)
    }
}

impl BadRow {
    /// What may be told of it outside the lake. Of a metric with privacy nothing of rows of too few respondents, whose
    /// very being bad could tell an answer, and of the others not what is wrong.
    pub fn told(&self, metric: &Metric) -> Option<Self> {
        let Some(privacy) = metric.privacy else { return Some(self.clone()) };
        (!privacy.hides(self.respondents)).then(|| Self { why: Why::OutOfRange, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_of_a_reason_is_read_back() {
        let parts = PART_COLUMNS.iter().flat_map(|part| [Why::Null(part.name), Why::Negative(part.name)]);
        for why in parts.chain([Why::AboveDenominator, Why::NoDenominator, Why::OutOfRange]) {
            assert_eq!(Why::of_code(why.code()), why);
        }
        assert_eq!(Why::of_code(99), Why::OutOfRange);
    }
}
