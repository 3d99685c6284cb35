//! Parts while they are exact: whole numbers of the last digit.

use super::decimal::ONE;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Parts of one metric by week and site.
pub(crate) type Exact = BTreeMap<(Date, String), Row>;

/// Those of the core metrics that others are made of.
pub(crate) struct Core {
    pub field_time: Exact,
    pub prestart_quality: Exact,
}

/// One row's parts, exact: in units of the last digit.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub numerator: i128,
    pub denominator: i128,
    pub squares: Option<i128>,
    /// Logged and expected.
    pub coverage: Option<(i128, i128)>,
}

impl Row {
    /// Adds a respondent with their mean.
    pub fn respondent(&mut self, mean: i128) {
        self.numerator += mean;
        self.denominator += ONE;
        self.squares = Some(self.squares.unwrap_or(0) + mean * mean);
    }
}
