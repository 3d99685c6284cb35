//! Opens a table for writing: create it, check it, add its new optional columns.

use crate::{
    checkpoint::{self, with_checksum},
    error::LakeError,
    home::sync_to_disk,
    spec::{self, TableSpec},
    table::{Table, blocking},
};
use buoyant_kernel::{SnapshotRef, committer::FileSystemCommitter, schema::StructField, transaction::CommitResult};
use deltalake::{
    kernel::transaction::CommitProperties,
    logstore::{StorageConfig, logstore_for},
    operations::create::CreateBuilder,
    protocol::SaveMode,
};

/// Other writers may evolve the table at the same time; each conflict is another's progress.
const MAX_CONFLICTS: u32 = 20;

/// The latest snapshot of the table, which fits the spec and has its checksum, so that marks cost no reading.
pub(crate) async fn open(table: &Table, spec: &TableSpec) -> Result<SnapshotRef, LakeError> {
    if !table.exists().await? {
        create(table, spec).await?;
    }
    let snapshot = open_there(table.clone(), spec.clone()).await?;
    // Until there is a sound checkpoint, other programs cannot read the table, and every start examines its log.
    Ok(if table.leaves_out() { checkpoint::write(table, snapshot).await } else { snapshot })
}

async fn open_there(table: Table, spec: TableSpec) -> Result<SnapshotRef, LakeError> {
    blocking("opening a table", move || {
        let mut snapshot = table.load()?;
        spec::check_properties(&table, &snapshot, &spec)?;
        for _ in 0..MAX_CONFLICTS {
            let missing = spec::missing_columns(&table, &snapshot, &spec)?;
            if missing.is_empty() {
                warn_of_unnamed(&table, spec::unnamed_columns(&snapshot, &spec)?);
                return Ok(with_checksum(&table, snapshot));
            }
            add_columns(&table, &snapshot, missing)?;
            snapshot = table.load()?;
        }
        Err(table.failed("adding columns", "other writers kept changing the table"))
    })
    .await?
}

fn warn_of_unnamed(table: &Table, columns: Vec<String>) {
    if !columns.is_empty() {
        tracing::warn!(
            table = %table.name,
            columns = columns.join(","),
            "the table has columns that its schema does not name (rolled back, or added by another engine): new rows have \
             no value there"
        );
    }
}

/// Creates an empty table. Two programs may do so at once: whoever comes second finds it there.
async fn create(table: &Table, spec: &TableSpec) -> Result<(), LakeError> {
    let failed = |e| table.failed("creating it", e);
    let columns: Vec<StructField> = spec::delta_schema(spec)?.fields().cloned().collect();
    let properties = spec.properties.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
    let log_store = logstore_for(&table.url, StorageConfig::default()).map_err(failed)?;
    let created = CreateBuilder::new()
        .with_log_store(log_store)
        .with_save_mode(SaveMode::ErrorIfExists)
        .with_table_name(&*table.name)
        .with_columns(columns)
        .with_partition_columns(&spec.partition_by)
        .with_configuration(properties)
        .with_raise_if_key_not_exists(false)
        // A retry would put a second definition on top of another program's.
        .with_commit_properties(CommitProperties::default().with_max_retries(0))
        .await;
    match created {
        Err(e) if !table.exists().await? => return Err(failed(e)),
        _ => {}
    }
    let first = table.log_url("00000000000000000000.json").map_err(|e| table.failed("creating it", e))?;
    sync_to_disk(first).await.map_err(|e| table.failed("creating it", e))
}

/// Adds optional columns, unless another writer was faster. No file is rewritten: they read as null.
fn add_columns(table: &Table, snapshot: &SnapshotRef, missing: Vec<StructField>) -> Result<(), LakeError> {
    let failed = |e| table.failed("adding columns", e);
    let mut missing = missing.into_iter();
    let Some(first) = missing.next() else { return Ok(()) };
    let alter = missing.fold(snapshot.clone().alter_table().add_column(first), |alter, field| alter.add_column(field));
    let alter = alter.build(table.engine(), Box::new(FileSystemCommitter::new())).map_err(failed)?;
    match alter.commit(table.engine()).map_err(failed)? {
        CommitResult::CommittedTransaction(_) | CommitResult::ConflictedTransaction(_) => Ok(()),
        CommitResult::RetryableTransaction(retryable) => Err(failed(retryable.error)),
    }
}
