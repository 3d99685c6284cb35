//! The stored results as tables.

use super::{SqlError, failed};
use crate::store::{Record, State, batch};
use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
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

/// What a publication has beyond its parts.
const PUBLISHED: [&str; 3] = ["respondents", "version", "published_at"];
const EVALUATION: &str = "evaluation";

fn history_columns() -> Vec<&'static str> {
    [&PARTS[..], &[EVALUATION]].concat()
}

fn publication_columns() -> Vec<&'static str> {
    [&PARTS[..7], &PUBLISHED].concat()
}

/// The tables with what a row of each is, and their columns.
pub(super) fn schemas() -> Result<Vec<(&'static str, &'static str, SchemaRef)>, DataFusionError> {
    let stored = batch(&[]).map_err(|error| DataFusionError::External(error.into()))?.schema();
    let of = |names: &[&str]| -> Result<SchemaRef, DataFusionError> {
        let indices = names.iter().map(|name| stored.index_of(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(stored.project(&indices)?))
    };
    Ok(vec![
        ("indicators", "The latest parts: one row a metric, week, site and label set.", of(&PARTS)?),
        (
            "indicators_history",
            "All parts ever stored, superseded ones too; denominator 0: the row ceased to exist.",
            of(&history_columns())?,
        ),
        ("publications", "What was shown of metrics with `privacy`, every version.", of(&publication_columns())?),
    ])
}

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
    let history = rows("part", &history_columns()).map_err(failed)?;
    ctx.register_table("indicators_history", history.into_view()).map_err(failed)?;
    let publications = rows("publication", &publication_columns()).map_err(failed)?;
    ctx.register_table("publications", publications.into_view()).map_err(failed)?;
    Ok(())
}

fn columns(batch: &RecordBatch, names: &[&str]) -> Result<MemTable, DataFusionError> {
    let indices = names.iter().map(|name| batch.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
    let batch = batch.project(&indices)?;
    MemTable::try_new(batch.schema(), vec![vec![batch]])
}
