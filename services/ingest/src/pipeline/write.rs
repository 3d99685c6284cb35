//! Stage 5: rows into Parquet, and rows and positions into the table with one commit.
//!
//! One task a stream. A batch is written when it is old, long or large enough, or its memory is needed; at that moment
//! the spans whose partition has been given up since are dropped, and what remains starts exactly where the table ends.

use crate::{
    IngestError, StreamReport, Until,
    pipeline::{
        chunk::Span,
        decode::Block,
        quarantine::{Quarantine, Route},
    },
    positions::Position,
    state::{Owned, Shared, Stream, StreamTable},
};
use arrow::{
    array::{AsArray, BooleanArray},
    compute::filter_record_batch,
    datatypes::Int32Type,
    error::ArrowError,
    record_batch::RecordBatch,
};
use lake::{Commit, Mark};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// The writer of one stream.
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) index: usize,
    pub(crate) until: Until,
    pub(crate) quarantine: Quarantine,
    pub(crate) blocks: mpsc::Receiver<Block>,
}

#[derive(Default)]
struct Batch {
    blocks: Vec<Block>,
    rows: usize,
    bytes: usize,
    /// Partitions whose end the batch reaches.
    ends: BTreeMap<i32, i64>,
    due: Option<Instant>,
}

impl Batch {
    fn push(&mut self, block: Block, age: Duration) {
        self.rows += block.rows.num_rows();
        self.bytes += block.bytes + block.letters.iter().map(super::quarantine::Letter::bytes).sum::<usize>();
        self.ends.extend(block.spans.iter().filter_map(|span| Some((span.partition, span.end?))));
        self.due.get_or_insert_with(|| Instant::now() + age);
        self.blocks.push(block);
    }
}

impl Writer {
    /// Writes until there are no more blocks, the last batch included.
    pub(crate) async fn run(mut self) -> Result<StreamReport, IngestError> {
        let mut report = StreamReport::default();
        let mut batch = Batch::default();
        let mut shortage = self.shared.room.shortage();
        loop {
            let due = batch.due;
            let open = tokio::select! {
                block = self.blocks.recv() => match block {
                    Some(block) => {
                        batch.push(block, self.shared.settings.ingest.flush_age);
                        true
                    }
                    None => false,
                },
                () = wait(due) => true,
                Ok(()) = shortage.changed() => true,
            };
            // Somebody waits for room that this batch may hold; but what is here already may join it.
            let short = *shortage.borrow_and_update() && self.blocks.is_empty() && !batch.blocks.is_empty();
            if !open || short || self.ripe(&batch).await {
                self.flush(std::mem::take(&mut batch), &mut report).await?;
            }
            if !open {
                return Ok(report);
            }
        }
    }

    fn stream(&self) -> &Arc<Stream> {
        &self.shared.streams[self.index]
    }

    async fn ripe(&self, batch: &Batch) -> bool {
        let ingest = &self.shared.settings.ingest;
        if batch.due.is_some_and(|due| due <= Instant::now())
            || batch.rows >= ingest.flush_rows
            || batch.bytes >= ingest.flush_bytes
        {
            return true;
        }
        // Nothing more to come: no need to wait for the batch to grow old.
        if self.until != Until::CaughtUp || batch.ends.is_empty() {
            return false;
        }
        let table = self.stream().table.lock().await;
        let progress = self.shared.progress();
        table.owned.keys().all(|partition| {
            let seen = progress.reached.get(&(self.index, *partition)).is_some_and(|reached| reached.end.is_some());
            seen || batch.ends.contains_key(partition)
        })
    }

    async fn flush(&self, batch: Batch, report: &mut StreamReport) -> Result<(), IngestError> {
        let stream = self.stream();
        let mut table = stream.table.lock().await;
        let Some(current) = Current::of(&table, batch).map_err(|source| self.columns(source))? else { return Ok(()) };
        let _timer = self.shared.metrics.flush_seconds.with_label_values(&[stream.name()]).start_timer();
        let topic = stream.contract.topic();
        let target = self.shared.settings.dead_letter_topic(topic);
        let route = Route { stream: stream.name(), source: topic, target: &target };
        for block in &current.blocks {
            self.quarantine.deliver(&route, &block.letters, &self.shared.metrics).await?;
        }
        let marks = current.marks(&table, topic);
        if !marks.is_empty() && !self.commit(&mut table, &current, &marks).await? {
            report.fenced += 1;
            return Ok(());
        }
        self.account(&mut table, &current, !marks.is_empty(), report);
        Ok(())
    }

    /// False where somebody else has moved a position: the batch is dropped, and everything taken again.
    async fn commit(&self, table: &mut StreamTable, current: &Current, marks: &[Mark]) -> Result<bool, IngestError> {
        let stream = self.stream();
        let rows: Vec<RecordBatch> =
            current.blocks.iter().map(|block| block.rows.clone()).filter(|rows| rows.num_rows() > 0).collect();
        let pending = table.writer.write(&rows).await.map_err(IngestError::table(stream.name()))?;
        let timer = self.shared.metrics.commit_seconds.with_label_values(&[stream.name()]).start_timer();
        let outcome = table.writer.commit(pending, marks).await.map_err(IngestError::table(stream.name()))?;
        timer.observe_duration();
        if let Commit::Fenced { name, expected, found } = outcome {
            tracing::warn!(
                stream = stream.name(),
                mark = name,
                ?expected,
                ?found,
                "another writer has moved this position: its batch stands, ours is dropped, going on from the table"
            );
            self.shared.metrics.fenced.with_label_values(&[stream.name()]).inc();
            table.owned.clear();
            self.shared.progress().fenced = true;
            return Ok(false);
        }
        Ok(true)
    }

