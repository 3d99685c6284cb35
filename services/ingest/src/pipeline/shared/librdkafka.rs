//! The one place that talks to librdkafka directly: records in batches, without a copy, and the *offset* of a
//! partition's end event, neither of which the safe wrapper offers.
//!
//! ```text
//!  partition queues ──forwarded──► FetchQueue ──fetch──► Vec<Fetched>: records and end events
//!  consumer queue   ─────────────────────────────────► BaseConsumer::poll: rebalances, errors
//! ```
#![expect(unsafe_code, reason = "librdkafka's batch interface is C only; every block says why it is sound")]

use crate::size;
use rdkafka::{
    bindings as ffi,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::RDKafkaErrorCode,
};
use std::{
    ffi::{CStr, CString, c_char},
    ptr,
    sync::{
        Arc,
        atomic::{AtomicPtr, Ordering},
    },
    time::Duration,
};

/// Where partitions forward their records to, as far as a rebalance callback needs to know. Null while there is none.
#[derive(Debug, Default)]
pub(crate) struct QueueSlot(AtomicPtr<ffi::rd_kafka_queue_t>);

impl QueueSlot {
    /// Forwards the partition's records to the queue in this slot.
    ///
    /// Called before an assignment (so that no record ever goes to the consumer's own queue) and after it (because
    /// ending an earlier assignment of the partition cleared the forwarding). Records that arrive in between wait in
    /// the partition's queue and move with it.
    pub(crate) fn attach<C: ConsumerContext>(&self, consumer: &BaseConsumer<C>, topic: &str, partition: i32) {
        let target = self.0.load(Ordering::Acquire);
        let Ok(topic) = CString::new(topic) else { return };
        if target.is_null() {
            return;
        }
        // SAFETY: the client lives (we borrow it); the topic is a NUL-terminated string that outlives the call;
        // `target` is alive because `FetchQueue` empties this slot before it destroys it, on the thread that polls,
        // which is the thread that runs callbacks. The partition's queue is ours to release.
        unsafe {
            let source = ffi::rd_kafka_queue_get_partition(consumer.client().native_ptr(), topic.as_ptr(), partition);
            if !source.is_null() {
                ffi::rd_kafka_queue_forward(source, target);
                ffi::rd_kafka_queue_destroy(source);
            }
        }
    }
}

/// A queue that all assigned partitions forward to.
pub(crate) struct FetchQueue<C: ConsumerContext + 'static> {
    queue: *mut ffi::rd_kafka_queue_t,
    slot: Arc<QueueSlot>,
    // Declared last: the client must outlive its queue.
    consumer: Arc<BaseConsumer<C>>,
}

/// What one entry of the queue is.
pub(crate) enum Fetched<C: ConsumerContext + 'static> {
    /// A record.
    Record(Record<C>),
    /// The partition was read up to here; records that `read_committed` hides are behind this offset too.
    End { topic: String, partition: i32, offset: i64 },
    /// The partition cannot be read on.
    Failed { topic: String, partition: i32, code: RDKafkaErrorCode, text: String },
}

impl<C: ConsumerContext + 'static> FetchQueue<C> {
    /// Makes the queue and puts it into the slot that the consumer's context looks into.
    pub(crate) fn new(consumer: Arc<BaseConsumer<C>>, slot: Arc<QueueSlot>) -> Self {
        // SAFETY: the client lives; the queue is destroyed in `drop`, before the client.
        let queue = unsafe { ffi::rd_kafka_queue_new(consumer.client().native_ptr()) };
        slot.0.store(queue, Ordering::Release);
        Self { queue, slot, consumer }
    }

    /// Up to `most` entries, in the order of each partition; waits up to `limit` for them.
    pub(crate) fn fetch(&self, most: usize, limit: Duration) -> Vec<Fetched<C>> {
        let mut entries: Vec<*mut ffi::rd_kafka_message_t> = vec![ptr::null_mut(); most];
        let limit = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the buffer has room for `most` pointers, and at most that many are written; each becomes ours.
        let count = unsafe { ffi::rd_kafka_consume_batch_queue(self.queue, limit, entries.as_mut_ptr(), most) };
        entries.truncate(usize::try_from(count).unwrap_or(0));
        entries.into_iter().map(|raw| Record { raw, _consumer: Arc::clone(&self.consumer) }.classify()).collect()
    }

    /// The end of a partition as the last fetch saw it, without asking the broker.
    pub(crate) fn high_watermark(&self, topic: &str, partition: i32) -> Option<i64> {
        self.watermarks(topic, partition).map(|(_, high)| high)
    }

    /// The partition's first offset and its end, as the last fetch saw them.
    pub(crate) fn watermarks(&self, topic: &str, partition: i32) -> Option<(i64, i64)> {
        let topic = CString::new(topic).ok()?;
        let (mut low, mut high) = (-1, -1);
        // SAFETY: plain out-parameters and a string that outlives the call; the client lives.
        let code = unsafe {
            let client = self.consumer.client().native_ptr();
            ffi::rd_kafka_get_watermark_offsets(client, topic.as_ptr(), partition, &raw mut low, &raw mut high)
        };
        (code == ffi::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0).then_some((low.max(0), high))
    }
}

