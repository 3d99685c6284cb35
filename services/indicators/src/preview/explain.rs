//! What a metric's query would do, before it does it.

use super::{PreviewError, TableRead, failed, reads, tree, words::Words};
use crate::{
    Limits, Metric, Tables, Views,
    query_file::tables as tables_of,
    sql::SqlError,
    statement::{self, SqlFault},
};
use datafusion::{error::DataFusionError, logical_expr::LogicalPlan, prelude::SessionContext};
use jiff::Timestamp;
use lake::Lake;

/// The plan, and what it would read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The optimised plan: the last step first, below each step, indented, what it is fed by.
    pub plan: Vec<String>,
    /// By table.
    pub reads: Vec<TableRead>,
}

/// Plans the evaluation of all weeks of a metric. Reads the log of each table, and the reference tables, which every
/// evaluation holds in memory; nothing of the streams.
///
/// # Errors
/// Tables that cannot be read; a query that cannot be planned.
pub async fn explain(
    lake: &Lake,
    tables: &Tables,
    metric: &Metric,
    as_of: Timestamp,
    limits: &Limits,
) -> Result<Explained, PreviewError> {
    let views = Views::open(tables, as_of, limits).await.map_err(failed)?;
    let ctx = crate::session(limits.share(), limits.threads).map_err(failed)?;
    views.register(&ctx).map_err(failed)?;
    let plan = planned(metric, as_of, &ctx).await?;
    let contracts = tables.contracts();
    let named = tables_of(&plan).into_iter().filter(|table| contracts.get(table).is_some()).collect();
    let state = ctx.state();
    let optimised = state.optimize(&plan).map_err(failed)?;
    let physical = state.create_physical_plan(&plan).await.map_err(failed)?;
    let references = contracts.iter().filter(|contract| contract.is_reference());
    let held = references.map(|contract| contract.name().to_owned()).collect();
    let active = lake.status().await.map_err(SqlError::Lake)?;
    let reads = reads::of(&physical, &named, &held, &active).map_err(failed)?;
    Ok(Explained { plan: tree::lines(&optimised, contracts, &Words::at(as_of)), reads })
}

async fn planned(metric: &Metric, as_of: Timestamp, ctx: &SessionContext) -> Result<LogicalPlan, PreviewError> {
    let fault = |fault: SqlFault| PreviewError::Sql(SqlError::from(fault));
    let mut query = statement::one_query(&metric.sql).map_err(fault)?;
    statement::bind_clock(&mut query, as_of).map_err(fault)?;
    let plan: Result<LogicalPlan, DataFusionError> = statement::plan(query, ctx).await;
    plan.map_err(failed)
}
