//! Arrow batches, the answer of `sql` and `query run`, in the formats of every list.
//!
//! Tables are for reading: decimals lose idle zeros, and floats are rounded to six digits. CSV and JSON keep all.

use super::{Format, Out, csv, table};
use arrow::{
    array::{ArrayRef, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema, SchemaRef},
    error::ArrowError,
    json::{WriterBuilder, writer::JsonArray},
    util::display::{ArrayFormatter, FormatOptions},
};
use indicators::board::words::decimals;
use std::{
    io::{self, Write},
    sync::Arc,
};

/// Writes batches of one schema. JSON keeps numbers as numbers, but decimals as strings: they are exact.
pub fn write_batches(out: &mut Out, format: Format, schema: &SchemaRef, batches: &[RecordBatch]) -> io::Result<()> {
    if format == Format::Json {
        let exact: Vec<RecordBatch> = batches.iter().map(exact_text).collect::<Result<_, _>>().map_err(other)?;
        let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(Vec::new());
        writer.write_batches(&exact.iter().collect::<Vec<_>>()).and_then(|()| writer.finish()).map_err(other)?;
        let text = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
        return out.text(if text.is_empty() { "[]" } else { &text });
    }
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let mut rows = Vec::new();
    for batch in batches {
        let cells = |column| if format == Format::Csv { texts(column) } else { readable(column) };
        let columns: Vec<Vec<String>> = batch.columns().iter().map(cells).collect::<Result<_, _>>().map_err(other)?;
        rows.extend((0..batch.num_rows()).map(|i| columns.iter().map(|c| c[i].clone()).collect::<Vec<_>>()));
    }
    if format == Format::Csv {
        csv(&mut out.sink, &names, &rows)?;
        return out.sink.flush();
    }
    let count = rows.len();
    out.text(&table(&names, &rows, out.width))?;
    out.text(&format!("{count} {}", if count == 1 { "row" } else { "rows" }))
}

fn other(error: ArrowError) -> io::Error {
    io::Error::other(error)
}

fn texts(column: &ArrayRef) -> Result<Vec<String>, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column, &options)?;
    (0..column.len()).map(|i| formatter.value(i).try_to_string()).collect()
}

/// The same for people.
fn readable(column: &ArrayRef) -> Result<Vec<String>, ArrowError> {
    let texts = texts(column)?;
    Ok(match column.data_type() {
        of if of.is_decimal() => texts.into_iter().map(without_idle_zeros).collect(),
        DataType::Float64 => texts.into_iter().map(rounded).collect(),
        _ => texts,
    })
}

fn without_idle_zeros(text: String) -> String {
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Six digits that count: 0.241379, 1234.57, 0.0000123457. What is not a number stays as it is.
fn rounded(text: String) -> String {
    let Some(value) = text.parse::<f64>().ok().filter(|value| value.is_finite() && *value != 0.0) else { return text };
    without_idle_zeros(format!("{value:.0$}", decimals(value, 6).min(17)))
}

/// Decimals as text, which JSON cannot round.
fn exact_text(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if matches!(field.data_type(), DataType::Decimal128(..) | DataType::Decimal256(..)) {
            let text = texts(column)?;
            let array: StringArray =
                text.iter().enumerate().map(|(i, t)| column.is_valid(i).then_some(t.as_str())).collect();
            fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
            columns.push(Arc::new(array) as ArrayRef);
        } else {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_that_count_are_enough_to_read() {
        let told = ["0.24137931034482757", "1.0", "0.0", "12345678.9", "-0.000012345678", "NaN", "", "0.9999999"];
        let read = ["0.241379", "1", "0.0", "12345679", "-0.0000123457", "NaN", "", "1"];
        assert_eq!(told.map(|text| rounded(text.to_owned())), read);
        let decimals =
            ["14400.000000000", "9.062500000", "1200", "-0.500", ""].map(|text| without_idle_zeros(text.to_owned()));
        assert_eq!(decimals, ["14400", "9.0625", "1200", "-0.5", ""]);
    }
}
