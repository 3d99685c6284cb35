//! The checks of a batch: rows that break one become rejections.

use crate::{Contract, Rejection, finer::Finer, verify};
use arrow::{array::BooleanArray, compute::filter_record_batch, record_batch::RecordBatch};
use std::ops::Range;

/// Splits a batch into the rows that keep every rule, with the index of each one's payload, and further rejections.
pub(super) fn check(
    contract: &Contract,
    event_times: &Range<i64>,
    (batch, finer): (RecordBatch, &Finer),
    payloads: Vec<usize>,
    rejected: &mut Vec<(usize, Rejection)>,
) -> (RecordBatch, Vec<usize>) {
    let faults = verify::batch(contract, event_times, &batch, finer);
    if faults.is_empty() {
        return (batch, payloads);
    }
    let good: Vec<bool> = (0..payloads.len()).map(|row| !faults.contains_key(&row)).collect();
    rejected.extend(faults.into_iter().map(|(row, rejection)| (payloads[row], rejection)));
    rejected.sort_by_key(|(payload, _)| *payload);
    let accepted = payloads.iter().zip(&good).filter(|(_, good)| **good).map(|(payload, _)| *payload).collect();
    #[expect(clippy::expect_used, reason = "the mask has one bit a row")]
    let rows = filter_record_batch(&batch, &BooleanArray::from(good)).expect("a mask of the batch's length");
    (rows, accepted)
}
