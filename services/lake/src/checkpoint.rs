//! Keeps the log cheap to open: a checksum, and now and then a checkpoint. Failing is slow, never wrong.

use crate::{
    active::ActiveFiles,
    error::Cause,
    home::sync_to_disk,
    table::{Table, blocking},
};
use buoyant_kernel::{SnapshotRef, snapshot::CheckpointWriteResult};

/// Versions between checkpoints. One that another program's commit took is made up for at the next.
pub(crate) const EVERY: u64 = 100;

/// The snapshot with its checksum, which knows all marks; without one each look-up reads the log. Blocks.
pub(crate) fn with_checksum(table: &Table, snapshot: SnapshotRef) -> SnapshotRef {
    let summed = table.on(&snapshot, |snapshot| Ok(snapshot.write_checksum(table.engine())?.1));
    summed.unwrap_or_else(|error| {
        tracing::warn!(table = %table.name, %error, "could not write a checksum; opening will be slower");
        snapshot
    })
}

/// Writes checksum and checkpoint of a version to the disk. Returns the snapshot to go on with; the same one if anything
/// failed.
pub(crate) async fn write(table: &Table, snapshot: SnapshotRef) -> SnapshotRef {
    let version = snapshot.version();
    checkpointed(table, &snapshot).await.unwrap_or_else(|error| {
        tracing::warn!(table = %table.name, version, %error, "could not checkpoint; opening will be slower");
        snapshot
    })
}

async fn checkpointed(table: &Table, snapshot: &SnapshotRef) -> Result<SnapshotRef, Cause> {
    let (of, from) = (table.clone(), snapshot.clone());
    let (written, fresh) =
        blocking("checkpointing", move || of.on(&from, |snapshot| checkpoint(&of, snapshot))).await??;
    // There may be none of this name, if another program's was in the way.
    let file = table.log_url(&format!("{:020}.checkpoint.parquet", snapshot.version()))?;
    match sync_to_disk(file).await {
        Ok(()) if matches!(written, CheckpointWriteResult::Written) => table.see_all(),
        Ok(()) => {}
        Err(error) => tracing::debug!(table = %table.name, %error, "no checkpoint"),
    }
    Ok(fresh)
}

fn checkpoint(table: &Table, snapshot: &SnapshotRef) -> Result<(CheckpointWriteResult, SnapshotRef), Cause> {
    let engine = table.engine();
    match snapshot.write_checksum(engine) {
        Ok((_, summed)) => {
            // A checkpoint of what contradicts its checksum would hide sound log entries for good.
            if !ActiveFiles::load(table, &summed)?.agree_with(&summed) {
                return Err("the checksum counts other files than the log lists".into());
            }
            Ok(summed.checkpoint(engine, None)?)
        }
        // Vacuum leaves entries that a checksum cannot be carried over; with a checkpoint to start from it can.
        Err(e) => {
            tracing::debug!(table = %table.name, error = %e, "no checksum from this snapshot; checkpointing first");
            let (written, _) = snapshot.checkpoint(engine, None)?;
            let fresh = table.load_at(snapshot.version())?;
            Ok((written, fresh.write_checksum(engine)?.1))
        }
    }
}
