//! What came into a table, and what left it, since an earlier version.
//!
//! Files that compaction rewrote hold the rows they held before and do not count: their log entries say so (`dataChange`).

use crate::{
    LakeError, TableSnapshot,
    active::ActiveFiles,
    advance::listed,
    log::{self, Add},
    provider::ActiveFilesProvider,
};
use arrow::{
    datatypes::{DataType, Field, Fields, Schema},
    error::ArrowError,
};
use datafusion::catalog::TableProvider;
use std::{collections::BTreeSet, sync::Arc};

/// The difference between two versions of a table.
#[derive(Debug, Clone)]
pub enum Changes {
    /// The log no longer reaches back to the earlier version: anything may have changed.
    Unknown,
    /// Every row that came, and the partitions that rows left.
    Known {
        /// The files that brought rows; `None` where none did.
        added: Option<Arc<dyn TableProvider>>,
        /// Values of the first partition column (as the log writes them) of files whose rows were taken away;
        /// of an unpartitioned table the empty string.
        removed: BTreeSet<String>,
    },
}

impl TableSnapshot {
    /// What changed after version `since`, up to this one.
    pub async fn changes_since(&self, since: u64) -> Result<Changes, LakeError> {
        if since > self.version() {
            return Ok(Changes::Unknown);
        }
        let Some(actions) = log::actions(self.table(), since, self.version()).await? else {
            return Ok(Changes::Unknown);
        };
        let (mut adds, mut removed) = (Vec::new(), BTreeSet::new());
        for action in actions {
            adds.extend(action.add.filter(|add| add.data_change));
            if let Some(gone) = action.remove.filter(|remove| remove.data_change) {
                let Some(values) = gone.partition_values else { return Ok(Changes::Unknown) };
                removed.insert(values.into_values().next().flatten().unwrap_or_default());
            }
        }
        let added = match adds.is_empty() {
            true => None,
            false => Some(self.files_of(&adds)?),
        };
        Ok(Changes::Known { added, removed })
    }

    /// A scan of these files, whether they still are active or not: compaction leaves them in place until vacuum.
    fn files_of(&self, adds: &[Add]) -> Result<Arc<dyn TableProvider>, LakeError> {
        let failed = |error: ArrowError| self.table().failed("reading the log", error);
        let columns = columns(self.partition_by(), &self.schema()).map_err(failed)?;
        let list = listed(&adds.iter().collect::<Vec<_>>(), &Arc::new(columns)).map_err(failed)?;
        let files = Arc::new(ActiveFiles::of(list, self.partition_by().to_vec()));
        let provider = ActiveFilesProvider::new(self.table().clone(), self.schema(), files);
        Ok(Arc::new(provider.map_err(|e| self.table().failed("preparing a scan", e))?))
    }
}

/// The columns of a list of active files, without statistics.
fn columns(partition_by: &[String], columns: &Schema) -> Result<Schema, ArrowError> {
    let typed = |name: &String| Ok(Field::new(name, columns.field_with_name(name)?.data_type().clone(), true));
    let partitions: Fields = partition_by.iter().map(typed).collect::<Result<Vec<_>, ArrowError>>()?.into();
    Ok(Schema::new(vec![
        Field::new("path", DataType::Utf8, true),
        Field::new("size", DataType::Int64, true),
        Field::new("modificationTime", DataType::Int64, true),
        Field::new("partitionValues_parsed", DataType::Struct(partitions), true),
    ]))
}
