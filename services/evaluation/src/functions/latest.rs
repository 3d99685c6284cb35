//! The latest revision of a key, whatever the order of arrival.
//!
//! One aggregate a table: `latest(first, second, columns …)` returns, as a struct, the columns of the row with the greatest
//! `(first, second)`; rows that tie there are ordered by the SHA-256 of their canonical text, which is worked out for
//! ties alone, or by their first two columns, where those say which came later. The state has the layout of the input,
//! so partial aggregation passes rows through as they are.

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StructArray},
    compute::interleave,
    datatypes::{DataType, Field, FieldRef, Fields, Int64Type, Schema},
    json::{LineDelimitedWriter, WriterBuilder, writer::LineDelimited},
};
use datafusion::{
    common::{Result, ScalarValue, exec_err, internal_err},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use sha2::{Digest, Sha256};
use std::{cmp::Ordering, sync::Arc};

/// The aggregate for rows of these columns; ties are broken by content.
pub fn latest(columns: Fields) -> AggregateUDF {
    of(columns, Tie::Content)
}

/// The aggregate for rows of these columns, of which the first two (64-bit integers) break ties: the greater is later.
pub fn latest_to_come(columns: Fields) -> AggregateUDF {
    of(columns, Tie::Arrival)
}

fn of(columns: Fields, tie: Tie) -> AggregateUDF {
    AggregateUDF::new_from_impl(Latest { columns, tie, signature: Signature::variadic_any(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Latest {
    columns: Fields,
    tie: Tie,
    signature: Signature,
}

/// What decides between rows of the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Tie {
    /// The SHA-256 of the row: nothing is known of which came later.
    Content,
    /// The first two columns.
    Arrival,
}

impl AggregateUDFImpl for Latest {
    fn name(&self) -> &str {
        "latest"
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(self.columns.clone()))
    }
    fn is_nullable(&self) -> bool {
        false
    }
    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field =
            |part: &str, of: &DataType| Arc::new(Field::new(format!("{}[{part}]", args.name), of.clone(), true));
        let mut fields = vec![field("first", &DataType::Int64), field("second", &DataType::Int64)];
        fields.extend(self.columns.iter().map(|column| field(column.name(), column.data_type())));
        Ok(fields)
    }
    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneGroup(Groups::new(self.columns.clone(), self.tie))))
    }
    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }
    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups::new(self.columns.clone(), self.tie)))
    }
}

/// Where a group's row is kept.
#[derive(Debug, Clone, Copy)]
struct Best {
    order: (i64, i64),
    batch: u32,
    row: u32,
}

/// Rows of an input batch, of which some are the best of a group.
#[derive(Debug)]
struct Kept {
    first: ArrayRef,
    second: ArrayRef,
    columns: Vec<ArrayRef>,
}

impl Kept {
    fn new(values: &[ArrayRef]) -> Self {
        Self { first: Arc::clone(&values[0]), second: Arc::clone(&values[1]), columns: values[2..].to_vec() }
    }
    fn bytes(&self) -> usize {
        let size = |array: &ArrayRef| array.to_data().get_slice_memory_size().unwrap_or(0);
        self.columns.iter().map(size).sum::<usize>() + 16 * self.first.len()
    }
    /// Whether two rows have the same content: a repeated delivery.
    fn same(&self, row: u32, other: &Self, other_row: u32) -> bool {
        let at = |array: &ArrayRef, row: u32| array.slice(row as usize, 1);
        self.columns.iter().zip(&other.columns).all(|(a, b)| at(a, row) == at(b, other_row))
    }
}

struct Groups {
    columns: Fields,
    tie: Tie,
    best: Vec<Option<Best>>,
    kept: Vec<Kept>,
    rows: usize,
    bytes: usize,
}

impl Groups {
    fn new(columns: Fields, tie: Tie) -> Self {
        Self { columns, tie, best: Vec::new(), kept: Vec::new(), rows: 0, bytes: 0 }
    }

    fn consider(&mut self, group: usize, candidate: Best) -> Result<()> {
        let wins = match self.best[group] {
            None => true,
            Some(best) => match candidate.order.cmp(&best.order) {
                Ordering::Greater => true,
                Ordering::Less => false,
                Ordering::Equal => self.breaks_tie(candidate, best)?,
            },
        };
        if wins {
            self.best[group] = Some(candidate);
        }
        Ok(())
    }

    /// Whether the candidate came later, or has the greater SHA-256. A repeated delivery has the same content and changes
    /// nothing.
    fn breaks_tie(&self, candidate: Best, best: Best) -> Result<bool> {
        if self.tie == Tie::Arrival {
            return Ok(self.arrival(candidate) > self.arrival(best));
        }
        let (new, old) = (&self.kept[candidate.batch as usize], &self.kept[best.batch as usize]);
        Ok(!new.same(candidate.row, old, best.row) && self.sha256(candidate)? > self.sha256(best)?)
    }

    fn arrival(&self, at: Best) -> [i64; 2] {
        let columns = &self.kept[at.batch as usize].columns;
        [0, 1].map(|column| columns[column].as_primitive::<Int64Type>().value(at.row as usize))
    }

