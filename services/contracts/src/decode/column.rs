//! Growing columns that can be cut back to a length, which Arrow's builders cannot.

use super::time::Moment;
use crate::{
    model::{Kind, Node, Object},
    verify::{SubmicroDigits, Submicros},
};
use arrow::{
    array::{
        ArrayRef, ArrowPrimitiveType, BooleanArray, BooleanBufferBuilder, ListArray, PrimitiveArray, StringArray,
        StructArray,
    },
    buffer::{Buffer, NullBuffer, OffsetBuffer},
    datatypes::{DataType, Date32Type, Fields, Float64Type, Int64Type, SchemaRef, TimestampMicrosecondType},
    record_batch::{RecordBatch, RecordBatchOptions},
};
use std::{mem, sync::Arc};

/// The columns of one object.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) fields: Vec<Column>,
    /// For each field, the serial number of the last object that had it.
    pub(super) seen: Vec<u64>,
    valid: Validity,
}

#[derive(Debug)]
pub(super) enum Column {
    Text(Text),
    Integer(Fixed<Int64Type>),
    Number(Fixed<Float64Type>),
    Boolean(Flags),
    Timestamp(Moments),
    Date(Fixed<Date32Type>),
    List(Box<List>),
    Object(Columns),
}

/// One bit a slot: whether it holds a value.
#[derive(Debug)]
struct Validity(BooleanBufferBuilder);

#[derive(Debug)]
pub(super) struct Text {
    bytes: Vec<u8>,
    offsets: Vec<i32>,
    valid: Validity,
}

#[derive(Debug)]
pub(super) struct Fixed<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    valid: Validity,
}

/// Moments, and what of them is finer than a microsecond: comparisons between fields mind it, the table does not hold it.
#[derive(Debug)]
pub(super) struct Moments {
    micros: Fixed<TimestampMicrosecondType>,
    submicros: SubmicroDigits,
}

#[derive(Debug)]
pub(super) struct Flags {
    values: BooleanBufferBuilder,
    valid: Validity,
}

#[derive(Debug)]
pub(super) struct List {
    offsets: Vec<i32>,
    pub(super) values: Column,
    valid: Validity,
}

impl Validity {
    fn new() -> Self {
        Self(BooleanBufferBuilder::new(0))
    }
    fn push(&mut self, valid: bool) {
        self.0.append(valid);
    }
    fn truncate(&mut self, len: usize) {
        if len < self.0.len() {
            self.0.truncate(len);
        }
    }
    fn finish(&mut self) -> Option<NullBuffer> {
        Some(NullBuffer::new(self.0.finish())).filter(|nulls| nulls.null_count() > 0)
    }
}

/// An end of text or list as an offset.
#[expect(clippy::expect_used, reason = "`Decoder` takes no more bytes between two `finish` than offsets can count")]
fn offset(end: usize) -> i32 {
    i32::try_from(end).expect("an end within 2 GiB")
}

fn end(offsets: &[i32], len: usize) -> usize {
    offsets.get(len).and_then(|end| usize::try_from(*end).ok()).unwrap_or_default()
}

fn take_offsets(offsets: &mut Vec<i32>) -> OffsetBuffer<i32> {
    OffsetBuffer::new(mem::replace(offsets, vec![0]).into())
}

impl Text {
    pub(super) fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.close(true);
    }
    fn close(&mut self, valid: bool) {
        self.offsets.push(offset(self.bytes.len()));
        self.valid.push(valid);
    }
    fn truncate(&mut self, len: usize) {
        self.bytes.truncate(end(&self.offsets, len.min(self.offsets.len() - 1)));
        self.offsets.truncate(len + 1);
        self.valid.truncate(len);
    }
    fn last(&self) -> Option<&[u8]> {
        let rows = self.offsets.len().checked_sub(2)?;
        self.bytes.get(end(&self.offsets, rows)..)
    }
}

