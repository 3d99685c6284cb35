//! `week_in(at, timezone)`: the Monday of the site-local week that holds an instant.

use super::{timestamp, zones::Zones};
use crate::calendar::monday_days;
use arrow::{
    array::{Array, AsArray, Date32Array},
    datatypes::{DataType, TimestampMicrosecondType},
};
use datafusion::{
    common::Result,
    logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use std::sync::Arc;

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
