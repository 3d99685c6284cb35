//! How new what the lake holds is, stream by stream: a matter of the tables, and of no process that filled them.

use crate::tables::Tables;
use contracts::Contract;
use jiff::Timestamp;
use lake::INGESTED_AT;

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

impl Tables {
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
