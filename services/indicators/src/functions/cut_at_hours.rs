//! `cut_at_hours(starts_at, ends_at, timezone)`: an interval as its pieces, one an hour of the clock there.

use super::{civil, documented::documented, timestamp, zones::Zones};
use arrow::{
    array::{Array, ArrayRef, AsArray, ListArray, StructArray, TimestampMicrosecondBuilder},
    buffer::{NullBuffer, OffsetBuffer},
    datatypes::{DataType, Field, Fields, TimestampMicrosecondType},
};
use datafusion::{
    common::Result,
    logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use std::sync::{Arc, LazyLock};

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CutAtHours {
    signature: Signature,
}

impl Default for CutAtHours {
    fn default() -> Self {
        Self { signature: Signature::exact(vec![timestamp(), timestamp(), DataType::Utf8], Volatility::Immutable) }
    }
}

fn piece_fields() -> Fields {
    Fields::from(vec![
        Field::new("local_hour", civil(), false),
        Field::new("starts_at", timestamp(), false),
        Field::new("ends_at", timestamp(), false),
    ])
}

fn piece() -> Arc<Field> {
    Arc::new(Field::new_list_field(DataType::Struct(piece_fields()), true))
}

impl ScalarUDFImpl for CutAtHours {
    fn name(&self) -> &str {
        "cut_at_hours"
    }
    fn documentation(&self) -> Option<&Documentation> {
        static TOLD: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "cut_at_hours(starts_at TIMESTAMP, ends_at TIMESTAMP, timezone VARCHAR) → list of (local_hour, \
                 starts_at, ends_at)",
                "Pieces of an interval, one an hour of the clocks of that time zone, with the full hour that they \
                 showed (the same twice when clocks go back); for UNNEST. So an interval is told apart by time of day, \
                 by day, and by day of the week.",
            )
        });
        Some(&TOLD)
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(piece()))
    }
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array(Arc::new(cut(&arrays)?)))
    }
}

fn cut(arrays: &[ArrayRef]) -> Result<ListArray> {
    let starts = arrays[0].as_primitive::<TimestampMicrosecondType>();
    let ends = arrays[1].as_primitive::<TimestampMicrosecondType>();
    let mut zones = Zones::new(arrays[2].as_string::<i32>());
    let rows = starts.len();
    let mut hour = TimestampMicrosecondBuilder::with_capacity(rows);
    let mut from = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC");
    let mut to = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC");
    let mut lengths = Vec::with_capacity(rows);
    for row in 0..rows {
        let before = hour.values_slice().len();
        if starts.is_valid(row) && ends.is_valid(row) {
            zones.row(row).cut_at_hours(starts.value(row), ends.value(row), |shown, start, end| {
                hour.append_value(shown);
                from.append_value(start);
                to.append_value(end);
            });
        }
        lengths.push(hour.values_slice().len() - before);
    }
    let columns: Vec<ArrayRef> = vec![Arc::new(hour.finish()), Arc::new(from.finish()), Arc::new(to.finish())];
    let pieces = StructArray::try_new(piece_fields(), columns, None)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(ListArray::try_new(piece(), offsets, Arc::new(pieces), None::<NullBuffer>)?)
}