impl<C: ConsumerContext + 'static> Drop for FetchQueue<C> {
    fn drop(&mut self) {
        self.slot.0.store(ptr::null_mut(), Ordering::Release);
        // SAFETY: ours, not used again, and the client still lives.
        unsafe { ffi::rd_kafka_queue_destroy(self.queue) };
    }
}

/// A record that librdkafka owns until this is dropped: key, value and headers are borrowed from it.
pub(crate) struct Record<C: ConsumerContext + 'static> {
    raw: *mut ffi::rd_kafka_message_t,
    // librdkafka wants its records back before the client goes: fields are dropped after `drop` has run.
    _consumer: Arc<BaseConsumer<C>>,
}

// SAFETY: a record is not tied to the thread that fetched it, and nobody else holds it; the client is thread-safe.
unsafe impl<C: ConsumerContext + 'static> Send for Record<C> {}

impl<C: ConsumerContext + 'static> Record<C> {
    fn classify(self) -> Fetched<C> {
        // SAFETY: `raw` is valid and ours for as long as `self`.
        let (error, partition, offset) = unsafe { ((*self.raw).err, (*self.raw).partition, (*self.raw).offset) };
        match RDKafkaErrorCode::from(error) {
            RDKafkaErrorCode::NoError => Fetched::Record(self),
            RDKafkaErrorCode::PartitionEOF => Fetched::End { topic: self.topic().to_owned(), partition, offset },
            code => {
                // Of an error librdkafka keeps its words in the place of the value.
                let text = String::from_utf8_lossy(self.value().unwrap_or_default()).into_owned();
                Fetched::Failed { topic: self.topic().to_owned(), partition, code, text }
            }
        }
    }

    pub(crate) fn topic(&self) -> &str {
        // SAFETY: the topic handle, where there is one, lives as long as the record, and so does its name.
        let name = unsafe {
            let topic = (*self.raw).rkt;
            if topic.is_null() {
                return "";
            }
            CStr::from_ptr(ffi::rd_kafka_topic_name(topic))
        };
        name.to_str().unwrap_or_default()
    }

    pub(crate) fn partition(&self) -> i32 {
        // SAFETY: `raw` is valid as long as `self`.
        unsafe { (*self.raw).partition }
    }

    pub(crate) fn offset(&self) -> i64 {
        // SAFETY: `raw` is valid as long as `self`.
        unsafe { (*self.raw).offset }
    }

    /// Milliseconds since the epoch, -1 where there is none.
    pub(crate) fn timestamp(&self) -> i64 {
        // SAFETY: `raw` is valid as long as `self`; a null type pointer is allowed.
        unsafe { ffi::rd_kafka_message_timestamp(self.raw, ptr::null_mut()) }
    }

    pub(crate) fn key(&self) -> Option<&[u8]> {
        // SAFETY: librdkafka vouches for pointer and length, for as long as the record lives.
        unsafe { slice((*self.raw).key.cast(), (*self.raw).key_len) }
    }

    /// `None` is Kafka's null, not an empty value.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        // SAFETY: librdkafka vouches for pointer and length, for as long as the record lives.
        unsafe { slice((*self.raw).payload.cast(), (*self.raw).len) }
    }

    /// Bytes of key, value and headers: what the record takes wherever it is kept whole.
    pub(crate) fn size(&self) -> usize {
        let mut headers = Vec::new();
        self.each_header(|name, value| headers.push((name.count_bytes(), value)));
        size::of_record(self.key(), self.value(), headers)
    }

    /// Name and value of every header.
    pub(crate) fn headers(&self) -> Vec<(String, Option<Vec<u8>>)> {
        let mut found = Vec::new();
        self.each_header(|name, value| found.push((name.to_string_lossy().into_owned(), value.map(<[u8]>::to_vec))));
        found
    }

    fn each_header<'a>(&'a self, mut each: impl FnMut(&'a CStr, Option<&'a [u8]>)) {
        let mut headers = ptr::null_mut();
        // SAFETY: the headers live as long as the record; each out-parameter is read only where the call succeeded.
        unsafe {
            let none = ffi::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR;
            if ffi::rd_kafka_message_headers(self.raw, &raw mut headers) != none {
                return;
            }
            for index in 0.. {
                let (mut name, mut value, mut size) = (ptr::null::<c_char>(), ptr::null(), 0);
                let code = ffi::rd_kafka_header_get_all(headers, index, &raw mut name, &raw mut value, &raw mut size);
                if code != none {
                    return;
                }
                each(CStr::from_ptr(name), slice(value.cast(), size));
            }
        }
    }
}

impl<C: ConsumerContext + 'static> Drop for Record<C> {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again; the client still lives.
        unsafe { ffi::rd_kafka_message_destroy(self.raw) };
    }
}

/// # Safety
/// `start`, unless null, points to `length` bytes that live for `'a`.
unsafe fn slice<'a>(start: *const u8, length: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise.
    (!start.is_null()).then(|| unsafe { std::slice::from_raw_parts(start, length) })
}