impl<T: ArrowPrimitiveType> Fixed<T> {
    fn new() -> Self {
        Self { values: Vec::new(), valid: Validity::new() }
    }
    pub(super) fn push(&mut self, value: T::Native) {
        self.values.push(value);
        self.valid.push(true);
    }
    fn push_null(&mut self) {
        self.values.push(T::Native::default());
        self.valid.push(false);
    }
    fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
        self.valid.truncate(len);
    }
    fn finish(&mut self) -> PrimitiveArray<T> {
        PrimitiveArray::new(mem::take(&mut self.values).into(), self.valid.finish())
    }
}

impl Moments {
    pub(super) fn push(&mut self, moment: &Moment<'_>) {
        if !moment.submicros.is_empty() {
            self.submicros.push((self.micros.values.len(), moment.submicros.into()));
        }
        self.micros.push(moment.micros);
    }
    fn truncate(&mut self, len: usize) {
        self.micros.truncate(len);
        self.submicros.truncate(self.submicros.partition_point(|(slot, _)| *slot < len));
    }
}

impl Flags {
    pub(super) fn push(&mut self, value: bool) {
        self.values.append(value);
        self.valid.push(true);
    }
    fn push_null(&mut self) {
        self.values.append(false);
        self.valid.push(false);
    }
}

impl List {
    pub(super) fn close(&mut self, valid: bool) {
        self.offsets.push(offset(self.values.len()));
        self.valid.push(valid);
    }
    fn truncate(&mut self, len: usize) {
        self.values.truncate(end(&self.offsets, len.min(self.offsets.len() - 1)));
        self.offsets.truncate(len + 1);
        self.valid.truncate(len);
    }
}

impl Column {
    fn new(node: &Node) -> Self {
        match &node.kind {
            Kind::Text(_) => Self::Text(Text { bytes: Vec::new(), offsets: vec![0], valid: Validity::new() }),
            Kind::Integer(_) => Self::Integer(Fixed::new()),
            Kind::Number(_) => Self::Number(Fixed::new()),
            Kind::Boolean { .. } => {
                Self::Boolean(Flags { values: BooleanBufferBuilder::new(0), valid: Validity::new() })
            }
            Kind::Timestamp => Self::Timestamp(Moments { micros: Fixed::new(), submicros: SubmicroDigits::new() }),
            Kind::Date => Self::Date(Fixed::new()),
            Kind::List { items, .. } => {
                Self::List(Box::new(List { offsets: vec![0], values: Self::new(items), valid: Validity::new() }))
            }
            Kind::Object(object) => Self::Object(Columns::new(object)),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(c) => c.valid.0.len(),
            Self::Integer(c) => c.values.len(),
            Self::Number(c) => c.values.len(),
            Self::Boolean(c) => c.valid.0.len(),
            Self::Timestamp(c) => c.micros.values.len(),
            Self::Date(c) => c.values.len(),
            Self::List(c) => c.valid.0.len(),
            Self::Object(c) => c.valid.0.len(),
        }
    }

    pub(super) fn push_null(&mut self) {
        match self {
            Self::Text(c) => c.close(false),
            Self::Integer(c) => c.push_null(),
            Self::Number(c) => c.push_null(),
            Self::Boolean(c) => c.push_null(),
            Self::Timestamp(c) => c.micros.push_null(),
            Self::Date(c) => c.push_null(),
            Self::List(c) => c.close(false),
            Self::Object(c) => c.push_null(),
        }
    }

    fn truncate(&mut self, len: usize) {
        match self {
            Self::Text(c) => c.truncate(len),
            Self::Integer(c) => c.truncate(len),
            Self::Number(c) => c.truncate(len),
            Self::Boolean(c) => {
                if len < c.values.len() {
                    c.values.truncate(len);
                }
                c.valid.truncate(len);
            }
            Self::Timestamp(c) => c.truncate(len),
            Self::Date(c) => c.truncate(len),
            Self::List(c) => c.truncate(len),
            Self::Object(c) => c.truncate(len),
        }
    }

