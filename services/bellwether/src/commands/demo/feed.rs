//! Publishes deliveries no faster than they are ingested, and notices if any was lost.
//!
//! The embedded broker drops the oldest batches of a partition above 5 MiB without a word. What is under way stays far
//! below that, and in the end every record sent must be counted as a row or a dead letter.

use super::stage::Stage;
use crate::{failure::Failure, logging::Progress};
use contracts::Contracts;
use ingest::{PublishError, Publisher};
use prometheus::Registry;
use simulator::Delivery;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{Instant, sleep};

/// Records handed over between two looks at what has been ingested.
const CHUNK: usize = 2_000;
/// Records of one stream that may be under way: about 4 MB, which would fit into a single partition.
const UNDER_WAY: u64 = 10_000;
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Nothing ingested for so long, with records under way: they are lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// A record ready to send.
struct Record {
    topic: String,
    key: String,
    value: Vec<u8>,
}

/// The way from the simulation into the broker.
pub struct Feed {
    publisher: Option<Publisher>,
    contracts: Contracts,
    registry: Registry,
    sent: BTreeMap<&'static str, u64>,
}

impl Feed {
    /// Connects to the stage's broker.
    pub async fn new(stage: &Stage) -> Result<Self, Failure> {
        let kafka = stage.kafka.clone();
        let publisher = tokio::task::spawn_blocking(move || Publisher::new(&kafka)).await??;
        let (contracts, registry) = (stage.contracts.clone(), stage.registry.clone());
        Ok(Self { publisher: Some(publisher), contracts, registry, sent: BTreeMap::new() })
    }

    /// Sends these deliveries, waiting for ingestion where it falls behind.
    pub async fn send(&mut self, deliveries: &[Delivery], progress: bool) -> Result<(), Failure> {
        let progress = progress.then(|| Progress::new("events sent", whole(deliveries.len())));
        for chunk in deliveries.chunks(CHUNK) {
            let records = chunk.iter().map(|delivery| self.record(delivery)).collect::<Result<Vec<_>, _>>()?;
            self.hand_over(records.into_iter().flatten().collect()).await?;
            self.until(UNDER_WAY).await?;
            if let Some(progress) = &progress {
                progress.advance(whole(chunk.len()));
            }
        }
        Ok(())
    }

    /// Waits until everything sent is in the lake.
    pub async fn settle(&mut self) -> Result<(), Failure> {
        self.until(0).await
    }

    /// Events sent so far.
    pub fn total(&self) -> u64 {
        self.sent.values().sum()
    }

    fn record(&mut self, delivery: &Delivery) -> Result<Option<Record>, serde_json::Error> {
        let event = &delivery.event;
        let Some(contract) = self.contracts.get(event.stream()) else { return Ok(None) };
        let record =
            Record { topic: contract.topic().to_owned(), key: event.key().to_owned(), value: event.payload()? };
        *self.sent.entry(event.stream()).or_default() += 1;
        Ok(Some(record))
    }

    /// Publishing blocks, so it has a thread of its own for a while.
    async fn hand_over(&mut self, records: Vec<Record>) -> Result<(), Failure> {
        let Some(mut publisher) = self.publisher.take() else { return Ok(()) };
        let publishing = move || -> Result<Publisher, PublishError> {
            for record in records {
                publisher.send(&record.topic, Some(record.key.as_bytes()), Some(&record.value))?;
            }
            publisher.flush()?;
            Ok(publisher)
        };
        self.publisher = Some(tokio::task::spawn_blocking(publishing).await??);
        Ok(())
    }

    /// Waits until no stream has more than `under_way` records between sending and lake.
    async fn until(&self, under_way: u64) -> Result<(), Failure> {
        let (mut seen, mut moved) = (0, Instant::now());
        loop {
            let arrived = self.arrived();
            let behind = |(stream, sent): (&&'static str, &u64)| {
                let missing = sent.saturating_sub(arrived.get(*stream).copied().unwrap_or(0));
                (missing > under_way).then_some((*stream, missing))
            };
            let Some((stream, missing)) = self.sent.iter().find_map(behind) else { return Ok(()) };
            let total = arrived.values().sum::<u64>();
            if total > seen {
                (seen, moved) = (total, Instant::now());
            } else if moved.elapsed() > PATIENCE {
                return Err(anyhow::anyhow!(
                    "{missing} records of {stream} were sent to the embedded broker and did not reach the lake within \
                     {} s: it has dropped them; demonstrate fewer sites or weeks",
                    PATIENCE.as_secs()
                )
                .into());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Rows and dead letters of each stream, as ingestion itself counts them.
    fn arrived(&self) -> BTreeMap<String, u64> {
        let mut arrived = BTreeMap::new();
        for family in self.registry.gather() {
            if !["bellwether_ingested_rows_total", "bellwether_dead_letters_total"].contains(&family.name()) {
                continue;
            }
            for metric in family.get_metric() {
                let stream = metric.get_label().iter().find(|label| label.name() == "stream");
                if let Some(stream) = stream {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
                    let count = metric.get_counter().get_value() as u64;
                    *arrived.entry(stream.value().to_owned()).or_default() += count;
                }
            }
        }
        arrived
    }
}

/// More than can be counted is as good as the most that can.
fn whole(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
