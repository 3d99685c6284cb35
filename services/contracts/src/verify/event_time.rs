//! The range of event times that a pipeline accepts.

use super::{Faults, Trail};
use crate::Reason;
use arrow::{array::AsArray, datatypes::TimestampMicrosecondType, record_batch::RecordBatch};
use std::ops::Range;

pub(super) fn check(name: &str, accepted: &Range<i64>, batch: &RecordBatch, faults: &mut Faults) {
    let Some(times) = batch.column_by_name(name) else { return };
    for (row, time) in times.as_primitive::<TimestampMicrosecondType>().iter().enumerate() {
        if time.is_some_and(|time| !accepted.contains(&time)) {
            faults.add(Reason::EventTime, &Trail::Field(&Trail::Root, name), row, || {
                format!("must be from {} to before {}", moment(accepted.start), moment(accepted.end))
            });
        }
    }
}

fn moment(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| format!("{micros} µs"), |moment| moment.to_string())
}
