//! Keeps the log cheap to open: now and then a checksum and a checkpoint. Failing is slow, never wrong.

use crate::table::Table;
use buoyant_kernel::{DeltaResult, SnapshotRef};

/// Versions between checkpoints. One that another program's commit took is made up for at the next.
pub(crate) const EVERY: u64 = 100;

/// The snapshot to go on with; the same one if anything failed. Blocks.
pub(crate) fn run(table: &Table, snapshot: SnapshotRef) -> SnapshotRef {
    match checkpoint(table, &snapshot) {
        Ok(fresh) => fresh,
        Err(e) => {
            let version = snapshot.version();
            tracing::warn!(table = %table.name, version, error = %e, "could not checkpoint; opening will be slower");
            snapshot
        }
    }
}

fn checkpoint(table: &Table, snapshot: &SnapshotRef) -> DeltaResult<SnapshotRef> {
    let engine = table.engine();
    match snapshot.write_checksum(engine) {
        Ok((_, summed)) => Ok(summed.checkpoint(engine, None)?.1),
        // Vacuum leaves entries that a checksum cannot be carried over; a checkpoint to start from heals that.
        Err(e) => {
            tracing::debug!(table = %table.name, error = %e, "no checksum from this snapshot; checkpointing first");
            snapshot.checkpoint(engine, None)?;
            let fresh = buoyant_kernel::Snapshot::builder_for(&table.url).build(engine)?;
            Ok(fresh.write_checksum(engine)?.1)
        }
    }
}
