//! Stage 3: every field that names a person is replaced by a pseudonym before anything is queued, sent or written.

use crate::{
    error::IngestError,
    pipeline::{
        consume::chunk::Span,
        decode::{Decoded, RejectedRecord},
        shared::{Shared, Stream, room::Taken},
    },
    secret::PrivacyKey,
};
use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, StringArray, StringBuilder},
    compute::filter_record_batch,
    datatypes::Int32Type,
    error::ArrowError,
    record_batch::RecordBatch,
};
use std::{collections::HashMap, sync::Arc};

/// A chunk whose rows may be written.
pub(crate) struct Block {
    /// With the table's columns; persons are pseudonyms.
    pub(crate) rows: RecordBatch,
    pub(crate) spans: Vec<Span>,
    /// For the dead-letter topic: whole, so that it can be sent again.
    pub(crate) rejected: Vec<RejectedRecord>,
    /// Of values.
    pub(crate) bytes: usize,
    /// Until the block is committed or dropped.
    pub(crate) room: Option<Taken>,
}

/// The rows with the contract's person columns replaced; nulls stay.
pub(crate) fn pseudonymise(shared: &Shared, decoded: Decoded) -> Result<Block, IngestError> {
    let Decoded { stream, rows, spans, rejected, bytes } = decoded;
    let stream = &shared.streams[stream];
    let failed = |source| IngestError::Columns { stream: stream.name().to_owned(), source };
    let rows = replace_persons(rows, stream, &shared.settings.key).map_err(failed)?;
    Ok(Block { rows, spans, rejected, bytes, room: None })
}

fn replace_persons(rows: RecordBatch, stream: &Stream, key: &PrivacyKey) -> Result<RecordBatch, ArrowError> {
    let schema = rows.schema();
    let mut columns = rows.columns().to_vec();
    for (name, domain) in stream.contract.persons() {
        let index = schema.index_of(name)?;
        let Some(raw) = columns[index].as_string_opt::<i32>() else {
            return Err(ArrowError::SchemaError(format!("{name}: a person must be a string")));
        };
        columns[index] = replace(raw, domain, key);
    }
    RecordBatch::try_new(schema, columns)
}

// A batch names few people many times.
fn replace(raw: &StringArray, domain: &str, key: &PrivacyKey) -> ArrayRef {
    let mut known: HashMap<&str, String> = HashMap::new();
    let mut pseudonyms = StringBuilder::with_capacity(raw.len(), raw.len() * 22);
    for value in raw {
        let pseudonym = value.map(|value| &*known.entry(value).or_insert_with(|| key.pseudonym(domain, value)));
        pseudonyms.append_option(pseudonym);
    }
    Arc::new(pseudonyms.finish())
}

impl Block {
    /// What it takes in memory.
    pub(crate) fn size(&self) -> usize {
        self.rows.get_array_memory_size() + self.rejected.iter().map(RejectedRecord::bytes).sum::<usize>()
    }

    /// Drops all other spans, with their rows and rejected records.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Span) -> bool) -> Result<(), ArrowError> {
        let before = self.spans.len();
        self.spans.retain(keep);
        if self.spans.len() < before {
            let kept = |partition: i32| self.spans.iter().any(|span| span.partition == partition);
            self.rejected.retain(|record| kept(record.partition));
            self.rows = of_partitions(&self.rows, kept)?;
        }
        Ok(())
    }
}

fn of_partitions(rows: &RecordBatch, kept: impl Fn(i32) -> bool) -> Result<RecordBatch, ArrowError> {
    let partitions = rows.column(rows.schema().index_of(lake::PARTITION)?).as_primitive::<Int32Type>();
    let mask: BooleanArray = partitions.iter().map(|partition| Some(partition.is_some_and(&kept))).collect();
    filter_record_batch(rows, &mask)
}
