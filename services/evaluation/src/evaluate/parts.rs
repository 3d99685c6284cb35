//! A query's record batches → part rows.

use super::outcome::{QueryFailure, Series};
use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Date32Type, Decimal128Type, Int64Type},
    error::ArrowError,
};
use indicators::{BadRow, Kind, Metric, PartRow, Why, calendar::date_of_days, week_set::index_of};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

const ONE: i128 = 1_000_000_000;

/// What a query returned.
#[derive(Debug, Default)]
pub(super) struct Returned {
    pub rows: Vec<PartRow>,
    /// Rows outside the range of their kind.
    pub bad: Vec<BadRow>,
}

/// Collects rows, and refuses what is not one row a week and label set.
pub(super) struct Reader<'a, W> {
    metric: &'a Metric,
    cap: usize,
    wanted: W,
    returned: Returned,
    series: BTreeSet<Series>,
}

impl<'a, W: Fn(i64) -> bool> Reader<'a, W> {
    /// `wanted` says of the index of a week whether its rows are: those of other weeks were made of some rows only.
    pub(super) fn new(metric: &'a Metric, cap: usize, wanted: W) -> Self {
        Self { metric, cap, wanted, returned: Returned::default(), series: BTreeSet::new() }
    }

    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryFailure> {
        let columns = Columns::of(self.metric, batch).map_err(|e| QueryFailure::Engine(e.to_string()))?;
        for row in 0..batch.num_rows() {
            let Some(row) = columns.row(self.metric, row, &self.wanted)? else { continue };
            let row = match row {
                Ok(row) => row,
                Err(bad) => {
                    self.returned.bad.push(bad);
                    continue;
                }
            };
            if self.series.insert((row.site.clone(), row.labels.clone())) && self.series.len() > self.cap {
                return Err(QueryFailure::Series(self.cap));
            }
            self.returned.rows.push(row);
        }
        Ok(())
    }

    /// The rows in order, if no two of them are the same week and label set.
    pub(super) fn finish(mut self) -> Result<Returned, QueryFailure> {
        self.returned.rows.sort();
        let good = self.returned.rows.iter().map(|row| (row.week, &row.site, &row.labels));
        let mut keys: Vec<_> =
            good.chain(self.returned.bad.iter().map(|row| (row.week, &row.site, &row.labels))).collect();
        keys.sort();
        match keys.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(fault(
                Some(pair[0].0),
                pair[0].1,
                "has the same labels as another row of the week: group by week and the labels, and by nothing else",
            )),
            None => Ok(self.returned),
        }
    }
}

fn fault(week: Option<Date>, site: &str, fault: impl Into<String>) -> QueryFailure {
    let week = week.map_or_else(|| "NULL".to_owned(), |week| week.to_string());
    QueryFailure::Row { week, site: site.to_owned(), fault: fault.into() }
}

/// The columns of a batch by their part.
struct Columns {
    kind: Kind,
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

/// A part, with no more digits than are stored. The engine's own message would repeat the number.
fn part(name: &str, column: &ArrayRef, scale: i8) -> Result<ArrayRef, ArrowError> {
    let fits = |column: &ArrayRef| column.as_primitive::<Decimal128Type>().validate_decimal_precision(38);
    let part = exact(column, scale).and_then(|column| fits(&column).map(|()| column));
    part.map_err(|_| ArrowError::ComputeError(format!("`{name}` leaves DECIMAL(38,{scale})")))
}

impl Columns {
    fn of(metric: &Metric, batch: &RecordBatch) -> Result<Self, ArrowError> {
        let find = |name: &str| batch.column_by_name(name);
        let need =
            |name: &str| find(name).ok_or_else(|| ArrowError::SchemaError(format!("the result has no column {name}")));
        let decimal = |name: &str, scale| find(name).map(|column| part(name, column, scale)).transpose();
        let mut labels = Vec::new();
        for label in &metric.labels {
            labels.push((label.clone(), cast(need(label)?, &DataType::Utf8)?));
        }
        Ok(Self {
            kind: metric.kind,
            week: cast(need("week")?, &DataType::Date32)?,
            labels,
            numerator: part("numerator", need("numerator")?, 9)?,
            denominator: match metric.kind {
                Kind::Count => None,
                Kind::Ratio | Kind::Mean | Kind::Rate => Some(part("denominator", need("denominator")?, 9)?),
            },
            sum_squares: decimal("sum_squares", 18)?,
            logged: decimal("logged", 9)?,
            expected: decimal("expected", 9)?,
            respondents: find("respondents").map(|column| cast(column, &DataType::Int64)).transpose()?,
        })
    }

