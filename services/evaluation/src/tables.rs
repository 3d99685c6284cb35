//! The raw tables that an evaluation reads, each at one version.

use crate::edition::Edition;
use contracts::{Contract, Contracts};
use datafusion::{
    arrow::record_batch::RecordBatch, catalog::TableProvider, datasource::MemTable, error::DataFusionError,
};
use lake::{Lake, LakeError, TableSnapshot};
use std::{collections::BTreeMap, sync::Arc};

/// Raw tables by stream: every revision of every row, as ingested. A stream without a table is empty and typed.
#[derive(Debug, Clone)]
pub struct Tables {
    contracts: Contracts,
    providers: BTreeMap<String, Arc<dyn TableProvider>>,
    /// Of the tables that lie in a lake.
    snapshots: BTreeMap<String, TableSnapshot>,
}

impl Tables {
    /// The latest version of every stream's table.
    pub async fn open(lake: &Lake, contracts: &Contracts) -> Result<Self, LakeError> {
        let none = Self { contracts: contracts.clone(), providers: BTreeMap::new(), snapshots: BTreeMap::new() };
        none.latest(lake).await
    }

    /// The same tables at their latest versions. Reads only what came since.
    pub async fn latest(&self, lake: &Lake) -> Result<Self, LakeError> {
        let mut tables = self.clone();
        for contract in self.contracts.iter() {
            let name = contract.name();
            let latest = match self.snapshots.get(name) {
                Some(snapshot) => Some(snapshot.latest().await?),
                None => lake.snapshot(name).await?,
            };
            if let Some(snapshot) = latest
                && self.edition(name) != Some(Edition::of(&snapshot))
            {
                tables.providers.insert(name.to_owned(), snapshot.provider()?);
                tables.snapshots.insert(name.to_owned(), snapshot);
            }
        }
        Ok(tables)
    }

    /// Tables from memory: the columns of each stream's contract, for reference streams also `_offset`,
    /// `_partition` where there are several, and `_ingested_at` where offsets start again.
    pub fn in_memory(contracts: &Contracts, rows: BTreeMap<String, Vec<RecordBatch>>) -> Result<Self, DataFusionError> {
        let mut providers: BTreeMap<String, Arc<dyn TableProvider>> = BTreeMap::new();
        for (stream, batches) in rows {
            if let Some(first) = batches.first() {
                let table = MemTable::try_new(first.schema(), batches.into_iter().map(|batch| vec![batch]).collect())?;
                providers.insert(stream, Arc::new(table));
            }
        }
        Ok(Self { contracts: contracts.clone(), providers, snapshots: BTreeMap::new() })
    }

    /// The contracts that the tables follow.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// Which table a stream has, and its version; `None` where nothing was ever ingested.
    pub(crate) fn edition(&self, stream: &str) -> Option<Edition> {
        self.snapshots.get(stream).map(Edition::of)
    }

    /// A stream's table in the lake.
    pub(crate) fn snapshot(&self, stream: &str) -> Option<&TableSnapshot> {
        self.snapshots.get(stream)
    }

    /// A stream's table, `None` where nothing was ever ingested.
    pub fn provider(&self, contract: &Contract) -> Option<Arc<dyn TableProvider>> {
        self.providers.get(contract.name()).map(Arc::clone)
    }
}
