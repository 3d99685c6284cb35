//! Reference rows that differ from those of an earlier version.

use crate::{
    session::Limits,
    views::{Views, reference_at},
};
use arrow::{
    array::{ArrayRef, AsArray, RecordBatch},
    compute::cast,
    datatypes::DataType,
    row::{OwnedRow, RowConverter, SortField},
};
use contracts::Contract;
use datafusion::error::DataFusionError;
use lake::Lake;
use std::collections::{BTreeSet, HashMap};

type Result<T> = std::result::Result<T, DataFusionError>;

/// The rows of a reference stream as they were and as they are.
#[derive(Debug)]
pub(super) struct Difference {
    key: String,
    then: Vec<RecordBatch>,
    now: Vec<RecordBatch>,
}

impl Difference {
    /// Between version `since` and the views'; `None` where the earlier rows can no longer be read.
    pub(super) async fn find(
        lake: &Lake,
        views: &Views,
        contract: &Contract,
        since: Option<u64>,
        limits: &Limits,
    ) -> Result<Option<Self>> {
        let then = match since {
            None => Vec::new(),
            Some(version) => match read(lake, contract, version, limits).await {
                Ok(rows) => rows,
                // Log clean-up and vacuum remove earlier versions.
                Err(error) => {
                    tracing::warn!(stream = contract.name(), version, %error, "cannot tell which reference rows changed");
                    return Ok(None);
                }
            },
        };
        let now = views.reference_rows(contract.name()).await;
        Ok(Some(Self { key: contract.key().to_owned(), then, now }))
    }

    /// Keys of the rows in which one of these columns differs, or that came or went.
    pub(super) fn keys(&self, columns: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        let (then, now) = (self.rows(&self.then, columns)?, self.rows(&self.now, columns)?);
        let differs = |key: &&String| then.get(*key) != now.get(*key);
        Ok(then.keys().chain(now.keys()).filter(differs).cloned().collect())
    }

    fn rows(&self, batches: &[RecordBatch], columns: &BTreeSet<String>) -> Result<HashMap<String, OwnedRow>> {
        let mut rows = HashMap::new();
        for batch in batches {
            let picked: Vec<ArrayRef> =
                columns.iter().chain([&self.key]).filter_map(|name| batch.column_by_name(name).cloned()).collect();
            let fields = picked.iter().map(|column| SortField::new(column.data_type().clone())).collect();
            let content = RowConverter::new(fields)?.convert_columns(&picked)?;
            let Some(keys) = batch.column_by_name(&self.key) else { continue };
            let keys = cast(keys, &DataType::Utf8)?;
            let keys = keys.as_string::<i32>().iter().map(|key| key.unwrap_or_default().to_owned());
            rows.extend(keys.zip(content.iter().map(|row| row.owned())));
        }
        Ok(rows)
    }
}

async fn read(lake: &Lake, contract: &Contract, version: u64, limits: &Limits) -> Result<Vec<RecordBatch>> {
    let snapshot = lake.snapshot_at(contract.name(), version).await;
    reference_at(&snapshot.map_err(|error| DataFusionError::External(error.into()))?, contract, limits).await
}
