//! What one fetch held, sorted by stream, each part with the generation of its partition.

use crate::pipeline::{
    assign::{Assigner, assigned::Cursor, position::LastRecord},
    shared::{
        Shared, StreamPartition,
        librdkafka::{Fetched, Record},
    },
};
use rdkafka::error::RDKafkaErrorCode;
use std::collections::BTreeMap;

/// Bytes of records at which a chunk is cut, so that large ones do not make large chunks.
const CHUNK_BYTES: usize = 8 << 20;

/// A record as the pipeline's consumer has fetched it.
pub(crate) type FetchedRecord = Record<Assigner>;

/// Records of one stream, in the order of each partition.
pub(crate) struct Chunk {
    pub(crate) stream: usize,
    pub(crate) records: Vec<FetchedRecord>,
    pub(crate) spans: Vec<Span>,
    /// Of values.
    pub(crate) bytes: usize,
}

/// What a chunk covers of one partition. `from..next` may be wider than its records: some offsets hold none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) partition: i32,
    pub(crate) generation: u64,
    pub(crate) from: i64,
    pub(crate) next: i64,
    /// Where the topic ended, if its end was seen.
    pub(crate) end: Option<i64>,
    /// Filled in by the next stage.
    pub(crate) last: Option<LastRecord>,
    /// When the last record was ingested, by the next stage.
    pub(crate) ingested: Option<i64>,
}

/// What one fetch held.
#[derive(Default)]
pub(crate) struct Sorted {
    pub(crate) chunks: Vec<Chunk>,
    /// A broker has answered.
    pub(crate) heard: bool,
    /// Partitions of ours that cannot be read on.
    pub(crate) failed: Vec<FailedPartition>,
}

/// A partition that cannot be read on.
pub(crate) struct FailedPartition {
    pub(crate) place: StreamPartition,
    /// The offset that would be read next.
    pub(crate) next: i64,
    pub(crate) code: RDKafkaErrorCode,
    /// What librdkafka says about it.
    pub(crate) text: String,
}

/// Records by stream; what is not ours (any more) is dropped.
pub(crate) fn sort(
    shared: &Shared,
    cursors: &mut BTreeMap<StreamPartition, Cursor>,
    fetched: Vec<Fetched<Assigner>>,
) -> Sorted {
    let mut sorted = Sorted::default();
    let mut builders: BTreeMap<usize, Builder> = BTreeMap::new();
    let mut known: Option<(String, usize)> = None;
    let mut stream_of = |topic: &str| {
        if let Some((name, stream)) = &known
            && name == topic
        {
            return Some(*stream);
        }
        let stream = shared.stream_of(topic)?;
        known = Some((topic.to_owned(), stream));
        Some(stream)
    };
    for entry in fetched {
        match entry {
            Fetched::Record(record) => {
                sorted.heard = true;
                let Some(stream) = stream_of(record.topic()) else { continue };
                let Some(cursor) = cursors.get_mut(&(stream, record.partition())) else { continue };
                let builder = builders.entry(stream).or_default();
                builder.push(record, cursor);
                if builder.size >= CHUNK_BYTES {
                    sorted.chunks.push(std::mem::take(builder).finish(stream));
                }
            }
            Fetched::End { topic, partition, offset } => {
                sorted.heard = true;
                let Some(stream) = stream_of(&topic) else { continue };
                let Some(cursor) = cursors.get_mut(&(stream, partition)) else { continue };
                builders.entry(stream).or_default().end(partition, offset, cursor);
            }
            Fetched::Failed { topic, partition, code, text } => {
                let Some(place) = stream_of(&topic).map(|stream| (stream, partition)) else { continue };
                let Some(next) = cursors.get(&place).map(|cursor| cursor.next) else { continue };
                if unreadable(code) {
                    // librdkafka may go on behind a damaged batch: committed, that would pass over what is in it.
                    cursors.remove(&place);
                }
                sorted.failed.push(FailedPartition { place, next, code, text });
            }
        }
    }
    let rest = builders.into_iter().filter(|(_, builder)| !builder.spans.is_empty());
    sorted.chunks.extend(rest.map(|(stream, builder)| builder.finish(stream)));
    sorted
}

#[derive(Default)]
struct Builder {
    records: Vec<FetchedRecord>,
    spans: BTreeMap<i32, Span>,
    /// Of values.
    bytes: usize,
    /// Of whole records: a value of one byte may come with headers of a mebibyte.
    size: usize,
}

impl Builder {
    fn push(&mut self, record: FetchedRecord, cursor: &mut Cursor) {
        if record.offset() < cursor.next {
            return; // Read before.
        }
        self.bytes += record.value().map_or(0, <[u8]>::len);
        self.size += record.size();
        self.span(record.partition(), cursor).next = record.offset() + 1;
        cursor.next = record.offset() + 1;
        self.records.push(record);
    }

    fn end(&mut self, partition: i32, offset: i64, cursor: &mut Cursor) {
        let next = cursor.next.max(offset);
        let span = self.span(partition, cursor);
        (span.next, span.end) = (next, Some(next));
        cursor.next = next;
    }

    fn span(&mut self, partition: i32, cursor: &Cursor) -> &mut Span {
        let Cursor { generation, next } = *cursor;
        let span = Span { partition, generation, from: next, next, end: None, last: None, ingested: None };
        self.spans.entry(partition).or_insert(span)
    }

    fn finish(self, stream: usize) -> Chunk {
        Chunk { stream, records: self.records, spans: self.spans.into_values().collect(), bytes: self.bytes }
    }
}

/// The batch of records is as it is: read again it fails again.
pub(crate) fn unreadable(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::{
        BadCompression, BadMessage, InvalidMessage, InvalidMessageSize, InvalidRecord, MessageSizeTooLarge,
        NotImplemented, UnsupportedCompressionType,
    };
    matches!(
        code,
        BadCompression
            | BadMessage
            | InvalidMessage
            | InvalidMessageSize
            | InvalidRecord
            | MessageSizeTooLarge
            | NotImplemented
            | UnsupportedCompressionType
    )
}
