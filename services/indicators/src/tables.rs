//! The raw tables that an evaluation reads, each at one version.

use crate::store;
use contracts::{Contract, Contracts};
use datafusion::{
    arrow::record_batch::RecordBatch, catalog::TableProvider, datasource::MemTable, error::DataFusionError,
};
use lake::{Lake, LakeError};
use std::{collections::BTreeMap, sync::Arc};

/// Raw tables by stream: every revision of every row, as ingested. A stream without a table is empty and typed.
#[derive(Debug, Clone)]
pub struct Tables {
    contracts: Contracts,
    providers: BTreeMap<String, Arc<dyn TableProvider>>,
    versions: BTreeMap<String, u64>,
    follows: Option<i64>,
}

impl Tables {
    /// The latest version of every stream's table. The evaluation stored last is noted first: whoever stores another one
    /// after that may have read newer tables, and wins.
    pub async fn open(lake: &Lake, contracts: &Contracts) -> Result<Self, LakeError> {
        let follows = store::latest(lake).await?;
        let mut tables =
            Self { contracts: contracts.clone(), providers: BTreeMap::new(), versions: BTreeMap::new(), follows };
        for contract in contracts.iter() {
            if let Some(snapshot) = lake.snapshot(contract.name()).await? {
                tables.providers.insert(contract.name().to_owned(), snapshot.provider()?);
                tables.versions.insert(contract.name().to_owned(), snapshot.version());
            }
        }
        Ok(tables)
    }

    /// Tables from memory: the columns of each stream's contract, for reference streams also `_offset`,
    /// and `_ingested_at` where offsets start again.
    pub fn in_memory(contracts: &Contracts, rows: BTreeMap<String, Vec<RecordBatch>>) -> Result<Self, DataFusionError> {
        let mut providers: BTreeMap<String, Arc<dyn TableProvider>> = BTreeMap::new();
        for (stream, batches) in rows {
            if let Some(first) = batches.first() {
                let table = MemTable::try_new(first.schema(), batches.into_iter().map(|batch| vec![batch]).collect())?;
                providers.insert(stream, Arc::new(table));
            }
        }
        Ok(Self { contracts: contracts.clone(), providers, versions: BTreeMap::new(), follows: None })
    }

    /// The contracts that the tables follow.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// Table version of every stream that has a table.
    pub fn versions(&self) -> &BTreeMap<String, u64> {
        &self.versions
    }

    /// Number of the evaluation that was stored last before the tables were read; `None` where there was none.
    pub(crate) fn follows(&self) -> Option<i64> {
        self.follows
    }

    /// A stream's table, `None` where nothing was ever ingested.
    pub(crate) fn provider(&self, contract: &Contract) -> Option<Arc<dyn TableProvider>> {
        self.providers.get(contract.name()).map(Arc::clone)
    }
}
