//! Rows that a test inserts → raw rows of a stream, held to its contract as ingestion would.

use super::command::moment;
use arrow::{
    array::{Array, ArrayRef, AsArray, Date32Array, Int32Array, Int64Array, RecordBatch, TimestampMicrosecondArray},
    datatypes::{DataType, TimestampMicrosecondType},
    util::display::{ArrayFormatter, FormatOptions},
};
use contracts::{Contract, Decoder};
use evaluation::messages::did_you_mean;
use lake::TableSpec;
use serde_json::{Map, Value};
use std::sync::Arc;

const DAY: i64 = 86_400_000_000;
/// When reference data were written down, where a test does not say.
const LONG_AGO: &str = "2000-01-01T00:00:00Z";

/// Rows of `columns` as the stream's table holds them; `_offset` counts on from `offset`. What need not be said: optional
/// columns (null), `revision` (0), `recorded_at` (the event time).
///
/// # Errors
/// Columns that the stream has not, and rows that its contract refuses.
pub(super) fn raw_rows(
    contract: &Arc<Contract>,
    columns: &[String],
    batches: &[RecordBatch],
    offset: i64,
) -> Result<RecordBatch, String> {
    let known: Vec<&str> = contract.schema().fields().iter().map(|field| field.name().as_str()).collect();
    if let Some(column) = columns.iter().find(|column| !known.contains(&column.as_str())) {
        let help =
            did_you_mean(column, known.iter().copied()).unwrap_or_else(|| format!("it has {}", known.join(", ")));
        return Err(format!("`{}` has no column `{column}`: {help}", contract.name()));
    }
    let mut decoder = Decoder::new(Arc::clone(contract), i64::MIN..i64::MAX);
    for batch in batches {
        for row in 0..batch.num_rows() {
            push(&mut decoder, contract, event(contract, columns, batch, row)?);
        }
    }
    let decoded = decoder.finish();
    if !decoded.rejected.is_empty() {
        let reasons = decoded.rejected.iter().map(|(row, rejection)| format!("row {}: {rejection}", row + 1));
        return Err(format!("ingestion would refuse this: {}", reasons.collect::<Vec<_>>().join("; ")));
    }
    with_own_columns(contract, &decoded.rows, offset).map_err(|error| error.to_string())
}

/// A row of a reference stream's key alone is a deletion.
fn push(decoder: &mut Decoder, contract: &Contract, mut event: Map<String, Value>) {
    if contract.is_reference()
        && event.len() == 1
        && let Some(Value::String(key)) = event.get(contract.key())
    {
        return decoder.push_deletion(key);
    }
    event.entry("revision").or_insert_with(|| 0.into());
    let time = contract.event_time().and_then(|column| event.get(column)).cloned();
    event.entry("recorded_at").or_insert_with(|| time.unwrap_or_else(|| LONG_AGO.into()));
    decoder.push(Value::Object(event).to_string().as_bytes());
}

fn event(
    contract: &Contract,
    columns: &[String],
    batch: &RecordBatch,
    row: usize,
) -> Result<Map<String, Value>, String> {
    if columns.len() != batch.num_columns() {
        return Err(format!("{} columns are named, but rows have {} values", columns.len(), batch.num_columns()));
    }
    let mut event = Map::new();
    for (name, values) in columns.iter().zip(batch.columns()) {
        let field = contract.schema().field_with_name(name).map_err(|error| error.to_string())?;
        // A column of nothing but NULL has no type, and by its bits every row of it is valid.
        if !values.data_type().is_null() && values.is_valid(row) {
            let text = ArrayFormatter::try_new(values, &FormatOptions::default())
                .and_then(|formatter| formatter.value(row).try_to_string())
                .map_err(|error| error.to_string())?;
            event.insert(name.clone(), value(field.data_type(), text));
        }
    }
    Ok(event)
}

/// A readable literal as the contract's JSON. What cannot be read stays text, for the contract to refuse.
fn value(wanted: &DataType, text: String) -> Value {
    match wanted {
        DataType::Utf8 | DataType::Date32 => Value::String(text),
        DataType::Timestamp(..) => Value::String(moment(&text).map_or(text, |moment| moment.to_string())),
        _ => serde_json::from_str(&text).unwrap_or(Value::String(text)),
    }
}

/// What ingestion adds: the partition by event date, and where in Kafka a record lay.
fn with_own_columns(
    contract: &Contract,
    rows: &RecordBatch,
    offset: i64,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let count = rows.num_rows();
    let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
    if let Some(times) = contract.event_time().and_then(|column| rows.column_by_name(column)) {
        let times = times.as_primitive::<TimestampMicrosecondType>();
        let date = |micros: i64| i32::try_from(micros.div_euclid(DAY)).unwrap_or(i32::MAX);
        columns.push(Arc::new(times.iter().map(|micros| micros.map(date)).collect::<Date32Array>()));
    }
    columns.push(Arc::new(Int32Array::from(vec![0; count])));
    columns.push(Arc::new((offset..).take(count).collect::<Int64Array>()));
    columns.push(Arc::new(TimestampMicrosecondArray::from(vec![0; count]).with_timezone("UTC")));
    RecordBatch::try_new(TableSpec::stream(contract, "").schema, columns)
}
