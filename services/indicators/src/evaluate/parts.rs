//! A query's record batches → part rows.

use super::QueryFailure;
use crate::{Kind, Metric, PartRow, Uncertainty, calendar::date_of_days, week_set::index_of};
use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Date32Type, Decimal128Type, Int64Type},
    error::ArrowError,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

const ONE: i128 = 1_000_000_000;

/// Collects rows, and refuses what is not one row a week and label set.
pub(super) struct Reader<'a, W> {
    metric: &'a Metric,
    cap: usize,
    wanted: W,
    rows: Vec<PartRow>,
    series: BTreeSet<(String, BTreeMap<String, String>)>,
}

impl<'a, W: Fn(i64) -> bool> Reader<'a, W> {
    /// `wanted` says of the index of a week whether its rows are: those of other weeks were made of some rows only.
    pub(super) fn new(metric: &'a Metric, cap: usize, wanted: W) -> Self {
        Self { metric, cap, wanted, rows: Vec::new(), series: BTreeSet::new() }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryFailure> {
        let columns = Columns::of(self.metric, batch).map_err(|e| QueryFailure::Engine(e.to_string()))?;
        for row in 0..batch.num_rows() {
            let Some(row) = columns.row(self.metric, row, &self.wanted)? else { continue };
            let series = (row.site.clone(), row.labels.clone());
            if self.series.insert(series) && self.series.len() > self.cap {
                return Err(QueryFailure::Series(self.cap));
            }
            self.rows.push(row);
        }
        Ok(())
    }

    /// The rows in order, if no two of them are the same week and label set.
    pub(super) fn finish(mut self) -> Result<Vec<PartRow>, QueryFailure> {
        self.rows.sort();
        let same = |a: &PartRow, b: &PartRow| (a.week, &a.site, &a.labels) == (b.week, &b.site, &b.labels);
        match self.rows.windows(2).find(|pair| same(&pair[0], &pair[1])) {
            Some(pair) => Err(fault(
                Some(pair[0].week),
                &pair[0].site,
                "stands for the same labels as another one: group by week and the labels, and by nothing else",
            )),
            None => Ok(self.rows),
        }
    }
}

fn fault(week: Option<Date>, site: &str, fault: impl Into<String>) -> QueryFailure {
    let week = week.map_or_else(|| "NULL".to_owned(), |week| week.to_string());
    QueryFailure::Row { week, site: site.to_owned(), fault: fault.into() }
}

/// The columns of a batch by their part.
struct Columns {
    week: ArrayRef,
    labels: Vec<(String, ArrayRef)>,
    numerator: ArrayRef,
    denominator: Option<ArrayRef>,
    sum_squares: Option<ArrayRef>,
    logged: Option<ArrayRef>,
    expected: Option<ArrayRef>,
    respondents: Option<ArrayRef>,
}

/// A column as DECIMAL of that scale, an error where it does not fit.
pub(crate) fn exact(column: &ArrayRef, scale: i8) -> Result<ArrayRef, ArrowError> {
    cast(column, &DataType::Decimal128(38, scale))
}

fn cast(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(column, to, &CastOptions { safe: false, ..CastOptions::default() })
}

impl Columns {
    fn of(metric: &Metric, batch: &RecordBatch) -> Result<Self, ArrowError> {
        let find = |name: &str| batch.column_by_name(name);
        let need =
            |name: &str| find(name).ok_or_else(|| ArrowError::SchemaError(format!("the result has no column {name}")));
        let decimal = |name: &str, scale| find(name).map(|column| exact(column, scale)).transpose();
        let mut labels = Vec::new();
        for label in &metric.labels {
            labels.push((label.clone(), cast(need(label)?, &DataType::Utf8)?));
        }
        Ok(Self {
            week: cast(need("week")?, &DataType::Date32)?,
            labels,
            numerator: exact(need("numerator")?, 9)?,
            denominator: match metric.kind {
                Kind::Count => None,
                Kind::Ratio | Kind::Mean => Some(exact(need("denominator")?, 9)?),
            },
            sum_squares: decimal("sum_squares", 18)?,
            logged: decimal("logged", 9)?,
            expected: decimal("expected", 9)?,
            respondents: find("respondents").map(|column| cast(column, &DataType::Int64)).transpose()?,
        })
    }

    /// One row; `None` where its denominator is 0 or its week not wanted. A NULL numerator or denominator adds nothing: it
    /// is 0.
    fn row(&self, metric: &Metric, row: usize, wanted: &impl Fn(i64) -> bool) -> Result<Option<PartRow>, QueryFailure> {
        let mut labels: BTreeMap<String, String> = BTreeMap::new();
        for (name, column) in &self.labels {
            let values = column.as_string::<i32>();
            labels
                .insert(name.clone(), if values.is_valid(row) { values.value(row).to_owned() } else { String::new() });
        }
        let site = labels.remove("site").unwrap_or_default();
        let weeks = self.week.as_primitive::<Date32Type>();
        let week = weeks.is_valid(row).then(|| date_of_days(weeks.value(row))).flatten();
        let Some(monday) = week.filter(|week| week.weekday() == jiff::civil::Weekday::Monday) else {
            return Err(fault(
                week,
                &site,
                "week is not a Monday: use the `week` of a table, or week_in(at, timezone)",
            ));
        };
        if !wanted(index_of(monday)) {
            return Ok(None);
        }
        if site.is_empty() {
            return Err(fault(week, &site, "has no site: every row belongs to one"));
        }
        let denominator = self.denominator.as_ref().map_or(ONE, |column| decimal(column, row).unwrap_or(0));
        if denominator < 0 {
            return Err(fault(week, &site, "has a denominator below 0"));
        }
        let numerator = decimal(&self.numerator, row).unwrap_or(0);
        match metric.kind {
            Kind::Ratio | Kind::Mean if !(0..=denominator).contains(&numerator) => {
                let message = "has a numerator that is no share of its denominator: ratios and means lie from 0 to 1";
                return Err(fault(week, &site, message));
            }
            Kind::Count if metric.uncertainty == Uncertainty::Poisson && numerator < 0 => {
                return Err(fault(week, &site, "has a count below 0: `poisson` is for numbers of events"));
            }
            _ => {}
        }
        Ok((denominator > 0).then(|| PartRow {
            metric: metric.name.clone(),
            week: monday,
            site,
            labels,
            numerator,
            denominator,
            sum_squares: self.sum_squares.as_ref().map(|column| decimal(column, row).unwrap_or(0)),
            logged: self.logged.as_ref().and_then(|column| decimal(column, row)),
            expected: self.expected.as_ref().and_then(|column| decimal(column, row)),
            respondents: self.respondents.as_ref().map(|column| integer(column, row)),
        }))
    }
}

fn decimal(column: &ArrayRef, row: usize) -> Option<i128> {
    column.is_valid(row).then(|| column.as_primitive::<Decimal128Type>().value(row))
}

fn integer(column: &ArrayRef, row: usize) -> i64 {
    if column.is_valid(row) { column.as_primitive::<Int64Type>().value(row) } else { 0 }
}
