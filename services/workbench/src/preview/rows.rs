//! What a metric returns: its parts and the value of each week, site and label set.

use super::{
    condition,
    error::{PreviewError, failed},
};
use arrow::{
    array::{ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray},
    error::ArrowError,
};
use datafusion::error::DataFusionError;
use evaluation::{Computed, Limits, Rows, Tables, Views, Work, compute, reference_sites};
use indicators::{
    BadRow, Kind, Metric, PartRow, Privacy, Site, Uncertainty, Why, Window,
    calendar::days_of_date,
    clock,
    derive::{is_suppressed, row_window},
    promises::Promises,
    week_set::{WeekSet, index_of},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::{collections::BTreeMap, sync::Arc};

/// What to show of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The only clock.
    pub as_of: Timestamp,
    /// Monday of the first week; `None`: from the beginning.
    pub from: Option<Date>,
    /// Monday of the last week; `None`: to the end.
    pub to: Option<Date>,
    /// SQL over the columns of the result.
    pub condition: Option<String>,
}

/// A row with what is known of it.
struct Shown {
    row: PartRow,
    /// `None` where it is suppressed or bad.
    window: Option<Window>,
    suppressed: bool,
    complete: bool,
    /// What is wrong with it; nothing of its parts is shown.
    bad: Option<Why>,
}

/// Evaluates one metric in memory, reading what the wanted weeks need: week, labels, parts, value, bounds where it has uncertainty, `complete`, and
/// `suppressed` where it has privacy, of rows of fewer people than its minimum and what was promised; `bad` where a row is
/// outside its kind's range, which says why it has no value.
///
/// # Errors
/// The query's failure, a condition that is wrong (with its place), tables that cannot be read.
pub async fn preview(
    tables: &Tables,
    promises: &Promises,
    metric: &Arc<Metric>,
    wanted: &Wanted,
    limits: &Limits,
) -> Result<Rows, PreviewError> {
    let views = Views::open(tables, wanted.as_of, limits).await.map_err(failed)?;
    let work = Work { metrics: vec![(Arc::clone(metric), wanted.weeks(metric))], ..Work::default() };
    let computed = compute(&views, &work, limits).await.map_err(failed)?;
    if let Some(failure) = computed.runs.iter().find_map(|run| run.outcome.as_ref().err()) {
        return Err(PreviewError::Query { metric: metric.name.clone(), failure: failure.clone() });
    }
    let sites = reference_sites(&views).await.map_err(failed)?;
    let rows = shown(metric, promises, &computed, &sites, wanted);
    let batch = batch(metric, &rows).map_err(|error| failed(DataFusionError::from(error)))?;
    match &wanted.condition {
        Some(text) => condition::keep(batch, text, wanted.as_of, limits).await,
        None => Ok(condition::all(batch)),
    }
}

impl Wanted {
    /// The weeks to compute, so that no more is read than they need. The tables end at the clock, and a row's week can lie
    /// no farther beyond it than the horizon.
    pub(super) fn weeks(&self, metric: &Metric) -> WeekSet {
        let Some(from) = self.from else { return WeekSet::All };
        let running = index_of(clock::week_of(self.as_of.to_zoned_datetime(TimeZone::UTC).date()));
        let last = running + 1 + i64::from(metric.horizon_ahead);
        let to = self.to.map_or(last, |to| index_of(to).min(last));
        WeekSet::Some((index_of(from)..=to).collect())
    }
}

fn shown(metric: &Metric, promises: &Promises, computed: &Computed, sites: &[Site], wanted: &Wanted) -> Vec<Shown> {
    let last = |zone: &TimeZone| clock::last_complete_week(wanted.as_of, zone);
    let complete: BTreeMap<&str, Date> =
        sites.iter().map(|site| (site.id.as_str(), last(&clock::zone(&site.timezone)))).collect();
    let elsewhere = last(&TimeZone::UTC);
    let within = |week: Date| wanted.from.is_none_or(|from| week >= from) && wanted.to.is_none_or(|to| week <= to);
    let good = computed.parts.iter().map(|row| (row.clone(), None));
    let bad = computed
        .bad
        .iter()
        .map(|bad| (without_parts(bad), promises.show_bad(bad.clone()).told(metric).map(|bad| bad.why)));
    let mut rows: Vec<(PartRow, Option<Why>)> = good.chain(bad).filter(|(row, _)| within(row.week)).collect();
    rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    let shown = |(row, bad): (PartRow, Option<Why>)| {
        let promised = promises.of(&metric.name, row.week);
        let minimum = metric.privacy.map(|privacy| Privacy { minimum: privacy.minimum.max(promised) });
        let suppressed = minimum.is_some_and(|minimum| is_suppressed(minimum, &row));
        Shown {
            window: if suppressed { None } else { row_window(metric, &row) },
            suppressed,
            complete: row.week <= *complete.get(row.site.as_str()).unwrap_or(&elsewhere),
            row,
            bad,
        }
    };
    rows.into_iter().map(shown).collect()
}

