//! What the stages share: the tables with the partitions we hold in each, and how far each partition has come.
//!
//! A partition's *generation* is a number that it gets each time it is assigned. Whatever was read under another
//! generation is dropped before it is written, so that giving up a partition needs no draining: the next reader,
//! here or elsewhere, starts from the table.

pub(crate) mod librdkafka;
pub(crate) mod room;

use crate::{
    error::{IngestError, PositionError},
    metrics::Metrics,
    pipeline::assign::position::Position,
    settings::Settings,
};
use arrow::datatypes::SchemaRef;
use contracts::Contract;
use jiff::Timestamp;
use lake::TableWriter;
use room::Room;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

/// So many batches of `flush_bytes` are held in memory at most, all streams together.
const BATCHES: usize = 4;
/// Batches may be small; waiting for one another would cost more than this.
const LEAST_ROOM: usize = 64 << 20;

/// When to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// When every partition is committed up to the end that it had when it was read to its end.
    CaughtUp,
    /// When the token is cancelled.
    Stopped,
}

/// One stream: its contract and its table.
pub(crate) struct Stream {
    pub(crate) contract: Arc<Contract>,
    /// The table's columns.
    pub(crate) schema: SchemaRef,
    /// Held while a batch is committed: assigning and revoking partitions waits for that.
    pub(crate) table: tokio::sync::Mutex<StreamTable>,
}

/// A stream's table and the partitions that we may write for.
pub(crate) struct StreamTable {
    pub(crate) writer: TableWriter,
    pub(crate) owned: BTreeMap<i32, Owned>,
}

/// A partition that is ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owned {
    pub(crate) generation: u64,
    /// As the table holds it: what the next commit expects.
    pub(crate) at: Position,
    /// Where the next batch must start. Differs from `at.next` only where a gap was accepted or nothing was stored yet.
    pub(crate) from: i64,
}

/// A stream's index and a partition.
pub(crate) type StreamPartition = (usize, i32);

/// How far a partition has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reached {
    pub(crate) generation: u64,
    /// The next offset to read, as of the last commit.
    pub(crate) committed: i64,
    /// Where the topic ended when its end was last seen *and* all before it was committed.
    pub(crate) end: Option<i64>,
}

/// What the stages tell each other besides records.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) reached: BTreeMap<StreamPartition, Reached>,
    /// Partitions that are not read: they do not continue their table, or cannot be read.
    pub(crate) stopped: BTreeMap<StreamPartition, PositionError>,
    /// Set by a writer that found somebody else writing: assign all partitions again, from the tables.
    pub(crate) fenced: bool,
    /// Offsets for Kafka's own lag monitors.
    pub(crate) uncommitted: BTreeMap<StreamPartition, i64>,
}

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
    pub(crate) streams: Vec<Arc<Stream>>,
    /// For what is decoded and not committed yet.
    pub(crate) room: Room,
    progress: Mutex<Progress>,
    generations: AtomicU64,
    abandoned: AtomicBool,
    /// Microseconds since the epoch: nothing is ingested before.
    ingested: AtomicI64,
}

impl Shared {
    pub(crate) fn new(settings: Settings, metrics: Metrics, streams: Vec<Arc<Stream>>) -> Self {
        let room = Room::new(settings.ingest.flush_bytes.saturating_mul(BATCHES).max(LEAST_ROOM));
        Self {
            room,
            settings,
            metrics,
            streams,
            progress: Mutex::default(),
            generations: AtomicU64::new(1),
            abandoned: AtomicBool::new(false),
            ingested: AtomicI64::new(0),
        }
    }

    /// A number that no partition had before.
    pub(crate) fn next_generation(&self) -> u64 {
        self.generations.fetch_add(1, Ordering::Relaxed)
    }

    /// What is ingested from here on is not ingested before this moment, microseconds since the epoch.
    pub(crate) fn not_ingested_before(&self, micros: i64) {
        self.ingested.fetch_max(micros, Ordering::Relaxed);
    }

    /// Now, unless the clock has stepped back, or is behind that of an earlier writer.
    pub(crate) fn ingested_at(&self, now: Timestamp) -> Timestamp {
        let before = self.ingested.fetch_max(now.as_microsecond(), Ordering::Relaxed);
        Timestamp::from_microsecond(before.max(now.as_microsecond())).unwrap_or(now)
    }

    /// From here on nobody waits for a table: its writer may be stuck, and what it still commits stands or is fenced.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    pub(crate) fn abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        // Every update is a single assignment: a panic elsewhere leaves nothing half done.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a partition is still assigned to us as it was when this generation of it was read. May cease to hold at any
    /// moment: only under the table's lock it is sure.
    pub(crate) fn is_current(&self, place: StreamPartition, generation: u64) -> bool {
        self.progress().reached.get(&place).is_some_and(|reached| reached.generation == generation)
    }

    pub(crate) fn stream_of(&self, topic: &str) -> Option<usize> {
        self.streams.iter().position(|stream| stream.contract.topic() == topic)
    }

    pub(crate) fn topic(&self, stream: usize) -> &str {
        self.streams[stream].contract.topic()
    }
}

impl Stream {
    pub(crate) fn name(&self) -> &str {
        self.contract.name()
    }

    /// The latest positions of these partitions. Whoever else wrote the table: this is where they go on.
    pub(crate) async fn positions(&self, partitions: &BTreeSet<i32>) -> Result<Vec<(i32, Position)>, IngestError> {
        let mut table = self.table.lock().await;
        table.writer.refresh().await.map_err(IngestError::table(self.name()))?;
        let read =
            |partition: &i32| Ok((*partition, Position::read(&table.writer, self.contract.topic(), *partition)?));
        partitions.iter().map(read).collect::<Result<_, _>>().map_err(IngestError::table(self.name()))
    }
}