    /// One row; `None` where it is empty (0 of 0, or NULL in their place) or its week is not wanted.
    fn row(
        &self,
        metric: &Metric,
        row: usize,
        wanted: &impl Fn(i64) -> bool,
    ) -> Result<Option<Result<PartRow, BadRow>>, QueryFailure> {
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
        let parts = self.parts(row);
        if parts.are_empty() {
            return Ok(None);
        }
        let (metric, respondents) = (metric.name.clone(), parts.respondents.flatten());
        Ok(Some(match parts.fault(self.kind) {
            Some(why) => Err(BadRow { metric, week: monday, site, labels, why, respondents }),
            None => Ok(PartRow {
                metric,
                week: monday,
                site,
                labels,
                numerator: parts.numerator.unwrap_or(0),
                denominator: parts.denominator.unwrap_or(0),
                sum_squares: parts.sum_squares.flatten(),
                logged: parts.logged,
                expected: parts.expected,
                respondents,
            }),
        }))
    }

    fn parts(&self, row: usize) -> Parts {
        let optional = |column: &Option<ArrayRef>| column.as_ref().and_then(|column| decimal(column, row));
        Parts {
            numerator: decimal(&self.numerator, row),
            denominator: self.denominator.as_ref().map_or(Some(ONE), |column| decimal(column, row)),
            sum_squares: self.sum_squares.as_ref().map(|column| decimal(column, row)),
            logged: optional(&self.logged),
            expected: optional(&self.expected),
            respondents: self.respondents.as_ref().map(|column| integer(column, row)),
        }
    }
}

/// The parts of one row. `sum_squares` and `respondents` are only there where the query returns them; of `logged` and
/// `expected` NULL says that it is not known.
struct Parts {
    numerator: Option<i128>,
    denominator: Option<i128>,
    sum_squares: Option<Option<i128>>,
    logged: Option<i128>,
    expected: Option<i128>,
    respondents: Option<Option<i64>>,
}

impl Parts {
    /// Nothing of nothing is no bad row: it is none. (A SUM of no rows is NULL.)
    fn are_empty(&self) -> bool {
        self.numerator.unwrap_or(0) == 0 && self.denominator.unwrap_or(0) == 0
    }

    /// Why no value can be made of them (DERIVED, "Arithmetic").
    fn fault(&self, kind: Kind) -> Option<Why> {
        let respondents = self.respondents.map(|people| people.map(i128::from));
        let needed = [
            ("numerator", Some(self.numerator)),
            ("denominator", Some(self.denominator)),
            ("sum_squares", self.sum_squares),
            ("respondents", respondents),
        ];
        let null = needed.iter().find(|(_, part)| *part == Some(None)).map(|(name, _)| Why::Null(name));
        let known = [("logged", self.logged), ("expected", self.expected)];
        let mut given = needed
            .iter()
            .filter_map(|(name, part)| Some((*name, part.flatten()?)))
            .chain(known.into_iter().filter_map(|(name, part)| Some((name, part?))));
        let negative = given.find(|(_, part)| *part < 0).map(|(name, _)| Why::Negative(name));
        null.or(negative).or_else(|| self.range_fault(kind))
    }

    fn range_fault(&self, kind: Kind) -> Option<Why> {
        let (numerator, denominator) = (self.numerator?, self.denominator?);
        match kind {
            _ if denominator == 0 => Some(Why::NoDenominator),
            Kind::Ratio | Kind::Mean if numerator > denominator => Some(Why::AboveDenominator),
            Kind::Ratio | Kind::Mean | Kind::Count | Kind::Rate => None,
        }
    }
}

fn decimal(column: &ArrayRef, row: usize) -> Option<i128> {
    column.is_valid(row).then(|| column.as_primitive::<Decimal128Type>().value(row))
}

fn integer(column: &ArrayRef, row: usize) -> Option<i64> {
    column.is_valid(row).then(|| column.as_primitive::<Int64Type>().value(row))
}
