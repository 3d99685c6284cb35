//! The stored results as tables.

use super::{SqlError, failed};
use crate::store::{Record, State, batch};
use arrow::record_batch::RecordBatch;
use datafusion::{
    datasource::MemTable,
    error::DataFusionError,
    logical_expr::{ident, lit},
    prelude::SessionContext,
};
use std::sync::Arc;

const PARTS: [&str; 11] = [
    "metric",
    "week",
    "site",
    "labels",
    "numerator",
    "denominator",
    "sum_squares",
    "logged",
    "expected",
    "respondents",
    "computed_at",
];

/// Offers `indicators`, `indicators_history` and `publications`.
pub(super) fn register(ctx: &SessionContext, state: &State) -> Result<(), SqlError> {
    let latest: Vec<Record> = state.live().cloned().collect();
    let latest = columns(&batch(&latest)?, &PARTS).map_err(failed)?;
    ctx.register_table("indicators", Arc::new(latest)).map_err(failed)?;
    let all = match state.provider()? {
        Some(provider) => provider,
        None => Arc::new(MemTable::try_new(batch(&[])?.schema(), vec![vec![]]).map_err(failed)?),
    };
    let rows = |kind: &str, names: &[&str]| {
        let rows = ctx.read_table(Arc::clone(&all))?;
        let rows = rows.filter(ident("kind").eq(lit(kind)))?;
        rows.select(names.iter().map(|name| ident(*name)).collect::<Vec<_>>())
    };
    let history = rows("part", &[&PARTS[..], &["evaluation"]].concat()).map_err(failed)?;
    ctx.register_table("indicators_history", history.into_view()).map_err(failed)?;
    let published = [&PARTS[..7], &["respondents", "version", "published_at"]].concat();
    let publications = rows("publication", &published).map_err(failed)?;
    ctx.register_table("publications", publications.into_view()).map_err(failed)?;
    Ok(())
}

fn columns(batch: &RecordBatch, names: &[&str]) -> Result<MemTable, DataFusionError> {
    let indices = names.iter().map(|name| batch.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
    let batch = batch.project(&indices)?;
    MemTable::try_new(batch.schema(), vec![vec![batch]])
}
