//! `if`/`then` and `dependentRequired`: fields that other fields require.

use super::{Faults, Trail};
use crate::{
    Reason,
    model::{Condition, Object, When, WhenIs},
};
use arrow::{
    array::{Array, AsArray},
    datatypes::Int64Type,
    record_batch::RecordBatch,
};

pub(super) fn check(condition: &Condition, object: &Object, batch: &RecordBatch, faults: &mut Faults) {
    let missing: Vec<usize> =
        condition.require.iter().copied().filter(|&column| batch.column(column).null_count() > 0).collect();
    if missing.is_empty() {
        return;
    }
    for row in (0..batch.num_rows()).filter(|&row| condition.when.iter().all(|when| when.holds(batch, row))) {
        if let Some(&column) = missing.iter().find(|&&column| batch.column(column).is_null(row)) {
            let trail = Trail::Field(&Trail::Root, &object.fields[column].name);
            faults.add(Reason::Schema, &trail, row, || format!("is required {}", condition.words(object)));
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