/// Only what names it.
fn without_parts(bad: &BadRow) -> PartRow {
    PartRow {
        metric: bad.metric.clone(),
        week: bad.week,
        site: bad.site.clone(),
        labels: bad.labels.clone(),
        numerator: 0,
        denominator: 0,
        sum_squares: None,
        logged: None,
        expected: None,
        respondents: bad.respondents,
    }
}

/// The columns. A label may have the name of one of ours, which then ends in an underscore.
fn batch(metric: &Metric, rows: &[Shown]) -> Result<RecordBatch, ArrowError> {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    let weeks = rows.iter().map(|shown| days_of_date(shown.row.week));
    columns.push(("week".to_owned(), Arc::new(Date32Array::from_iter_values(weeks))));
    for label in &metric.labels {
        let of = |row: &PartRow| if label == "site" { Some(row.site.clone()) } else { row.labels.get(label).cloned() };
        let values = rows.iter().map(|shown| of(&shown.row)).collect::<StringArray>();
        columns.push((label.clone(), Arc::new(values)));
    }
    for (name, column) in parts(metric, rows)?.into_iter().chain(values(metric, rows)) {
        let taken = metric.labels.iter().any(|label| label == name);
        columns.push((if taken { format!("{name}_") } else { name.to_owned() }, column));
    }
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
}

type Column = (&'static str, ArrayRef);

/// The parts that the metric has; of suppressed rows nothing but their number of respondents.
fn parts(metric: &Metric, rows: &[Shown]) -> Result<Vec<Column>, ArrowError> {
    let decimal = |of: fn(&PartRow) -> Option<i128>, scale: i8| -> Result<ArrayRef, ArrowError> {
        let hidden = |shown: &Shown| shown.suppressed || shown.bad.is_some();
        let values = rows.iter().map(|shown| if hidden(shown) { None } else { of(&shown.row) });
        Ok(Arc::new(values.collect::<Decimal128Array>().with_precision_and_scale(38, scale)?))
    };
    let mut columns: Vec<Column> = vec![("numerator", decimal(|row| Some(row.numerator), 9)?)];
    if metric.kind != Kind::Count {
        columns.push(("denominator", decimal(|row| Some(row.denominator), 9)?));
    }
    if metric.kind == Kind::Mean || metric.uncertainty == Uncertainty::Normal {
        columns.push(("sum_squares", decimal(|row| row.sum_squares, 18)?));
    }
    if metric.coverage.is_some() || rows.iter().any(|shown| shown.row.logged.or(shown.row.expected).is_some()) {
        columns.push(("logged", decimal(|row| row.logged, 9)?));
        columns.push(("expected", decimal(|row| row.expected, 9)?));
    }
    if metric.privacy.is_some() {
        let people = rows.iter().map(|shown| shown.row.respondents).collect::<Int64Array>();
        columns.push(("respondents", Arc::new(people)));
    }
    Ok(columns)
}

fn values(metric: &Metric, rows: &[Shown]) -> Vec<Column> {
    let of = |of: fn(Window) -> Option<f64>| -> ArrayRef {
        Arc::new(rows.iter().map(|shown| shown.window.and_then(of)).collect::<Float64Array>())
    };
    let flags = |of: fn(&Shown) -> bool| -> ArrayRef {
        Arc::new(rows.iter().map(|shown| Some(of(shown))).collect::<BooleanArray>())
    };
    let mut columns: Vec<Column> = vec![("value", of(|window| Some(window.value)))];
    if metric.uncertainty != Uncertainty::None {
        columns.push(("lower", of(|window| window.lower)));
        columns.push(("upper", of(|window| window.upper)));
    }
    columns.push(("complete", flags(|shown| shown.complete)));
    if metric.privacy.is_some() {
        columns.push(("suppressed", flags(|shown| shown.suppressed)));
    }
    if rows.iter().any(|shown| shown.bad.is_some()) {
        let why = rows.iter().map(|shown| shown.bad.map(|why| why.to_string())).collect::<StringArray>();
        columns.push(("bad", Arc::new(why)));
    }
    columns
}