    fn finish(&mut self, data_type: &DataType) -> ArrayRef {
        match (self, data_type) {
            (Self::Text(c), _) => {
                let bytes = Buffer::from_vec(mem::take(&mut c.bytes));
                Arc::new(StringArray::new(take_offsets(&mut c.offsets), bytes, c.valid.finish()))
            }
            (Self::Integer(c), _) => Arc::new(c.finish()),
            (Self::Number(c), _) => Arc::new(c.finish()),
            (Self::Boolean(c), _) => Arc::new(BooleanArray::new(c.values.finish(), c.valid.finish())),
            (Self::Timestamp(c), _) => {
                c.submicros.clear();
                Arc::new(c.micros.finish().with_timezone("UTC"))
            }
            (Self::Date(c), _) => Arc::new(c.finish()),
            (Self::List(c), DataType::List(element)) => {
                let values = c.values.finish(element.data_type());
                let offsets = take_offsets(&mut c.offsets);
                Arc::new(ListArray::new(Arc::clone(element), offsets, values, c.valid.finish()))
            }
            (Self::Object(c), DataType::Struct(fields)) => {
                let (arrays, nulls) = c.finish(fields);
                Arc::new(StructArray::new(fields.clone(), arrays, nulls))
            }
            // Column and type come from the same node.
            (Self::List(_) | Self::Object(_), other) => arrow::array::new_empty_array(other),
        }
    }
}

impl Columns {
    pub(super) fn new(object: &Object) -> Self {
        Self {
            fields: object.fields.iter().map(|field| Column::new(&field.node)).collect(),
            seen: vec![0; object.fields.len()],
            valid: Validity::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.valid.0.len()
    }

    pub(super) fn push_valid(&mut self, valid: bool) {
        self.valid.push(valid);
    }

    pub(super) fn push_null(&mut self) {
        self.fields.iter_mut().for_each(Column::push_null);
        self.valid.push(false);
    }

    /// A row of which only the text column at `key` has a value.
    pub(super) fn push_deletion(&mut self, key: Option<usize>, value: &str) {
        for (index, column) in self.fields.iter_mut().enumerate() {
            match column {
                Column::Text(text) if Some(index) == key => text.push(value.as_bytes()),
                other => other.push_null(),
            }
        }
        self.valid.push(true);
    }

    /// The text of the last row.
    pub(super) fn last_text(&self, column: usize) -> Option<&[u8]> {
        match self.fields.get(column) {
            Some(Column::Text(text)) => text.last(),
            _ => None,
        }
    }

    /// Cuts every column back to `len` rows, whatever a bad record left in some of them.
    pub(super) fn truncate(&mut self, len: usize) {
        self.fields.iter_mut().for_each(|column| column.truncate(len));
        self.valid.truncate(len);
    }

    fn finish(&mut self, fields: &Fields) -> (Vec<ArrayRef>, Option<NullBuffer>) {
        let arrays = self.fields.iter_mut().zip(fields).map(|(c, field)| c.finish(field.data_type())).collect();
        (arrays, self.valid.finish())
    }

    /// What of the timestamps is finer than a microsecond, where there is any: of the event's own fields, and of those of
    /// the objects in its lists. To be asked for before the rows are finished.
    pub(super) fn take_submicros(&mut self) -> Submicros {
        let mut submicros = Submicros::default();
        for (index, column) in self.fields.iter_mut().enumerate() {
            match column {
                Column::Timestamp(moments) => submicros.add(None, index, mem::take(&mut moments.submicros)),
                Column::List(list) => {
                    let Column::Object(inner) = &mut list.values else { continue };
                    for (column, moments) in inner.fields.iter_mut().enumerate() {
                        if let Column::Timestamp(moments) = moments {
                            submicros.add(Some(index), column, mem::take(&mut moments.submicros));
                        }
                    }
                }
                _ => {}
            }
        }
        submicros
    }

    /// The rows as a batch; leaves the columns empty.
    pub(super) fn finish_batch(&mut self, schema: &SchemaRef, rows: usize) -> RecordBatch {
        let (arrays, _) = self.finish(schema.fields());
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        #[expect(clippy::expect_used, reason = "columns and schema come from the same contract, rows are even")]
        RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options).expect("columns fit their contract")
    }
}
