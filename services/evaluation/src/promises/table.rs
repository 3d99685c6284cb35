//! Promises ↔ the columns of the table `promises`.

use crate::{functions::timestamp, store::StoreError};
use arrow::{
    array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    compute::cast,
    datatypes::{DataType, Date32Type, Field, Int64Type, Schema, SchemaRef, TimestampMicrosecondType},
};
use indicators::{
    calendar::{date_of_days, days_of_date},
    promises::{Promise, Subject, Survey},
};
use jiff::Timestamp;
use lake::TableSpec;
use std::{collections::BTreeMap, sync::Arc};

/// Name of the table.
pub(super) const TABLE: &str = "promises";
/// Kinds of subjects.
const ANSWERS: &str = "answers";
const METRIC: &str = "metric";

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("name", DataType::Utf8, false),
        Field::new("instrument", DataType::Utf8, true),
        Field::new("from_week", DataType::Date32, false),
        Field::new("minimum", DataType::Int64, false),
        Field::new("promised_by", DataType::Utf8, false),
        Field::new("promised_at", timestamp(), false),
    ]))
}

/// The table as the lake is to lay it out.
pub(super) fn spec() -> TableSpec {
    TableSpec { name: TABLE.to_owned(), schema: schema(), partition_by: Vec::new(), properties: BTreeMap::new() }
}

/// Promises as one batch.
pub(super) fn batch(promises: &[Promise]) -> Result<RecordBatch, StoreError> {
    let text =
        |of: fn(&Promise) -> Option<&str>| -> ArrayRef { Arc::new(promises.iter().map(of).collect::<StringArray>()) };
    let times = promises.iter().map(|promise| promise.at.as_microsecond());
    let columns: Vec<ArrayRef> = vec![
        text(|promise| match &promise.subject {
            Subject::Answers(_) => Some(ANSWERS),
            Subject::Metric(_) => Some(METRIC),
        }),
        text(|promise| match &promise.subject {
            Subject::Answers(survey) => Some(&survey.stream),
            Subject::Metric(metric) => Some(metric),
        }),
        text(|promise| match &promise.subject {
            Subject::Answers(survey) => survey.instrument.as_deref(),
            Subject::Metric(_) => None,
        }),
        Arc::new(Date32Array::from_iter_values(promises.iter().map(|promise| days_of_date(promise.from)))),
        Arc::new(Int64Array::from_iter_values(promises.iter().map(|promise| i64::from(promise.minimum)))),
        text(|promise| Some(&promise.by)),
        Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC")),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// The promises of a batch that was read from the table. What cannot be read is an error: a promise is never passed over.
pub(super) fn promises(batch: &RecordBatch) -> Result<Vec<Promise>, StoreError> {
    let foreign = |what: &str| StoreError::ForeignPromises(what.to_owned());
    let schema = schema();
    let columns = schema.fields().iter().map(|field| {
        let column =
            batch.column_by_name(field.name()).ok_or_else(|| foreign(&format!("no column `{}`", field.name())))?;
        Ok(cast(column, field.data_type())?)
    });
    let columns = columns.collect::<Result<Vec<ArrayRef>, StoreError>>()?;
    let [kind, name, instrument, from, minimum, by, at] = columns.as_slice() else { return Err(foreign("columns")) };
    let text =
        |column: &ArrayRef, row: usize| column.is_valid(row).then(|| column.as_string::<i32>().value(row).to_owned());
    let promise = |row: usize| {
        let name = text(name, row)?;
        let subject = match text(kind, row)?.as_str() {
            ANSWERS => Subject::Answers(Survey { stream: name, instrument: text(instrument, row) }),
            METRIC => Subject::Metric(name),
            _ => return None,
        };
        Some(Promise {
            subject,
            from: date_of_days(from.as_primitive::<Date32Type>().value(row))?,
            minimum: u32::try_from(minimum.as_primitive::<Int64Type>().value(row)).ok()?,
            by: text(by, row)?,
            at: Timestamp::from_microsecond(at.as_primitive::<TimestampMicrosecondType>().value(row)).ok()?,
        })
    };
    (0..batch.num_rows()).map(|row| promise(row).ok_or_else(|| foreign("a promise that cannot be read"))).collect()
}
