//! The tables that queries see: the current state of every stream, with the site-local `week` and the site's clock.
//!
//! ```text
//! raw table ─latest revision─► current ─event time ≤ as_of─► visible ─cut at weeks, `week`, `…_local`─► view NAME
//! reference ─deletions gone, highest revision─► view NAME (held in memory: the zones come from it)
//! ```
//!
//! The order of the steps matters: a row that its latest revision moved beyond `as_of` is hidden, and no older revision
//! takes its place.

mod current;
mod hashes;
mod newest;
mod offered;
mod read;
mod reference;
mod scan;
mod weeks;

pub use hashes::hashes_of;
pub use scan::{Dates, around, each_stream, on_dates};
pub use weeks::{ends_at, instant_of, lasting, local_columns, week};

pub use offered::{PERSON, meaning, offered};

use crate::{session::Limits, tables::Tables};
use arrow::record_batch::RecordBatch;
use contracts::Contract;
use datafusion::{
    datasource::MemTable,
    error::DataFusionError,
    logical_expr::{Expr, lit},
    prelude::{DataFrame, SessionContext},
    scalar::ScalarValue,
};
use indicators::week_set::WeekSet;
use jiff::Timestamp;
use lake::TableSnapshot;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What a session needs to offer the views at one clock.
#[derive(Debug, Clone)]
pub struct Views {
    tables: Tables,
    references: BTreeMap<String, Arc<MemTable>>,
    /// Current rows that were read beforehand, by stream.
    read: BTreeMap<String, Arc<MemTable>>,
    as_of: Timestamp,
}

/// What to read of a stream beforehand.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// Of these weeks.
    pub weeks: WeekSet,
    /// These columns.
    pub columns: BTreeSet<String>,
}

impl Views {
    /// Reads the reference tables; the streams are read when a query asks for them.
    pub async fn open(tables: &Tables, as_of: Timestamp, limits: &Limits) -> Result<Self, DataFusionError> {
        let ctx = crate::session::session(limits.share(), limits.threads)?;
        let mut references = BTreeMap::new();
        for contract in tables.contracts().iter().filter(|contract| contract.is_reference()) {
            let rows = reference::current(&ctx, contract, tables.provider(contract))?;
            let schema = Arc::clone(rows.schema().inner());
            let table = MemTable::try_new(schema, vec![rows.collect().await?])?;
            references.insert(contract.name().to_owned(), Arc::new(table));
        }
        Ok(Self { tables: tables.clone(), references, read: BTreeMap::new(), as_of })
    }

    /// The same views, with the current rows of these weeks of these streams held in memory: they hold all rows of the
    /// weeks, some of other weeks, and NULL in columns that were not asked for.
    pub async fn reading(&self, windows: &BTreeMap<String, Window>, limits: &Limits) -> Result<Self, DataFusionError> {
        let reads = windows.iter().filter_map(|(stream, window)| {
            let contract = self.tables.contracts().get(stream)?;
            let rows = self.rows_of(contract, window, limits);
            Some(async move { Ok::<_, DataFusionError>((stream.clone(), Arc::new(rows.await?))) })
        });
        // Side by side: where one has its rows sorted, another one's are read.
        let read = futures::future::try_join_all(reads).await?;
        Ok(Self { read: self.read.clone().into_iter().chain(read).collect(), ..self.clone() })
    }

    async fn rows_of(
        &self,
        contract: &Contract,
        window: &Window,
        limits: &Limits,
    ) -> Result<MemTable, DataFusionError> {
        let ctx = crate::session::session(limits.reading(), limits.threads)?;
        let own = contract.event_time().into_iter().chain(ends_at(contract)).chain(["site_id"]).map(str::to_owned);
        // What clocks showed is made of the instant.
        let asked =
            window.columns.iter().map(|column| weeks::instant_of(contract, column).unwrap_or(column).to_owned());
        let reading = read::Reading {
            ctx: &ctx,
            contract,
            table: current::or_empty(contract, self.tables.provider(contract))?,
            dates: weeks::lasting(contract).and_then(|days| window.weeks.dates(days)),
            columns: asked.chain(own).collect(),
        };
        reading.rows().await
    }

    /// Makes the views known to a session under the names of their streams.
    pub fn register(&self, ctx: &SessionContext) -> Result<(), DataFusionError> {
        self.register_some(ctx, |_| true)
    }

    /// The same of those views alone whose name is wanted: planning a view takes longer than many a query.
    pub fn register_some(&self, ctx: &SessionContext, wanted: impl Fn(&str) -> bool) -> Result<(), DataFusionError> {
        for (name, table) in self.references.iter().filter(|(name, _)| wanted(name)) {
            ctx.register_table(name, Arc::clone(table) as _)?;
        }
        let streams = self.tables.contracts().iter().filter(|contract| !contract.is_reference());
        for contract in streams.filter(|contract| wanted(contract.name())) {
            let visible = self.visible(ctx, contract)?;
            ctx.register_table(contract.name(), weeks::in_weeks(visible, contract, &self.as_of())?.into_view())?;
        }
        Ok(())
    }

    /// Latest revisions with event time up to the clock, uncut, with the zone of their site as `_zone`.
    pub fn visible(&self, ctx: &SessionContext, contract: &Contract) -> Result<DataFrame, DataFusionError> {
        let current = match self.read.get(contract.name()) {
            Some(read) => ctx.read_table(Arc::clone(read) as _)?,
            None => current::current(ctx, contract, self.tables.provider(contract))?,
        };
        let sites = self.references.get("sites").map(Arc::clone);
        weeks::visible(ctx, current, contract, &self.as_of(), sites)
    }

    /// A reference table's rows, as batches.
    pub async fn reference_rows(&self, name: &str) -> Vec<RecordBatch> {
        let mut rows = Vec::new();
        for partition in self.references.get(name).into_iter().flat_map(|table| &table.batches) {
            rows.extend(partition.read().await.iter().cloned());
        }
        rows
    }

    /// A reference table's rows.
    pub fn reference(&self, name: &str) -> Option<Arc<MemTable>> {
        self.references.get(name).map(Arc::clone)
    }

    /// The clock.
    pub fn clock(&self) -> Timestamp {
        self.as_of
    }

    /// The tables of the lake.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The clock as an expression.
    fn as_of(&self) -> Expr {
        lit(ScalarValue::TimestampMicrosecond(Some(self.as_of.as_microsecond()), Some("UTC".into())))
    }
}

/// The rows of a reference stream as its table was at a version.
pub async fn reference_at(
    snapshot: &TableSnapshot,
    contract: &Contract,
    limits: &Limits,
) -> Result<Vec<RecordBatch>, DataFusionError> {
    let provider = snapshot.provider().map_err(|error| DataFusionError::External(error.into()))?;
    let ctx = crate::session::session(limits.share(), limits.threads)?;
    reference::current(&ctx, contract, Some(provider))?.collect().await
}
