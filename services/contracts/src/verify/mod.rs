//! The rules of a contract on Arrow columns, a column at a time: what decoding alone does not decide.

mod conditions;
mod event_time;
mod order;
mod rules;
mod trail;
mod zones;

use crate::{Contract, Reason, Rejection, finer::Finer, model::Check};
use arrow::record_batch::RecordBatch;
use std::{collections::BTreeMap, ops::Range};
use trail::Trail;

/// The first fault of each bad row: schema rules in the order of the fields, then conditions, checks, event time.
#[derive(Debug, Default)]
pub(crate) struct Faults(BTreeMap<usize, Rejection>);

impl Faults {
    fn add(&mut self, reason: Reason, trail: &Trail<'_>, index: usize, rule: impl FnOnce() -> String) {
        let (row, pointer) = trail.resolve(index);
        self.0.entry(row).or_insert_with(|| Rejection::new(reason, format!("{pointer}: {}", rule())));
    }
}

/// Checks every row of a batch that has the contract's schema; `finer` is what its timestamps could not hold.
pub(crate) fn batch(
    contract: &Contract,
    event_times: &Range<i64>,
    batch: &RecordBatch,
    finer: &Finer,
) -> BTreeMap<usize, Rejection> {
    let mut faults = Faults::default();
    for (field, array) in contract.root.fields.iter().zip(batch.columns()) {
        rules::check(&field.node, array, &Trail::Field(&Trail::Root, &field.name), &mut faults);
    }
    for condition in &contract.conditions {
        conditions::check(condition, &contract.root, batch, &mut faults);
    }
    for check in &contract.checks {
        match check {
            Check::Order(order) => order::check(order, &contract.root, (batch, finer), &mut faults),
            Check::Timezone { column } => zones::check(*column, &contract.root, batch, &mut faults),
        }
    }
    if let Some(name) = contract.event_time() {
        event_time::check(name, event_times, batch, &mut faults);
    }
    faults.0
}
