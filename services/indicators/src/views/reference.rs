//! Reference streams: the later record wins, and a deletion removes.

use super::current::{latest_rows, or_empty};
use arrow::datatypes::DataType;
use contracts::Contract;
use datafusion::{
    catalog::TableProvider,
    error::DataFusionError,
    logical_expr::{Expr, cast, ident},
    prelude::{DataFrame, SessionContext},
};
use std::sync::Arc;

/// One row a key. A deletion is a row of the key alone, so every other column of it is NULL.
pub(super) fn current(
    ctx: &SessionContext,
    contract: &Contract,
    table: Option<Arc<dyn TableProvider>>,
) -> Result<DataFrame, DataFusionError> {
    let rows = ctx.read_table(or_empty(contract, table)?)?;
    // All records of a key are in one partition, so its offsets compare; but those of a topic that was recreated start
    // again at 0. Ingestion never lets `_ingested_at` go back within a partition, whatever the clocks say, and moves it
    // on where offsets start again: it tells the topics apart, and offsets order what was ingested at once.
    let told_apart = rows.schema().has_column_with_unqualified_name(lake::INGESTED_AT);
    let first = if told_apart { lake::INGESTED_AT } else { lake::OFFSET };
    let order = [first, lake::OFFSET].map(|column| cast(ident(column), DataType::Int64));
    let latest = latest_rows(rows, contract, order)?;
    let others = contract.schema().fields().iter().filter(|field| field.name() != contract.key());
    match others.map(|field| ident(field.name()).is_not_null()).reduce(Expr::or) {
        Some(something) => latest.filter(something),
        None => Ok(latest),
    }
}
