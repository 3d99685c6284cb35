//! What a metric's query would do, before it does it.

use super::{
    error::{PreviewError, failed},
    plan_text,
    reads::{self, TableRead},
    rows::Wanted,
};
use datafusion::{error::DataFusionError, logical_expr::LogicalPlan, prelude::SessionContext};
use evaluation::{
    Limits, SqlError, Tables, Views,
    statement::{self, SqlFault},
};
use indicators::Metric;
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

/// Plans the evaluation of a metric. Reads the log of each table, and the reference tables, which every evaluation holds
/// in memory; nothing of the streams.
///
/// # Errors
/// Tables that cannot be read; a query that cannot be planned.
pub async fn explain(
    lake: &Lake,
    tables: &Tables,
    metric: &Metric,
    wanted: &Wanted,
    limits: &Limits,
) -> Result<Explained, PreviewError> {
    let views = Views::open(tables, wanted.as_of, limits).await.map_err(failed)?;
    let ctx = evaluation::session(limits.share(), limits.threads).map_err(failed)?;
    views.register(&ctx).map_err(failed)?;
    let plan = planned(metric, wanted.as_of, &ctx).await?;
    let plan = ctx.state().optimize(&plan).map_err(failed)?;
    let active = lake.status().await.map_err(SqlError::Lake)?;
    let reads = reads::of(tables, metric, &wanted.weeks(metric), &ctx, &active).await.map_err(failed)?;
    Ok(Explained { plan: plan_text::lines(&plan, tables.contracts(), wanted.as_of), reads })
}

async fn planned(metric: &Metric, as_of: Timestamp, ctx: &SessionContext) -> Result<LogicalPlan, PreviewError> {
    let fault = |fault: SqlFault| PreviewError::Sql(SqlError::from(fault));
    let mut query = statement::one_query(&metric.sql).map_err(fault)?;
    statement::bind_clock(&mut query, as_of).map_err(fault)?;
    let plan: Result<LogicalPlan, DataFusionError> = statement::plan(query, ctx).await;
    plan.map_err(failed)
}
