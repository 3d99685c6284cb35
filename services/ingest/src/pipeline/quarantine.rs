//! Stage 4: what is no row is kept, whole and with the reason, as a dead letter, before its block may be committed.
//!
//! One task a stream, beside the commits: while a dead letter waits for its acknowledgement nobody holds the table's
//! lock, so that partitions can be revoked and earlier blocks committed meanwhile. That is exact, because a block goes on
//! to stage 5 only once all its dead letters are acknowledged: a position never passes a record that is neither a row nor
//! a dead letter.
//!
//! At least once: where the block is dropped after that (its partition was revoked, another writer was faster, the commit
//! failed), its records are read again and its dead letters sent again. Their identity is the source topic, partition and
//! offset, in the headers that Kafka Connect uses. Headers of those names that the record came with are kept under
//! another name, so that no producer can say where its dead letter is from, or that it was dealt with.

use crate::{
    client,
    dead_letters::record::header,
    error::IngestError,
    metrics::Metrics,
    pipeline::{decode::RejectedRecord, pseudonymise::Block, shared::Shared},
    properties::KafkaSettings,
};
use contracts::Rejection;
use futures::future::try_join_all;
use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
    util::Timeout,
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc, time::Instant};
use tokio::sync::mpsc;

/// Dead letters that may be on their way at a time,
const IN_FLIGHT: usize = 256;
/// … and their bytes (but always one): the producer holds copies.
const IN_FLIGHT_BYTES: usize = 16 << 20;

/// A block whose dead letters are acknowledged: it may be committed.
pub(crate) struct Committable {
    /// Without its rejected records.
    pub(crate) block: Block,
    /// Bytes of its dead letters.
    pub(crate) dead_letter_bytes: usize,
    /// How many there were, by partition.
    dead_letters: BTreeMap<i32, u64>,
}

impl Committable {
    fn of(mut block: Block) -> Self {
        let rejected = std::mem::take(&mut block.rejected);
        let mut dead_letters = BTreeMap::new();
        for record in &rejected {
            *dead_letters.entry(record.partition).or_default() += 1;
        }
        Self { block, dead_letter_bytes: rejected.iter().map(RejectedRecord::bytes).sum(), dead_letters }
    }

    /// Dead letters of the partitions that it still covers.
    pub(crate) fn dead_letters(&self) -> u64 {
        let covered = |partition: &i32| self.block.spans.iter().any(|span| span.partition == *partition);
        self.dead_letters.iter().filter(|(partition, _)| covered(partition)).map(|(_, count)| count).sum()
    }
}

/// The stage of one stream.
pub(crate) struct Quarantine {
    pub(crate) shared: Arc<Shared>,
    pub(crate) index: usize,
    pub(crate) producer: DeadLetterProducer,
    pub(crate) blocks: mpsc::Receiver<Block>,
    pub(crate) committable: mpsc::Sender<Committable>,
}

impl Quarantine {
    /// Sends dead letters until there are no more blocks, or nobody takes them.
    pub(crate) async fn run(mut self) -> Result<(), IngestError> {
        while let Some(mut block) = self.blocks.recv().await {
            self.drop_revoked(&mut block)?;
            self.deliver(&block.rejected).await?;
            let started = Instant::now();
            if self.committable.send(Committable::of(block)).await.is_err() {
                return Ok(()); // The writer has ended, and says why.
            }
            self.shared.metrics.waited("quarantine", started.elapsed());
        }
        Ok(())
    }

    /// What is not ours any more is neither sent nor written: whoever has it now reads it again.
    fn drop_revoked(&self, block: &mut Block) -> Result<(), IngestError> {
        if block.rejected.is_empty() {
            return Ok(()); // Nothing to send; what is written is for the next stage to say.
        }
        let name = self.shared.streams[self.index].name();
        let columns = |source| IngestError::Columns { stream: name.to_owned(), source };
        block.retain(|span| self.shared.is_current((self.index, span.partition), span.generation)).map_err(columns)
    }

    async fn deliver(&self, rejected: &[RejectedRecord]) -> Result<(), IngestError> {
        let stream = &self.shared.streams[self.index];
        let source = stream.contract.topic();
        let target = self.shared.settings.dead_letter_topic(source);
        let route = Route { stream: stream.name(), source, target: &target };
        self.producer.deliver(&route, rejected, &self.shared.metrics).await
    }
}

/// Where a stream's dead letters come from and go to.
struct Route<'a> {
    stream: &'a str,
    source: &'a str,
    target: &'a str,
}

/// Sends dead letters, of all streams.
#[derive(Clone)]
pub(crate) struct DeadLetterProducer(FutureProducer);

impl DeadLetterProducer {
    pub(crate) fn new(kafka: &KafkaSettings) -> Result<Self, IngestError> {
        let creating = IngestError::kafka("creating the dead-letter producer");
        client::producer(kafka).create().map(Self).map_err(creating)
    }

