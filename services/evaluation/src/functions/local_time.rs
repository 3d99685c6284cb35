//! `local_time(at, timezone)` and `week_in(at, timezone)`: what the clocks of a time zone show at an instant, and in which of its weeks
//! that lies.

use super::{
    signature::{civil, documented, timestamp},
    zones::Zones,
};
use arrow::{
    array::{Array, AsArray, Date32Array, TimestampMicrosecondArray},
    datatypes::{DataType, TimestampMicrosecondType},
};
use datafusion::{
    common::Result,
    logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use indicators::calendar::monday_days;
use std::sync::{Arc, LazyLock};

/// Date and time that clocks show.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LocalTime {
    signature: Signature,
}

impl Default for LocalTime {
    fn default() -> Self {
        Self { signature: Signature::exact(vec![timestamp(), DataType::Utf8], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for LocalTime {
    fn name(&self) -> &str {
        "local_time"
    }
    fn documentation(&self) -> Option<&Documentation> {
        static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "local_time(at TIMESTAMP, timezone VARCHAR) → TIMESTAMP",
                "Date and time that clocks of that time zone show at the instant; UTC's where the zone is unknown. For \
                 parts of the calendar: an hour is shown twice when clocks go back, so lengths are those of instants. \
                 The instants of events have theirs as columns, `starts_at_local` and so on.",
            )
        });
        Some(&DOCUMENTATION)
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(civil())
    }
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let at = arrays[0].as_primitive::<TimestampMicrosecondType>();
        let mut zones = Zones::new(arrays[1].as_string::<i32>());
        let shown = (0..at.len()).map(|row| at.is_valid(row).then(|| zones.row(row).civil(at.value(row))));
        Ok(ColumnarValue::Array(Arc::new(shown.collect::<TimestampMicrosecondArray>())))
    }
}

/// The Monday of the site-local week.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct WeekIn {
    signature: Signature,
}

impl Default for WeekIn {
    fn default() -> Self {
        Self { signature: Signature::exact(vec![timestamp(), DataType::Utf8], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for WeekIn {
    fn name(&self) -> &str {
        "week_in"
    }
    fn documentation(&self) -> Option<&Documentation> {
        static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "week_in(at TIMESTAMP, timezone VARCHAR) → DATE",
                "Monday of the week that holds the instant in that time zone; UTC where the zone is unknown. For \
                 instants other than the event time, whose week every table has as `week`.",
            )
        });
        Some(&DOCUMENTATION)
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let at = arrays[0].as_primitive::<TimestampMicrosecondType>();
        let mut zones = Zones::new(arrays[1].as_string::<i32>());
        let weeks = (0..at.len()).map(|row| at.is_valid(row).then(|| monday_days(zones.row(row).index(at.value(row)))));
        Ok(ColumnarValue::Array(Arc::new(weeks.collect::<Date32Array>())))
    }
}
