//! What came into a table, and what left it, since an earlier version.
//!
//! Files that compaction rewrote hold the rows they held before and do not count: their log entries say so (`dataChange`).

use crate::{LakeError, TableSnapshot, active::ActiveFiles, provider::ActiveFilesProvider};
use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray},
    compute::cast,
    datatypes::{Field, Fields, Schema},
    error::ArrowError,
};
use datafusion::catalog::TableProvider;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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

/// A line of a log entry, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Action {
    add: Option<Add>,
    remove: Option<Remove>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Add {
    path: String,
    size: i64,
    modification_time: i64,
    partition_values: BTreeMap<String, Option<String>>,
    data_change: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remove {
    data_change: bool,
    partition_values: Option<BTreeMap<String, Option<String>>>,
}

impl TableSnapshot {
    /// What changed after version `since`, up to this one.
    pub async fn changes_since(&self, since: u64) -> Result<Changes, LakeError> {
        if since > self.version() {
            return Ok(Changes::Unknown);
        }
        let (mut adds, mut removed) = (Vec::new(), BTreeSet::new());
        for version in since + 1..=self.version() {
            let entry = self.table().log_entry(version).await;
            let Some(entry) = entry.map_err(|e| self.table().failed("reading the log", e))? else {
                return Ok(Changes::Unknown);
            };
            for line in entry.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let action: Action =
                    serde_json::from_slice(line).map_err(|e| self.table().failed("reading the log", e))?;
                adds.extend(action.add.filter(|add| add.data_change));
                if let Some(gone) = action.remove.filter(|remove| remove.data_change) {
                    let Some(values) = gone.partition_values else { return Ok(Changes::Unknown) };
                    removed.insert(values.into_values().next().flatten().unwrap_or_default());
                }
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
        let list = list(adds, self.partition_by(), &self.schema()).map_err(failed)?;
        let files = Arc::new(ActiveFiles::of(list, self.partition_by().to_vec()));
        let provider = ActiveFilesProvider::new(self.table().clone(), self.schema(), files);
        Ok(Arc::new(provider.map_err(|e| self.table().failed("preparing a scan", e))?))
    }
}

/// The columns of [`ActiveFiles`], without statistics.
fn list(adds: &[Add], partition_by: &[String], columns: &Schema) -> Result<RecordBatch, ArrowError> {
    let value = |add: &Add, name: &String| add.partition_values.get(name).cloned().flatten();
    let mut fields = Vec::new();
    let mut values: Vec<ArrayRef> = Vec::new();
    for name in partition_by {
        let of_type = columns.field_with_name(name)?.data_type();
        let text: StringArray = adds.iter().map(|add| value(add, name)).collect();
        values.push(cast(&text, of_type)?);
        fields.push(Field::new(name, of_type.clone(), true));
    }
    let partitions = StructArray::try_new_with_length(Fields::from(fields), values, None, adds.len())?;
    let longs = |of: fn(&Add) -> i64| -> ArrayRef { Arc::new(adds.iter().map(of).collect::<Int64Array>()) };
    RecordBatch::try_from_iter([
        ("path", Arc::new(adds.iter().map(|add| Some(add.path.as_str())).collect::<StringArray>()) as ArrayRef),
        ("size", longs(|add| add.size)),
        ("modificationTime", longs(|add| add.modification_time)),
        ("partitionValues_parsed", Arc::new(partitions) as ArrayRef),
    ])
}
