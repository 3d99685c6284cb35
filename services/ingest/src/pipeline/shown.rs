//! What reading shows outside: lag as a metric, offsets for Kafka's own monitors.

use crate::{handshake::Handshake, native::FetchQueue, state::Shared};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
};

/// Records between what is committed to the lake and the end of each partition.
pub(crate) fn lag(shared: &Shared, queue: &FetchQueue<Handshake>) {
    for ((stream, partition), reached) in &shared.progress().reached {
        let topic = shared.topic(*stream);
        if let Some(high) = queue.high_watermark(topic, *partition) {
            let lag = high.saturating_sub(reached.committed).max(0);
            shared.metrics.lag.with_label_values(&[topic, &partition.to_string()]).set(lag);
        }
    }
}

/// Tells Kafka how far the tables are, for its own lag monitors. Nothing reads it back.
pub(crate) fn offsets(shared: &Shared, consumer: &BaseConsumer<Handshake>, mode: CommitMode) {
    let reached = std::mem::take(&mut shared.progress().uncommitted);
    let mut list = TopicPartitionList::new();
    for ((stream, partition), next) in reached {
        let _ = list.add_partition_offset(shared.topic(stream), partition, Offset::Offset(next));
    }
    if list.count() > 0
        && let Err(error) = consumer.commit(&list, mode)
    {
        tracing::debug!(%error, "offsets could not be committed to Kafka");
    }
}
