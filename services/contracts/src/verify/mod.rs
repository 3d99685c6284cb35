//! The rules of a contract on Arrow columns, a column at a time: what decoding alone does not decide.

mod event;
mod order;
mod rejections;
mod values;

use crate::{contract::Contract, model::Check, rejection::Rejection};
use arrow::record_batch::RecordBatch;
use rejections::{Rejections, Trail};
use std::{collections::BTreeMap, ops::Range};

pub(crate) use order::{SubmicroDigits, Submicros};

/// Checks every row of a batch that has the contract's columns; `submicros` is what its timestamps could not hold. Returns the
/// first rejection of each bad row, or `all` of them.
pub(crate) fn batch(
    contract: &Contract,
    event_times: &Range<i64>,
    (batch, submicros): (&RecordBatch, &Submicros),
    all: bool,
) -> BTreeMap<usize, Vec<Rejection>> {
    let (root, mut rejections) = (&contract.root, Rejections::new(all));
    for (field, array) in root.fields.iter().zip(batch.columns()) {
        values::check(&field.node, array, &Trail::Field(&Trail::Root, &field.name), &mut rejections);
    }
    for condition in &contract.conditions {
        event::condition(condition, root, batch, &mut rejections);
    }
    for check in &contract.checks {
        match check {
            Check::Order(order) => order::check(order, root, (batch, submicros), &mut rejections),
            Check::Timezone { column } => event::timezone(*column, root, batch, &mut rejections),
        }
    }
    if let Some(name) = contract.event_time() {
        event::time(name, event_times, batch, &mut rejections);
    }
    rejections.into_rows()
}