    fn sha256(&self, at: Best) -> Result<[u8; 32]> {
        let columns = &self.kept[at.batch as usize].columns;
        let row = columns.iter().map(|column| column.slice(at.row as usize, 1)).collect();
        Ok(Sha256::digest(canonical(&self.columns, row)?).into())
    }

    /// Batches hold on to rows that no longer are the best of any group: now and then they are copied out.
    fn compact(&mut self) -> Result<()> {
        if self.rows < 4 * self.best.len() + 65_536 {
            return Ok(());
        }
        let picks: Vec<(usize, usize)> =
            self.best.iter().flatten().map(|best| (best.batch as usize, best.row as usize)).collect();
        let mut values = vec![self.pick(&picks, |kept| &kept.first)?, self.pick(&picks, |kept| &kept.second)?];
        for column in 0..self.columns.len() {
            values.push(self.pick(&picks, |kept| &kept.columns[column])?);
        }
        for (row, best) in self.best.iter_mut().flatten().enumerate() {
            (best.batch, best.row) = (0, index(row)?);
        }
        let kept = Kept::new(&values);
        (self.rows, self.bytes) = (picks.len(), kept.bytes());
        self.kept = vec![kept];
        Ok(())
    }

    fn pick<'a>(&'a self, picks: &[(usize, usize)], of: impl Fn(&'a Kept) -> &'a ArrayRef) -> Result<ArrayRef> {
        let arrays: Vec<&dyn Array> = self.kept.iter().map(|kept| of(kept).as_ref()).collect();
        Ok(interleave(&arrays, picks)?)
    }

    /// The best rows of the groups to emit: the two order columns, then the others.
    fn emit(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut picks = Vec::new();
        for best in emit.take_needed(&mut self.best) {
            let Some(best) = best else { return internal_err!("latest: a group without rows") };
            picks.push((best.batch as usize, best.row as usize));
        }
        if picks.is_empty() {
            let mut empty = vec![arrow::array::new_empty_array(&DataType::Int64); 2];
            empty.extend(self.columns.iter().map(|column| arrow::array::new_empty_array(column.data_type())));
            return Ok(empty);
        }
        let mut values = vec![self.pick(&picks, |kept| &kept.first)?, self.pick(&picks, |kept| &kept.second)?];
        for column in 0..self.columns.len() {
            values.push(self.pick(&picks, |kept| &kept.columns[column])?);
        }
        if self.best.is_empty() {
            (self.kept, self.rows, self.bytes) = (Vec::new(), 0, 0);
        }
        Ok(values)
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
        if filter.is_some() {
            return exec_err!("latest: FILTER is not supported");
        }
        self.best.resize(total.max(self.best.len()), None);
        let (first, second) = (values[0].as_primitive::<Int64Type>(), values[1].as_primitive::<Int64Type>());
        let batch = index(self.kept.len())?;
        let kept = Kept::new(values);
        self.rows += first.len();
        self.bytes += kept.bytes();
        self.kept.push(kept);
        for (row, group) in groups.iter().enumerate() {
            let order = (first.value(row), second.value(row));
            self.consider(*group, Best { order, batch, row: index(row)? })?;
        }
        self.compact()
    }
    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.update_batch(states, groups, None, total)
    }
    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let columns = self.emit(emit)?.split_off(2);
        Ok(Arc::new(StructArray::try_new(self.columns.clone(), columns, None)?))
    }
    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        self.emit(emit)
    }
    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        if filter.is_some() {
            return exec_err!("latest: FILTER is not supported");
        }
        Ok(values.to_vec())
    }
    fn size(&self) -> usize {
        self.best.capacity() * size_of::<Option<Best>>() + self.bytes
    }
}

/// The whole table as one group; only a query without GROUP BY asks for it.
struct OneGroup(Groups);

impl std::fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneGroup")
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let groups = vec![0; values[0].len()];
        self.0.update_batch(values, &groups, None, 1)
    }
    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.0.state(EmitTo::All)?.iter().map(|array| ScalarValue::try_from_array(array, 0)).collect()
    }
    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.0.evaluate(EmitTo::All)?, 0)
    }
    fn size(&self) -> usize {
        self.0.size()
    }
}

fn index(at: usize) -> Result<u32> {
    u32::try_from(at).or_else(|_| exec_err!("latest: more than 4 billion rows or batches"))
}

/// One row as text that depends on its content alone: JSON, columns by name, nulls left out, so that adding an optional
/// field changes no row's text.
fn canonical(columns: &Fields, row: Vec<ArrayRef>) -> Result<Vec<u8>> {
    let mut named: Vec<(FieldRef, ArrayRef)> = columns.iter().map(Arc::clone).zip(row).collect();
    named.sort_by(|a, b| a.0.name().cmp(b.0.name()));
    let (fields, arrays): (Vec<FieldRef>, Vec<ArrayRef>) = named.into_iter().unzip();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
    let mut writer: LineDelimitedWriter<Vec<u8>> =
        WriterBuilder::new().with_explicit_nulls(false).build::<_, LineDelimited>(Vec::new());
    writer.write(&batch)?;
    writer.finish()?;
    Ok(writer.into_inner())
}
