//! Reference streams: the later offset wins, and a deletion removes.

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
    // All records of a key are in one partition, so its offsets compare.
    let offset = cast(ident(lake::OFFSET), DataType::Int64);
    let latest = latest_rows(rows, contract, [offset.clone(), offset])?;
    let others = contract.schema().fields().iter().filter(|field| field.name() != contract.key());
    match others.map(|field| ident(field.name()).is_not_null()).reduce(Expr::or) {
        Some(something) => latest.filter(something),
        None => Ok(latest),
    }
}
