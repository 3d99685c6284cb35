//! The raw tables that an evaluation reads, each at one version, and how new what they hold is.

use contracts::{Contract, Contracts};
use datafusion::{
    arrow::record_batch::RecordBatch, catalog::TableProvider, datasource::MemTable, error::DataFusionError,
};
use jiff::Timestamp;
use lake::{INGESTED_AT, Lake, LakeError, TableSnapshot};
use sha2::{Digest, Sha256};
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
                && self.version(name) != Some(TableVersion::of(&snapshot))
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

    /// The version of a stream's table; `None` where nothing was ever ingested.
    pub(crate) fn version(&self, stream: &str) -> Option<TableVersion> {
        self.snapshots.get(stream).map(TableVersion::of)
    }

    /// A stream's table in the lake.
    pub(crate) fn snapshot(&self, stream: &str) -> Option<&TableSnapshot> {
        self.snapshots.get(stream)
    }

    /// A stream's table, `None` where nothing was ever ingested.
    pub fn provider(&self, contract: &Contract) -> Option<Arc<dyn TableProvider>> {
        self.providers.get(contract.name()).map(Arc::clone)
    }

    /// How new each stream is that has rows in the lake. Reads nothing: the statistics of the tables' files say it.
    pub fn freshness(&self) -> Vec<Freshness> {
        self.contracts().iter().filter_map(|contract| self.fresh(contract)).collect()
    }

    fn fresh(&self, contract: &Contract) -> Option<Freshness> {
        let table = self.snapshot(contract.name())?;
        let newest = |column: &str| Timestamp::from_microsecond(table.newest(column)?).ok();
        let recorded = newest(RECORDED_AT).or_else(|| newest(contract.event_time()?))?;
        Some(Freshness { stream: contract.name().to_owned(), recorded, ingested: newest(INGESTED_AT) })
    }
}

/// The column that says when a source recorded an event. A stream without it goes by its event time.
const RECORDED_AT: &str = "recorded_at";

/// How new the rows of one stream are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// Name.
    pub stream: String,
    /// When the newest of its events was recorded at its source. None counts as recorded after it was stored.
    pub recorded: Timestamp,
    /// When the newest of its rows was ingested.
    pub ingested: Option<Timestamp>,
}

/// A table version: which table, and which version of it, since versions of a table that was deleted and created again have
/// nothing to do with those before. As a number it is what a mark can hold: 31 bits of the SHA-256 of the table's own id, and
/// 32 bits of the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableVersion {
    table: u32,
    pub version: u64,
}

const VERSION_BITS: u32 = 32;

impl TableVersion {
    pub(crate) fn of(snapshot: &TableSnapshot) -> Self {
        let digest = Sha256::digest(snapshot.id().as_bytes());
        let table = u32::from_be_bytes(std::array::from_fn(|i| digest[i])) >> 1;
        Self { table, version: snapshot.version() }
    }

    /// Whether both are versions of the same table.
    pub(crate) fn is_of_same_table_as(&self, other: &Self) -> bool {
        self.table == other.table
    }

    /// Never negative.
    pub(crate) fn to_mark(self) -> i64 {
        let number = (u64::from(self.table) << VERSION_BITS) | (self.version & ((1 << VERSION_BITS) - 1));
        i64::try_from(number).unwrap_or(i64::MAX) // 63 bits always fit
    }

    /// `None` for negative numbers, which are none.
    pub(crate) fn from_mark(number: i64) -> Option<Self> {
        let number = u64::try_from(number).ok()?;
        let table = u32::try_from(number >> VERSION_BITS).ok()?;
        Some(Self { table, version: number & ((1 << VERSION_BITS) - 1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_holds_both() {
        for version in
            [TableVersion { table: 0, version: 0 }, TableVersion { table: (1 << 31) - 1, version: (1 << 32) - 1 }]
        {
            assert!(version.to_mark() >= 0);
            assert_eq!(TableVersion::from_mark(version.to_mark()), Some(version));
        }
        assert_eq!(TableVersion::from_mark(-1), None);
    }
}
