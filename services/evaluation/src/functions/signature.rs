//! What our own functions say of themselves in the engine's own way, of which the reference is made, and types that they share.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::logical_expr::{DocSection, Documentation};

/// Section of the functions that only this program has.
pub const OURS: DocSection = DocSection { include: true, label: "Bellwether", description: None };

/// A function's call with the types of its arguments and of its result, and what it returns.
pub(super) fn documented(call: &str, meaning: &str) -> Documentation {
    Documentation::builder(OURS, meaning, call).build()
}

/// Timestamps as every table has them.
pub fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// What clocks show somewhere: date and time of no time zone.
pub fn civil() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}
