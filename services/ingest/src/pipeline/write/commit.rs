//! Stage 5, its end: rows, and the positions behind them, with one commit.
//!
//! ```text
//!  batch ─► what is still ours and continues the table ─► Parquet ─► commit ──► done: positions move
//!                                                                        └──► fenced: dropped, read again from the table
//! ```
//!
//! A commit that fails is not tried again as it is: another writer has moved the position ("fenced"), and what it has
//! committed stands. All partitions are then assigned again from their tables ([`Progress::fenced`], acted upon by stage
//! 1), so that the records which the table lacks, and no others, come once more. A table that refuses, or a disk that is
//! full, ends the run; whoever started it tries again.
//!
//! [`Progress::fenced`]: crate::pipeline::shared::Progress

use crate::{
    error::IngestError,
    pipeline::{
        assign::position::Position,
        consume::chunk::Span,
        quarantine::Committable,
        shared::{Owned, Shared, Stream, StreamTable},
    },
};
use arrow::{error::ArrowError, record_batch::RecordBatch};
use lake::{Commit, Mark};
use std::{collections::BTreeMap, sync::Arc};

/// What a run did in one stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct StreamReport {
    /// Rows committed.
    pub rows: u64,
    /// Bytes of the values behind them and behind the dead letters.
    pub bytes: u64,
    /// Records that went to the dead-letter topic.
    pub dead_letters: u64,
    /// Commits.
    pub commits: u64,
    /// Batches dropped because another writer had been faster.
    pub fenced: u64,
}

/// Commits the batches of one stream.
pub(crate) struct Committer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) index: usize,
}

impl Committer {
    pub(crate) fn stream(&self) -> &Stream {
        &self.shared.streams[self.index]
    }

    /// Writes and commits what of a batch is still ours.
    pub(crate) async fn commit(&self, batch: Vec<Committable>, report: &mut StreamReport) -> Result<(), IngestError> {
        let stream = self.stream();
        let mut table = stream.table.lock().await;
        let columns = |source| IngestError::Columns { stream: stream.name().to_owned(), source };
        let Some(current) = Current::of(&table, batch).map_err(columns)? else { return Ok(()) };
        let _timer = self.shared.metrics.flush_seconds.with_label_values(&[stream.name()]).start_timer();
        let marks = current.marks(&table, stream.contract.topic());
        if !marks.is_empty() && !self.commit_to(&mut table, &current, &marks).await? {
            report.fenced += 1;
            return Ok(());
        }
        self.account(&mut table, &current, !marks.is_empty(), report);
        Ok(())
    }

    /// False where somebody else has moved a position: the batch is dropped, and everything assigned again.
    async fn commit_to(&self, table: &mut StreamTable, current: &Current, marks: &[Mark]) -> Result<bool, IngestError> {
        let stream = self.stream();
        let pending = table.writer.write(&current.rows()).await.map_err(IngestError::table(stream.name()))?;
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
        let (rows, dead_letters, bytes) = current.totals();
        report.rows += rows;
        report.dead_letters += dead_letters;
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
}

/// What of a batch is still ours to write.
struct Current {
    blocks: Vec<Committable>,
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
    /// Drops spans of another generation, or that do not start where the table ends, with their rows.
    fn of(table: &StreamTable, batch: Vec<Committable>) -> Result<Option<Self>, ArrowError> {
        let mut advances: BTreeMap<i32, Advance> = BTreeMap::new();
        let mut blocks = Vec::with_capacity(batch.len());
        for mut committable in batch {
            committable.block.retain(|span| advance(&mut advances, table.owned.get(&span.partition), span))?;
            if !committable.block.spans.is_empty() {
                blocks.push(committable);
            }
        }
        Ok((!advances.is_empty()).then_some(Self { blocks, advances }))
    }

    fn rows(&self) -> Vec<RecordBatch> {
        self.blocks.iter().map(|of| of.block.rows.clone()).filter(|rows| rows.num_rows() > 0).collect()
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

    /// Rows, dead letters, and bytes of the values behind both.
    fn totals(&self) -> (u64, u64, u64) {
        self.blocks.iter().fold((0, 0, 0), |(rows, dead_letters, bytes), of| {
            let block = &of.block;
            (rows + block.rows.num_rows() as u64, dead_letters + of.dead_letters(), bytes + block.bytes as u64)
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
