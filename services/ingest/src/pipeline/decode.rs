//! Stage 2: payloads into columns, by the stream's contract; what is no row becomes a letter for quarantine.
//!
//! Runs on a thread of its own: it is the pipeline's most work per record.

use crate::{
    IngestError, PrivacyKey,
    handshake::Handshake,
    native::Record,
    pipeline::{
        chunk::{Chunk, Span},
        pseudonymise::pseudonymise,
        quarantine::Letter,
    },
    positions::LastRecord,
    room::Taken,
    state::{Shared, Stream},
};
use arrow::{
    array::{ArrayRef, AsArray, Date32Array, Int32Array, Int64Array, TimestampMicrosecondArray},
    datatypes::TimestampMicrosecondType,
    error::ArrowError,
    record_batch::RecordBatch,
};
use contracts::{Decoded, Decoder, Reason, Rejection};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc, time::Instant};
use tokio::{runtime::Handle, sync::mpsc};

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// Accepted event times reach so and so far ahead of now: decoders are renewed once now has moved by this much.
const RENEW: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// A chunk after decoding: rows ready to be written, and what else the commit needs to know.
pub(crate) struct Block {
    /// With the table's columns; persons are pseudonyms.
    pub(crate) rows: RecordBatch,
    pub(crate) spans: Vec<Span>,
    pub(crate) letters: Vec<Letter>,
    pub(crate) bytes: usize,
    /// Until the block is committed or dropped.
    room: Option<Taken>,
}

impl Block {
    /// What it takes in memory.
    fn size(&self) -> usize {
        self.rows.get_array_memory_size() + self.letters.iter().map(Letter::bytes).sum::<usize>()
    }
}

/// Decodes chunks until there are no more, or nobody takes them.
pub(crate) fn decode(
    shared: &Shared,
    mut chunks: mpsc::Receiver<Chunk>,
    blocks: &[mpsc::Sender<Block>],
) -> Result<(), IngestError> {
    let runtime = Handle::current();
    let mut renewed = Timestamp::UNIX_EPOCH;
    let mut decoders = Vec::new();
    while let Some(chunk) = chunks.blocking_recv() {
        let now = Timestamp::now();
        if now.duration_since(renewed) > RENEW {
            decoders = renew(shared, now);
            renewed = now;
        }
        let index = chunk.stream;
        let mut block = block(shared, &mut decoders[index], chunk, shared.ingested_at(now))?;
        let started = Instant::now();
        block.room = runtime.block_on(shared.room.take(block.size()));
        if blocks[index].blocking_send(block).is_err() {
            return Ok(()); // The writer has ended, and says why.
        }
        shared.metrics.waited("decode", started.elapsed());
    }
    Ok(())
}

fn renew(shared: &Shared, now: Timestamp) -> Vec<Decoder> {
    let range = shared.settings.ingest.event_times.range(now);
    shared.streams.iter().map(|stream| Decoder::new(Arc::clone(&stream.contract), range.clone())).collect()
}

fn block(shared: &Shared, decoder: &mut Decoder, chunk: Chunk, now: Timestamp) -> Result<Block, IngestError> {
    let Chunk { stream, records, mut spans, bytes } = chunk;
    let stream = &shared.streams[stream];
    for record in &records {
        push(decoder, record, shared.settings.ingest.max_record_bytes);
    }
    let Decoded { rows, accepted, rejected, unknown_fields } = decoder.finish();
    shared.metrics.unknown_fields(stream.name(), &unknown_fields);
    let failed = |source| IngestError::Columns { stream: stream.name().to_owned(), source };
    let rows = pseudonymise(rows, &stream.contract, &shared.settings.key).map_err(failed)?;
    let rows = complete(rows, stream, &records, &accepted, now).map_err(failed)?;
    remember(&records, &mut spans, now, &shared.settings.key);
    let letters = rejected.into_iter().map(|(index, rejection)| letter(&records[index], rejection)).collect();
    Ok(Block { rows, spans, letters, bytes, room: None })
}

fn push(decoder: &mut Decoder, record: &Record<Handshake>, limit: usize) {
    match record.size() {
        size if size > limit => {
            let message =
                format!("{size} bytes of key, value and headers, more than the {limit} of ingest.max_record_bytes");
            decoder.push_rejected(Rejection::new(Reason::TooLarge, message));
        }
        _ => decoder.push_record(record.key(), record.value()),
    }
}

fn letter(record: &Record<Handshake>, rejection: Rejection) -> Letter {
    Letter {
        partition: record.partition(),
        offset: record.offset(),
        key: record.key().map(<[u8]>::to_vec),
        value: record.value().map(<[u8]>::to_vec),
        headers: record.headers(),
        rejection,
    }
}

/// Adds the columns that are ours, and brings all into the table's order.
fn complete(
    rows: RecordBatch,
    stream: &Stream,
    records: &[Record<Handshake>],
    accepted: &[usize],
    now: Timestamp,
) -> Result<RecordBatch, ArrowError> {
    let partitions = accepted.iter().map(|index| records[*index].partition());
    let offsets = accepted.iter().map(|index| records[*index].offset());
    let ingested = TimestampMicrosecondArray::from_value(now.as_microsecond(), accepted.len()).with_timezone("UTC");
    let mut own: BTreeMap<&str, ArrayRef> = BTreeMap::from([
        (lake::PARTITION, Arc::new(Int32Array::from_iter_values(partitions)) as ArrayRef),
        (lake::OFFSET, Arc::new(Int64Array::from_iter_values(offsets)) as ArrayRef),
        (lake::INGESTED_AT, Arc::new(ingested) as ArrayRef),
    ]);
    if let Some(event_time) = stream.contract.event_time() {
        own.insert(lake::EVENT_DATE, Arc::new(dates(&rows, event_time)?));
    }
    let column = |name: &String| match own.get(name.as_str()) {
        Some(column) => Ok(Arc::clone(column)),
        None => rows.schema().index_of(name).map(|index| Arc::clone(rows.column(index))),
    };
    let columns = stream.schema.fields().iter().map(|field| column(field.name())).collect::<Result<_, _>>()?;
    RecordBatch::try_new(Arc::clone(&stream.schema), columns)
}

fn dates(rows: &RecordBatch, event_time: &str) -> Result<Date32Array, ArrowError> {
    let times = rows.column(rows.schema().index_of(event_time)?);
    let times = times
        .as_primitive_opt::<TimestampMicrosecondType>()
        .ok_or_else(|| ArrowError::SchemaError(format!("{event_time}: an event time must be a timestamp")))?;
    // Event times are range-checked, so their days fit.
    Ok(times.unary(|micros| i32::try_from(micros.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX)))
}

/// Notes the last record of each partition, to be compared when the partition is taken again.
fn remember(records: &[Record<Handshake>], spans: &mut [Span], now: Timestamp, key: &PrivacyKey) {
    for span in spans {
        let last = records.iter().rev().find(|record| record.partition() == span.partition);
        span.last = last.map(|record| LastRecord {
            offset: record.offset(),
            timestamp: record.timestamp(),
            hash: key.record(record.key(), record.value()),
        });
        span.ingested = last.map(|_| now.as_microsecond());
    }
}
