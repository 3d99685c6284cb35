//! Stage 2: payloads into columns, by the stream's contract; what is no row becomes a rejected record.

use crate::{
    error::IngestError,
    pipeline::{
        assign::position::LastRecord,
        consume::chunk::{Chunk, FetchedRecord, Span},
        shared::{Shared, Stream},
    },
    secret::PrivacyKey,
    size,
};
use arrow::{
    array::{ArrayRef, AsArray, Date32Array, Int32Array, Int64Array, TimestampMicrosecondArray},
    datatypes::TimestampMicrosecondType,
    error::ArrowError,
    record_batch::RecordBatch,
};
use contracts::{Decoder, Rejection};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// Accepted event times reach so and so far ahead of now: decoders are renewed once now has moved by this much.
const RENEW: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// A chunk after decoding.
pub(crate) struct Decoded {
    pub(crate) stream: usize,
    /// With the table's columns; persons are named still.
    pub(crate) rows: RecordBatch,
    pub(crate) spans: Vec<Span>,
    pub(crate) rejected: Vec<RejectedRecord>,
    /// Of values.
    pub(crate) bytes: usize,
}

/// A record that is no row, and why.
pub(crate) struct RejectedRecord {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) rejection: Rejection,
}

impl RejectedRecord {
    fn of(record: &FetchedRecord, rejection: Rejection) -> Self {
        Self {
            partition: record.partition(),
            offset: record.offset(),
            key: record.key().map(<[u8]>::to_vec),
            value: record.value().map(<[u8]>::to_vec),
            headers: record.headers(),
            rejection,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| (name.len(), value.as_deref()));
        size::of_record(self.key.as_deref(), self.value.as_deref(), headers)
    }
}

/// The decoders of all streams.
#[derive(Default)]
pub(crate) struct Decoders {
    of_streams: Vec<Decoder>,
    renewed: Timestamp,
}

impl Decoders {
    pub(crate) fn decode(&mut self, shared: &Shared, chunk: Chunk) -> Result<Decoded, IngestError> {
        let now = Timestamp::now();
        if self.of_streams.is_empty() || now.duration_since(self.renewed) > RENEW {
            let range = shared.settings.ingest.event_times.range(now);
            let decoder = |stream: &Arc<Stream>| Decoder::new(Arc::clone(&stream.contract), range.clone());
            self.of_streams = shared.streams.iter().map(decoder).collect();
            self.renewed = now;
        }
        let decoder = &mut self.of_streams[chunk.stream];
        decode(shared, decoder, chunk, shared.ingested_at(now))
    }
}

fn decode(shared: &Shared, decoder: &mut Decoder, chunk: Chunk, now: Timestamp) -> Result<Decoded, IngestError> {
    let Chunk { stream: index, records, mut spans, bytes } = chunk;
    let stream = &shared.streams[index];
    for record in &records {
        match size::rejection(record.size(), shared.settings.ingest.max_record_bytes) {
            Some(too_large) => decoder.push_rejected(too_large),
            None => decoder.push_record(record.key(), record.value()),
        }
    }
    let decoded = decoder.finish();
    shared.metrics.unknown_fields(stream.name(), &decoded.unknown_fields);
    let failed = |source| IngestError::Columns { stream: stream.name().to_owned(), source };
    let rows = complete(decoded.rows, stream, &records, &decoded.accepted, now).map_err(failed)?;
    remember(&records, &mut spans, now, &shared.settings.key);
    let rejected = decoded.rejected.into_iter();
    let rejected = rejected.map(|(index, rejection)| RejectedRecord::of(&records[index], rejection)).collect();
    Ok(Decoded { stream: index, rows, spans, rejected, bytes })
}

/// Adds the columns that are ours, and brings all into the table's order.
fn complete(
    rows: RecordBatch,
    stream: &Stream,
    records: &[FetchedRecord],
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
fn remember(records: &[FetchedRecord], spans: &mut [Span], now: Timestamp, key: &PrivacyKey) {
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
