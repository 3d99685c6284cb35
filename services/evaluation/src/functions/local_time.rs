//! `local_time(at, timezone)`: what the clocks of a time zone show at an instant.

use super::{civil, documented::documented, timestamp, zones::Zones};
use arrow::{
    array::{Array, AsArray, TimestampMicrosecondArray},
    datatypes::{DataType, TimestampMicrosecondType},
};
use datafusion::{
    common::Result,
    logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use std::sync::{Arc, LazyLock};

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
        static TOLD: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "local_time(at TIMESTAMP, timezone VARCHAR) → TIMESTAMP",
                "Date and time that clocks of that time zone show at the instant; UTC's where the zone is unknown. For \
                 parts of the calendar: an hour is shown twice when clocks go back, so lengths are those of instants. \
                 The instants of events have theirs as columns, `starts_at_local` and so on.",
            )
        });
        Some(&TOLD)
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
