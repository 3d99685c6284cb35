//! The parts of one metric while they are added up.

use super::{
    decimal,
    decimal::ONE,
    exact::{Exact, Row},
    part::Part,
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A label beside the site, and its value.
pub(crate) type Label<'a> = (&'static str, &'a str);

/// Week, site and label.
type Key = (Date, String, Option<(&'static str, String)>);

/// Parts of a metric by week, site and label.
pub(crate) struct Sums {
    metric: &'static str,
    rows: BTreeMap<Key, Row>,
}

impl Sums {
    pub(crate) fn new(metric: &'static str) -> Self {
        Self { metric, rows: BTreeMap::new() }
    }

    /// Whose parts they are.
    pub(super) fn metric(&self) -> &'static str {
        self.metric
    }

    /// Of what was added up already.
    pub(super) fn of(metric: &'static str, exact: Exact) -> Self {
        Self { metric, rows: exact.into_iter().map(|((week, site), row)| ((week, site, None), row)).collect() }
    }

    fn row(&mut self, (week, site): (Date, &str), label: Option<Label<'_>>) -> &mut Row {
        let label = label.map(|(name, value)| (name, value.to_owned()));
        self.rows.entry((week, site.to_owned(), label)).or_default()
    }

    /// Adds to a week of a site, in units of the ninth digit.
    pub(crate) fn add(&mut self, at: (Date, &str), numerator: i128, denominator: i128) {
        let row = self.row(at, None);
        row.numerator += numerator;
        row.denominator += denominator;
    }

    /// Adds whole things.
    pub(crate) fn whole(&mut self, at: (Date, &str), numerator: i128, denominator: i128) {
        self.add(at, numerator * ONE, denominator * ONE);
    }

    /// Adds whole things under a label.
    pub(crate) fn labelled(&mut self, at: (Date, &str), label: Label<'_>, numerator: i128, denominator: i128) {
        let row = self.row(at, Some(label));
        row.numerator += numerator * ONE;
        row.denominator += denominator * ONE;
    }

    /// Adds a respondent with their mean.
    pub(crate) fn mean(&mut self, at: (Date, &str), mean: i128) {
        let row = self.row(at, None);
        row.respondent(mean);
    }

    /// Adds to a count of events, which may be 0: a week is one, however many of them it has.
    pub(crate) fn events(&mut self, at: (Date, &str), events: i128) {
        let row = self.row(at, None);
        row.numerator += events * ONE;
        row.denominator = ONE;
    }

    /// Shares above the whole are faults of the data, and have no value.
    pub(crate) fn without_faults(mut self) -> Self {
        self.rows.retain(|_, row| row.numerator <= row.denominator);
        self
    }

    /// The rows that say something: not of 0.
    pub(super) fn parts(self) -> impl Iterator<Item = Part> {
        let rows = self.rows.into_iter().filter(|(_, row)| row.denominator > 0);
        rows.map(move |((week, site, label), row)| {
            let (logged, expected) = row.coverage.unzip();
            Part {
                metric: self.metric,
                week,
                site,
                labels: label.into_iter().collect(),
                numerator: decimal::nine(row.numerator),
                denominator: decimal::nine(row.denominator),
                sum_squares: row.squares.map(decimal::eighteen),
                logged: logged.map(decimal::nine),
                expected: expected.map(decimal::nine),
            }
        })
    }
}
