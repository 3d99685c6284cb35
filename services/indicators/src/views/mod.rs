//! The tables that queries see: the current state of every stream, with the site-local `week`.
//!
//! ```text
//! raw table ─latest revision─► current ─event time ≤ as_of─► visible ─cut at weeks, `week`─► view NAME
//! reference ─later offset, deletions gone─► view NAME (held in memory: the zones come from it)
//! ```
//!
//! The order of the steps matters: a row that its latest revision moved beyond `as_of` is hidden, and no older revision
//! takes its place.

mod current;
mod offered;
mod reference;
mod weeks;

pub(crate) use weeks::week;

pub(crate) use offered::{PERSON, offered, week_meaning};

use crate::{Tables, session::Limits};
use contracts::Contract;
use datafusion::{
    datasource::MemTable,
    error::DataFusionError,
    logical_expr::{Expr, lit},
    prelude::{DataFrame, SessionContext},
    scalar::ScalarValue,
};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// What a session needs to offer the views at one clock.
#[derive(Debug, Clone)]
pub struct Views {
    tables: Tables,
    references: BTreeMap<String, Arc<MemTable>>,
    as_of: Timestamp,
}

impl Views {
    /// Reads the reference tables; the streams are read when a query asks for them.
    pub async fn open(tables: &Tables, as_of: Timestamp, limits: &Limits) -> Result<Self, DataFusionError> {
        let ctx = crate::session(limits.share(), limits.threads)?;
        let mut references = BTreeMap::new();
        for contract in tables.contracts().iter().filter(|contract| contract.is_reference()) {
            let rows = reference::current(&ctx, contract, tables.provider(contract))?;
            let schema = Arc::clone(rows.schema().inner());
            let table = MemTable::try_new(schema, vec![rows.collect().await?])?;
            references.insert(contract.name().to_owned(), Arc::new(table));
        }
        Ok(Self { tables: tables.clone(), references, as_of })
    }

    /// Makes the views known to a session under the names of their streams.
    pub fn register(&self, ctx: &SessionContext) -> Result<(), DataFusionError> {
        for (name, table) in &self.references {
            ctx.register_table(name, Arc::clone(table) as _)?;
        }
        for contract in self.tables.contracts().iter().filter(|contract| !contract.is_reference()) {
            let visible = self.visible(ctx, contract)?;
            ctx.register_table(contract.name(), weeks::in_weeks(visible, contract, &self.as_of())?.into_view())?;
        }
        Ok(())
    }

    /// Latest revisions with event time up to the clock, uncut, with the zone of their site as `_zone`.
    pub(crate) fn visible(&self, ctx: &SessionContext, contract: &Contract) -> Result<DataFrame, DataFusionError> {
        let current = current::current(ctx, contract, self.tables.provider(contract))?;
        let sites = self.references.get("sites").map(Arc::clone);
        weeks::visible(ctx, current, contract, &self.as_of(), sites)
    }

    /// A reference table's rows.
    pub(crate) fn reference(&self, name: &str) -> Option<Arc<MemTable>> {
        self.references.get(name).map(Arc::clone)
    }

    /// The clock.
    pub fn clock(&self) -> Timestamp {
        self.as_of
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    fn as_of(&self) -> Expr {
        lit(ScalarValue::TimestampMicrosecond(Some(self.as_of.as_microsecond()), Some("UTC".into())))
    }
}