    fn account(&self, table: &mut StreamTable, current: &Current, committed: bool, report: &mut StreamReport) {
        let metrics = &self.shared.metrics;
        let name = self.stream().name();
        let (rows, letters, bytes) = current.totals();
        report.rows += rows;
        report.dead_letters += letters;
        report.bytes += bytes;
        report.commits += u64::from(committed);
        metrics.rows.with_label_values(&[name]).inc_by(rows);
        metrics.bytes.with_label_values(&[name]).inc_by(bytes);
        if committed {
            metrics.committed(name);
        }
        let mut progress = self.shared.progress();
        for (partition, advance) in &current.advances {
            let Some(owned) = table.owned.get_mut(partition) else { continue };
            (owned.at, owned.from) = (Position { next: Some(advance.next), ..advance.to }, advance.next);
            let place = (self.index, *partition);
            if advance.moves() {
                progress.uncommitted.insert(place, advance.next);
            }
            if let Some(reached) = progress.reached.get_mut(&place).filter(|r| r.generation == owned.generation) {
                reached.committed = advance.next;
                reached.end = advance.end.or(reached.end);
            }
        }
    }

    fn columns(&self, source: ArrowError) -> IngestError {
        IngestError::Columns { stream: self.stream().name().to_owned(), source }
    }
}

async fn wait(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// What of a batch is still ours to write.
struct Current {
    blocks: Vec<Block>,
    advances: BTreeMap<i32, Advance>,
}

/// How a partition moves with the commit.
struct Advance {
    from: i64,
    next: i64,
    end: Option<i64>,
    to: Position,
}

impl Advance {
    fn moves(&self) -> bool {
        // A position is also stored where it is the first: an empty partition is caught up, too.
        self.next != self.from || self.to.next != Some(self.next)
    }
}

impl Current {
    /// Drops spans of another generation, or that do not start where the table ends, with their rows and letters.
    fn of(table: &StreamTable, batch: Batch) -> Result<Option<Self>, ArrowError> {
        let mut advances: BTreeMap<i32, Advance> = BTreeMap::new();
        let mut blocks = Vec::with_capacity(batch.blocks.len());
        for mut block in batch.blocks {
            let before = block.spans.len();
            block.spans.retain(|span| advance(&mut advances, table.owned.get(&span.partition), span));
            if block.spans.is_empty() {
                continue;
            }
            if block.spans.len() < before {
                let kept = |partition: i32| block.spans.iter().any(|span| span.partition == partition);
                block.letters.retain(|letter| kept(letter.partition));
                block.rows = of_partitions(&block.rows, kept)?;
            }
            blocks.push(block);
        }
        Ok((!advances.is_empty()).then_some(Self { blocks, advances }))
    }

    fn marks(&self, table: &StreamTable, topic: &str) -> Vec<Mark> {
        let moved = self.advances.iter().filter(|(_, advance)| advance.moves());
        moved
            .filter_map(|(partition, advance)| {
                let to = Position { next: Some(advance.next), ..advance.to };
                Some(table.owned.get(partition)?.at.marks_to(&to, topic, *partition))
            })
            .flatten()
            .collect()
    }

    fn totals(&self) -> (u64, u64, u64) {
        self.blocks.iter().fold((0, 0, 0), |(rows, letters, bytes), block| {
            (rows + block.rows.num_rows() as u64, letters + block.letters.len() as u64, bytes + block.bytes as u64)
        })
    }
}

/// Moves a partition on by a span, if the span continues it.
fn advance(advances: &mut BTreeMap<i32, Advance>, owned: Option<&Owned>, span: &Span) -> bool {
    let Some(owned) = owned.filter(|owned| owned.generation == span.generation) else { return false };
    let Owned { at, from, .. } = *owned;
    let known = advances.entry(span.partition).or_insert_with(|| Advance {
        from,
        next: from,
        end: None,
        to: at.resumed_at(from),
    });
    if known.next != span.from {
        return false;
    }
    known.next = span.next;
    known.end = span.end.or(known.end);
    known.to.last = span.last.or(known.to.last);
    known.to.ingested = span.ingested.or(known.to.ingested);
    true
}

fn of_partitions(rows: &RecordBatch, kept: impl Fn(i32) -> bool) -> Result<RecordBatch, ArrowError> {
    let partitions = rows.column(rows.schema().index_of(lake::PARTITION)?).as_primitive::<Int32Type>();
    let mask: BooleanArray = partitions.iter().map(|partition| Some(partition.is_some_and(&kept))).collect();
    filter_record_batch(rows, &mask)
}
