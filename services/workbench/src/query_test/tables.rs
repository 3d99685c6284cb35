//! The parts of a metric as a table, and rows of a table as texts.

use arrow::{
    array::{Array, ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray},
    datatypes::DataType,
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use indicators::{Kind, Metric, PartRow, Uncertainty, calendar::days_of_date};
use std::sync::Arc;

/// `metric_NAME`: week, labels, and the parts that such a metric has.
pub(super) fn parts(metric: &Metric, rows: &[PartRow]) -> Result<RecordBatch, ArrowError> {
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    columns.push(("week", Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| days_of_date(row.week))))));
    for label in &metric.labels {
        let of = |row: &PartRow| if label == "site" { Some(row.site.clone()) } else { row.labels.get(label).cloned() };
        columns.push((label, Arc::new(rows.iter().map(of).collect::<StringArray>())));
    }
    let decimal = |of: &dyn Fn(&PartRow) -> Option<i128>, scale: i8| -> Result<ArrayRef, ArrowError> {
        let values: Decimal128Array = rows.iter().map(of).collect();
        Ok(Arc::new(values.with_precision_and_scale(38, scale)?))
    };
    columns.push(("numerator", decimal(&|row| Some(row.numerator), 9)?));
    if metric.kind != Kind::Count {
        columns.push(("denominator", decimal(&|row| Some(row.denominator), 9)?));
    }
    if metric.kind == Kind::Mean || metric.uncertainty == Uncertainty::Normal {
        columns.push(("sum_squares", decimal(&|row| row.sum_squares, 18)?));
    }
    columns.push(("logged", decimal(&|row| row.logged, 9)?));
    columns.push(("expected", decimal(&|row| row.expected, 9)?));
    if metric.privacy.is_some() {
        columns.push(("respondents", Arc::new(rows.iter().map(|row| row.respondents).collect::<Int64Array>())));
    }
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
}

/// Rows as texts: NULL as that, empty text as `(empty)`, decimals without idle zeros, white space as single spaces.
pub(super) fn texts(batches: &[RecordBatch]) -> Result<Vec<Vec<String>>, ArrowError> {
    let options = FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        let formatters = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let formatters = formatters.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let mut cells = Vec::new();
            for (formatter, column) in formatters.iter().zip(batch.columns()) {
                cells.push(cell(formatter.value(row).try_to_string()?, column.data_type()));
            }
            rows.push(cells);
        }
    }
    Ok(rows)
}

fn cell(text: String, of: &DataType) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    if of.is_decimal() && text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
