//! Stage 5: blocks are gathered into batches, and each batch is committed.
//!
//! One task a stream. A batch is due when it is old, long or large enough, or its memory is needed; at that moment the
//! spans whose partition has been revoked since are dropped, and what remains starts exactly where the table ends
//! ([`commit`]).

pub(crate) mod commit;

use crate::{
    error::IngestError,
    pipeline::{
        quarantine::Committable,
        shared::{Shared, Until},
    },
};
use commit::{Committer, StreamReport};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// The writer of one stream.
pub(crate) struct Writer {
    pub(crate) committer: Committer,
    pub(crate) until: Until,
    pub(crate) blocks: mpsc::Receiver<Committable>,
}

#[derive(Default)]
struct Batch {
    blocks: Vec<Committable>,
    rows: usize,
    bytes: usize,
    /// Partitions whose end the batch reaches.
    ends: BTreeMap<i32, i64>,
    due: Option<Instant>,
}

impl Batch {
    fn push(&mut self, committable: Committable, age: Duration) {
        let block = &committable.block;
        self.rows += block.rows.num_rows();
        self.bytes += block.bytes + committable.dead_letter_bytes;
        self.ends.extend(block.spans.iter().filter_map(|span| Some((span.partition, span.end?))));
        self.due.get_or_insert_with(|| Instant::now() + age);
        self.blocks.push(committable);
    }
}

impl Writer {
    /// Writes until there are no more blocks, the last batch included.
    pub(crate) async fn run(mut self) -> Result<StreamReport, IngestError> {
        let mut report = StreamReport::default();
        let mut batch = Batch::default();
        let mut shortage = self.shared().room.shortage();
        loop {
            let due = batch.due;
            let open = tokio::select! {
                block = self.blocks.recv() => match block {
                    Some(block) => {
                        batch.push(block, self.shared().settings.ingest.flush_age);
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
                self.committer.commit(std::mem::take(&mut batch).blocks, &mut report).await?;
            }
            if !open {
                return Ok(report);
            }
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.committer.shared
    }

    async fn ripe(&self, batch: &Batch) -> bool {
        let ingest = &self.shared().settings.ingest;
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
        let table = self.committer.stream().table.lock().await;
        let progress = self.shared().progress();
        table.owned.keys().all(|partition| {
            let place = (self.committer.index, *partition);
            let seen = progress.reached.get(&place).is_some_and(|reached| reached.end.is_some());
            seen || batch.ends.contains_key(partition)
        })
    }
}

async fn wait(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
