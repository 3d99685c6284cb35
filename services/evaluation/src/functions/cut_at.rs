//! `cut_at_weeks(starts_at, ends_at, timezone)`, `cut_at_hours(…)`: an interval as its pieces, one a site-local week, or one an
//! hour of the clock there.

use super::{
    signature::{civil, documented, timestamp},
    zones::Zones,
};
use arrow::{
    array::{
        Array, ArrayRef, AsArray, Date32Array, ListArray, StructArray, TimestampMicrosecondArray,
        TimestampMicrosecondBuilder,
    },
    buffer::{NullBuffer, OffsetBuffer},
    datatypes::{DataType, Field, Fields, TimestampMicrosecondType},
};
use datafusion::{
    common::Result,
    logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use indicators::calendar::monday_days;
use std::sync::{Arc, LazyLock};

/// Where an interval is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Weeks,
    Hours,
}

/// One of the two functions.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CutAt {
    at: At,
    signature: Signature,
}

impl CutAt {
    pub fn weeks() -> Self {
        Self::new(At::Weeks)
    }

    pub fn hours() -> Self {
        Self::new(At::Hours)
    }

    fn new(at: At) -> Self {
        let signature = Signature::exact(vec![timestamp(), timestamp(), DataType::Utf8], Volatility::Immutable);
        Self { at, signature }
    }
}

impl At {
    /// Which week or hour a piece is of, and from when to when it lasts.
    fn piece_fields(self) -> Fields {
        let of = match self {
            Self::Weeks => Field::new("week", DataType::Date32, false),
            Self::Hours => Field::new("local_hour", civil(), false),
        };
        let ends = ["starts_at", "ends_at"].map(|name| Field::new(name, timestamp(), false));
        Fields::from_iter([of].into_iter().chain(ends))
    }

    fn piece(self) -> Arc<Field> {
        Arc::new(Field::new_list_field(DataType::Struct(self.piece_fields()), true))
    }

    fn cut(self, arrays: &[ArrayRef]) -> Result<ListArray> {
        let starts = arrays[0].as_primitive::<TimestampMicrosecondType>();
        let ends = arrays[1].as_primitive::<TimestampMicrosecondType>();
        let mut zones = Zones::new(arrays[2].as_string::<i32>());
        let rows = starts.len();
        let (mut weeks, mut hours) = (Vec::new(), Vec::new());
        let mut from = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC");
        let mut to = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC");
        let mut lengths = Vec::with_capacity(rows);
        for row in 0..rows {
            let before = from.values_slice().len();
            let mut piece = |start, end| {
                from.append_value(start);
                to.append_value(end);
            };
            if starts.is_valid(row) && ends.is_valid(row) {
                let (calendar, start, end) = (zones.row(row), starts.value(row), ends.value(row));
                match self {
                    Self::Weeks => calendar.cut(start, end, |index, start, end| {
                        weeks.push(monday_days(index));
                        piece(start, end);
                    }),
                    Self::Hours => calendar.cut_at_hours(start, end, |shown, start, end| {
                        hours.push(shown);
                        piece(start, end);
                    }),
                }
            }
            lengths.push(from.values_slice().len() - before);
        }
        let of: ArrayRef = match self {
            Self::Weeks => Arc::new(Date32Array::from(weeks)),
            Self::Hours => Arc::new(TimestampMicrosecondArray::from(hours)),
        };
        let columns: Vec<ArrayRef> = vec![of, Arc::new(from.finish()), Arc::new(to.finish())];
        let pieces = StructArray::try_new(self.piece_fields(), columns, None)?;
        let offsets = OffsetBuffer::from_lengths(lengths);
        Ok(ListArray::try_new(self.piece(), offsets, Arc::new(pieces), None::<NullBuffer>)?)
    }
}

impl ScalarUDFImpl for CutAt {
    fn name(&self) -> &str {
        match self.at {
            At::Weeks => "cut_at_weeks",
            At::Hours => "cut_at_hours",
        }
    }
    fn documentation(&self) -> Option<&Documentation> {
        static WEEKS: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "cut_at_weeks(starts_at TIMESTAMP, ends_at TIMESTAMP, timezone VARCHAR) → list of (week, starts_at, \
                 ends_at)",
                "Pieces of an interval, one a week of that time zone; for UNNEST. `calendar_audits` is cut already.",
            )
        });
        static HOURS: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "cut_at_hours(starts_at TIMESTAMP, ends_at TIMESTAMP, timezone VARCHAR) → list of (local_hour, \
                 starts_at, ends_at)",
                "Pieces of an interval, one an hour of the clocks of that time zone, with the full hour that they \
                 showed (the same twice when clocks go back); for UNNEST. So an interval is told apart by time of day, \
                 by day, and by day of the week.",
            )
        });
        Some(match self.at {
            At::Weeks => &WEEKS,
            At::Hours => &HOURS,
        })
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(self.at.piece()))
    }
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array(Arc::new(self.at.cut(&arrays)?)))
    }
}
