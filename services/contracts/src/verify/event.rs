//! Rules of the event's own fields: which of them others require, time zones, and the range of event times.

use super::rejections::{Rejections, Trail};
use crate::{
    model::{Condition, Object, When, WhenIs},
    rejection::Reason,
};
use arrow::{
    array::{Array, AsArray},
    datatypes::{Int64Type, TimestampMicrosecondType},
    record_batch::RecordBatch,
};
use jiff::tz::TimeZone;
use std::ops::Range;

/// `if`/`then` and `dependentRequired`: fields that other fields require.
pub(super) fn condition(condition: &Condition, object: &Object, batch: &RecordBatch, rejections: &mut Rejections) {
    let missing: Vec<usize> =
        condition.require.iter().copied().filter(|&column| batch.column(column).null_count() > 0).collect();
    if missing.is_empty() {
        return;
    }
    for row in (0..batch.num_rows()).filter(|&row| condition.when.iter().all(|when| when.holds(batch, row))) {
        for &column in missing.iter().filter(|&&column| batch.column(column).is_null(row)) {
            let trail = Trail::Field(&Trail::Root, &object.fields[column].name);
            rejections.add(Reason::Schema, &trail, row, || format!("is required {}", condition.words(object)));
        }
    }
}

impl When {
    /// An absent value is in no set.
    fn holds(&self, batch: &RecordBatch, row: usize) -> bool {
        let array = batch.column(self.column);
        array.is_valid(row)
            && match &self.is {
                WhenIs::Present => true,
                WhenIs::Text(set) => set.iter().any(|one| one == array.as_string::<i32>().value(row)),
                WhenIs::Integer(set) => set.contains(&array.as_primitive::<Int64Type>().value(row)),
                WhenIs::Boolean(set) => set.contains(&array.as_boolean().value(row)),
            }
    }
}

impl Condition {
    /// When the condition holds, in the words of the schema.
    fn words(&self, object: &Object) -> String {
        let names: Vec<&str> = self.when.iter().map(|when| object.fields[when.column].name.as_str()).collect();
        let present = self.when.iter().all(|when| matches!(when.is, WhenIs::Present));
        match present {
            true => format!("where {} is present (dependentRequired)", names.join(", ")),
            false => format!("by the value of {} (if, then)", names.last().copied().unwrap_or_default()),
        }
    }
}

/// `timezone`: a name of the IANA database, spelt as it is there (other engines mind the case).
pub(super) fn timezone(column: usize, object: &Object, batch: &RecordBatch, rejections: &mut Rejections) {
    for (row, zone) in batch.column(column).as_string::<i32>().iter().enumerate() {
        if zone.is_some_and(|zone| !is_zone(zone)) {
            let trail = Trail::Field(&Trail::Root, &object.fields[column].name);
            rejections.add(Reason::Check, &trail, row, || "must be an IANA time zone, e.g. Europe/Berlin".into());
        }
    }
}

fn is_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok_and(|zone| zone.iana_name() == Some(name))
}

/// The range of event times that a pipeline accepts.
pub(super) fn time(name: &str, accepted: &Range<i64>, batch: &RecordBatch, rejections: &mut Rejections) {
    let Some(times) = batch.column_by_name(name) else { return };
    for (row, time) in times.as_primitive::<TimestampMicrosecondType>().iter().enumerate() {
        if time.is_some_and(|time| !accepted.contains(&time)) {
            rejections.add(Reason::EventTime, &Trail::Field(&Trail::Root, name), row, || {
                format!("must be from {} to before {}", moment(accepted.start), moment(accepted.end))
            });
        }
    }
}

fn moment(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| format!("{micros} µs"), |moment| moment.to_string())
}