    /// Returns once every dead letter is acknowledged.
    async fn deliver(
        &self,
        route: &Route<'_>,
        rejected: &[RejectedRecord],
        metrics: &Metrics,
    ) -> Result<(), IngestError> {
        let failed = |source| IngestError::DeadLetter { topic: route.target.to_owned(), source };
        for portion in portions(rejected) {
            try_join_all(portion.iter().map(|record| self.send(route, record, metrics))).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn send(&self, route: &Route<'_>, record: &RejectedRecord, metrics: &Metrics) -> Result<(), KafkaError> {
        let reason = record.rejection.reason.as_str();
        let attempts = [Extent::Whole, Extent::WithoutValue, Extent::CoordinatesOnly];
        let mut refused = None;
        for extent in attempts {
            match self.produce(route, record, extent).await {
                Ok(()) => {
                    metrics.dead_letters.with_label_values(&[route.stream, reason]).inc();
                    if extent != Extent::Whole {
                        metrics.truncated.with_label_values(&[route.stream]).inc();
                    }
                    let Route { source, .. } = route;
                    let (partition, offset) = (record.partition, record.offset);
                    tracing::debug!(topic = source, partition, offset, reason, "dead letter");
                    return Ok(());
                }
                Err(error) if too_large(&error) => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        refused.map_or(Ok(()), Err)
    }

    async fn produce(&self, route: &Route<'_>, rejected: &RejectedRecord, extent: Extent) -> Result<(), KafkaError> {
        let mut record: FutureRecord<'_, [u8], [u8]> =
            FutureRecord::to(route.target).headers(headers(route.source, rejected, extent));
        // The time of the dead letter, not of the record: retention counts from here.
        record.key = rejected.key.as_deref().filter(|_| extent == Extent::Whole);
        record.payload = rejected.value.as_deref().filter(|_| extent == Extent::Whole);
        self.0.send(record, Timeout::Never).await.map(|_| ()).map_err(|(error, _)| error)
    }
}

/// All of them, in portions that may be on their way at a time.
fn portions(records: &[RejectedRecord]) -> impl Iterator<Item = &[RejectedRecord]> {
    let (mut count, mut bytes) = (0, 0);
    records.chunk_by(move |record, next| {
        (count, bytes) = (count + 1, bytes + record.bytes());
        let room = count < IN_FLIGHT && bytes + next.bytes() <= IN_FLIGHT_BYTES;
        if !room {
            (count, bytes) = (0, 0);
        }
        room
    })
}

/// How much of a dead letter is sent: less each time the broker refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    WithoutValue,
    CoordinatesOnly,
}

fn too_large(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize)
    )
}

fn headers(source: &str, record: &RejectedRecord, extent: Extent) -> OwnedHeaders {
    let mut headers = OwnedHeaders::new();
    if extent != Extent::CoordinatesOnly {
        for (key, value) in &record.headers {
            headers = headers.insert(Header { key: &header::kept(key), value: value.as_ref() });
        }
    }
    let Rejection { reason, message } = &record.rejection;
    let mut ours = vec![
        (header::TOPIC, source.to_owned()),
        (header::PARTITION, record.partition.to_string()),
        (header::OFFSET, record.offset.to_string()),
        (header::CONNECTOR, "bellwether".to_owned()),
        (header::TASK, "ingest".to_owned()),
        (header::STAGE, "VALUE_CONVERTER".to_owned()),
        (header::CLASS, "contracts::Decoder".to_owned()),
        (header::EXCEPTION, format!("bellwether.{reason}")),
        (header::MESSAGE, format!("{reason}: {message}")),
    ];
    if extent != Extent::Whole {
        ours.push((header::TRUNCATED, sha256(record.value.as_deref().unwrap_or_default())));
    }
    ours.iter().fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Reason;

    fn rejected(bytes: usize) -> RejectedRecord {
        let rejection = Rejection::new(Reason::TooLarge, "large");
        RejectedRecord {
            partition: 0,
            offset: 0,
            key: None,
            value: Some(vec![0; bytes]),
            headers: Vec::new(),
            rejection,
        }
    }

    #[test]
    fn portions_are_bounded_in_records_and_in_bytes_and_hold_all() {
        let sizes = |records: &[RejectedRecord]| portions(records).map(<[RejectedRecord]>::len).collect::<Vec<_>>();
        let small: Vec<RejectedRecord> = (0..600).map(|_| rejected(10)).collect();
        assert_eq!(sizes(&small), [256, 256, 88]);
        let large: Vec<RejectedRecord> = [1, 8, 8, 20, 1].map(|mebibytes| rejected(mebibytes << 20)).into();
        assert_eq!(sizes(&large), [2, 1, 1, 1]);
        let mut headed: Vec<RejectedRecord> = (0..4).map(|_| rejected(1)).collect();
        headed.iter_mut().for_each(|record| record.headers.push(("trace".into(), Some(vec![0; 6 << 20]))));
        assert_eq!(sizes(&headed), [2, 2], "headers are bytes, too");
        assert!(sizes(&[]).is_empty());
    }
}
