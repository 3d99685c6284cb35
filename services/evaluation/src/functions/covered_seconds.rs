//! `covered_seconds(starts_at, ends_at)`: length of the union of intervals, so that overlaps count once.

use super::{
    intervals::{Intervals, Runs},
    signature::{documented, timestamp},
};
use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array, ListArray, PrimitiveArray},
    buffer::OffsetBuffer,
    datatypes::{ArrowNativeType, DataType, Field, FieldRef, Int64Type, TimestampMicrosecondType},
};
use datafusion::{
    common::{Result, ScalarValue},
    logical_expr::{
        Accumulator, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use std::sync::{Arc, LazyLock};

const SECONDS: DataType = DataType::Decimal128(18, 6);

/// The aggregate. Microseconds are exactly the unscaled value of DECIMAL(18,6) seconds.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CoveredSeconds {
    signature: Signature,
}

impl Default for CoveredSeconds {
    fn default() -> Self {
        Self { signature: Signature::exact(vec![timestamp(), timestamp()], Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for CoveredSeconds {
    fn name(&self) -> &str {
        "covered_seconds"
    }
    fn documentation(&self) -> Option<&Documentation> {
        static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "covered_seconds(starts_at TIMESTAMP, ends_at TIMESTAMP) → DECIMAL(18,6)",
                "Aggregate: seconds that the intervals cover, overlaps once; 0 for none, never NULL. Take it per \
                 person, then SUM over people. FILTER is allowed.",
            )
        });
        Some(&DOCUMENTATION)
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(SECONDS)
    }
    fn is_nullable(&self) -> bool {
        false
    }
    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::Decimal128(Some(0), 18, 6))
    }
    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[intervals]", args.name), DataType::List(bound()), true))])
    }
    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneGroup(Intervals::of(1))))
    }
    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true // DISTINCT changes nothing about a union
    }
    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups::default()))
    }
}

fn bound() -> FieldRef {
    Arc::new(Field::new_list_field(DataType::Int64, true))
}

fn flat(lengths: Vec<usize>, bounds: Vec<i64>) -> Result<ArrayRef> {
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(bound(), offsets, Arc::new(Int64Array::from(bounds)), None)?))
}

type Times = PrimitiveArray<TimestampMicrosecondType>;

fn times(values: &[ArrayRef]) -> (&Times, &Times) {
    (values[0].as_primitive(), values[1].as_primitive())
}

/// Start and end of every interval, one after the other.
fn bounds(spans: &[(i64, i64)]) -> Vec<i64> {
    spans.iter().flat_map(|(start, end)| [*start, *end]).collect()
}

/// Microseconds.
fn covered(run: &[(i64, i64)]) -> i128 {
    run.iter().map(|(start, end)| i128::from(end - start)).sum()
}

#[derive(Debug)]
struct OneGroup(Intervals);

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (starts, ends) = times(values);
        for (start, end) in starts.iter().zip(ends.iter()) {
            if let (Some(start), Some(end)) = (start, end) {
                self.0.push(0, start, end);
            }
        }
        self.0.settle();
        Ok(())
    }
    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for list in states[0].as_list::<i32>().iter().flatten() {
            for pair in list.as_primitive::<Int64Type>().values().chunks_exact(2) {
                self.0.push(0, pair[0], pair[1]);
            }
        }
        self.0.settle();
        Ok(())
    }
    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let bounds = bounds(self.0.first());
        let list = flat(vec![bounds.len()], bounds)?;
        Ok(vec![ScalarValue::List(Arc::new(list.as_list::<i32>().clone()))])
    }
    fn evaluate(&mut self) -> Result<ScalarValue> {
        // A window asks again and again, as its frame grows: nothing is taken out.
        Ok(ScalarValue::Decimal128(Some(covered(self.0.first())), 18, 6))
    }
    fn size(&self) -> usize {
        size_of::<Self>() + self.0.bytes()
    }
}

fn counts(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

#[derive(Default)]
struct Groups(Intervals);

impl Groups {
    fn take(&mut self, emit: EmitTo) -> Runs {
        self.0.take(match emit {
            EmitTo::All => self.0.groups(),
            EmitTo::First(groups) => groups,
        })
    }
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.0.grow(total);
        let (starts, ends) = times(values);
        let all = starts.null_count() == 0 && ends.null_count() == 0 && filter.is_none();
        for (row, group) in groups.iter().enumerate() {
            if all || (starts.is_valid(row) && ends.is_valid(row) && counts(filter, row)) {
                self.0.push(*group, starts.value(row), ends.value(row));
            }
        }
        self.0.settle();
        Ok(())
    }
    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.0.grow(total);
        let lists = states[0].as_list::<i32>();
        let bounds = lists.values().as_primitive::<Int64Type>().values();
        let offsets = lists.value_offsets();
        for (row, group) in groups.iter().enumerate() {
            if lists.is_valid(row) {
                for pair in bounds[offsets[row].as_usize()..offsets[row + 1].as_usize()].chunks_exact(2) {
                    self.0.push(*group, pair[0], pair[1]);
                }
            }
        }
        self.0.settle();
        Ok(())
    }
    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let runs = self.take(emit);
        let seconds = Decimal128Array::from_iter_values(runs.iter().map(covered));
        Ok(Arc::new(seconds.with_precision_and_scale(18, 6)?))
    }
    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let runs = self.take(emit);
        let lengths = runs.iter().map(|run| run.len() * 2).collect();
        Ok(vec![flat(lengths, bounds(runs.spans()))?])
    }
    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let (starts, ends) = times(values);
        let mut bounds = Vec::with_capacity(starts.len() * 2);
        let lengths = (0..starts.len()).map(|row| {
            let counted = starts.is_valid(row) && ends.is_valid(row) && counts(filter, row);
            if counted {
                bounds.extend([starts.value(row), ends.value(row)]);
            }
            if counted { 2 } else { 0 }
        });
        let lengths = lengths.collect();
        Ok(vec![flat(lengths, bounds)?])
    }
    fn size(&self) -> usize {
        self.0.bytes()
    }
}
