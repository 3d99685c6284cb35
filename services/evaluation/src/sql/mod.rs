//! Read-only SQL over the lake, for people.
//!
//! | table | holds |
//! | --- | --- |
//! | a stream's name | its current state with `week`, at the clock |
//! | `sites`, `leaders` | reference data as now known |
//! | `indicators` | the latest parts, one row a metric, week and label set |
//! | `indicators_history` | all parts ever stored, superseded ones too; denominator 0: the row ceased to exist |
//! | `publications` | what was shown of metrics with privacy |
//! | `indicator_values` | what is exported: values, bounds, states, reasons, scores |

mod error;
mod results;
mod unknown_tables;
mod values;

pub use error::SqlError;
pub use results::{meaning, result_tables};
pub use unknown_tables::unknown_tables;
pub use values::{indicator_values, values_table};

use crate::{
    evaluate::reference_sites,
    messages::near_function,
    promises::Kept,
    session::Limits,
    statement::{self, SqlFault, dates, unsupported},
    store::{State, Stored},
    tables::Tables,
    views::Views,
};
use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use contracts::Contracts;
use datafusion::prelude::SessionContext;
use error::failed;
use indicators::{Metric, Values, promises::Promises};
use jiff::Timestamp;
use lake::Lake;
use std::sync::Arc;

/// The rows of a query.
#[derive(Debug, Clone)]
pub struct Rows {
    /// Columns.
    pub schema: SchemaRef,
    /// The rows, in the query's order.
    pub batches: Vec<RecordBatch>,
}

/// Answers one SELECT. Streams end at the clock of the results stored last, or at `now` before there are any; `$as_of` in
/// the text is that clock.
///
/// # Errors
/// Anything but one SELECT, with its place; a query that fails or takes longer than the limits allow.
pub async fn sql(
    lake: &Lake,
    contracts: &Contracts,
    metrics: &[Arc<Metric>],
    text: &str,
    now: Timestamp,
    limits: &Limits,
) -> Result<Rows, SqlError> {
    let mut query = statement::one_query(text)?;
    let state = State::read(lake, limits).await?;
    let as_of = state.as_of.unwrap_or(now);
    statement::bind_clock(&mut query, as_of)?;
    let views = Views::open(&Tables::open(lake, contracts).await?, as_of, limits).await.map_err(failed)?;
    let promises = Kept::of_results(lake, &state, limits).await?.into_promises();
    let ctx = offer(metrics, &state, promises, &views, limits).await?;
    if let Some(fault) = unknown_tables(&query, &offered(&ctx)).into_iter().chain(unsupported::faults(&query)).next() {
        return Err(fault.into());
    }
    let plan = statement::plan(query, &ctx).await.map_err(|error| {
        let fault = SqlFault::of(&error);
        let near = near_function(&fault.message, &ctx.state());
        SqlFault { help: near.or(fault.help), ..fault }
    })?;
    if let Some(fault) = dates::faults(&plan).into_iter().next() {
        return Err(fault.into());
    }
    let frame = statement::frame(plan, &ctx);
    let schema = Arc::clone(frame.schema().inner());
    let batches = tokio::time::timeout(limits.timeout, frame.collect())
        .await
        .map_err(|_| SqlError::Timeout(limits.timeout))?
        .map_err(failed)?;
    Ok(Rows { schema, batches })
}

/// Names of the session's tables, in order.
fn offered(ctx: &SessionContext) -> Vec<String> {
    let schemas = ctx.catalog_names().into_iter().filter_map(|name| ctx.catalog(&name)?.schema("public"));
    let mut names: Vec<String> = schemas.flat_map(|schema| schema.table_names()).collect();
    names.sort_unstable();
    names
}

/// A session that offers every table.
async fn offer(
    metrics: &[Arc<Metric>],
    state: &State,
    promises: Promises,
    views: &Views,
    limits: &Limits,
) -> Result<SessionContext, SqlError> {
    let ctx = crate::session::session(limits.memory_bytes, limits.threads).map_err(failed)?;
    views.register(&ctx).map_err(failed)?;
    results::register(&ctx, state)?;
    let sites = reference_sites(views).await.map_err(failed)?;
    let values = Stored::of(state, sites, promises).map_or_else(Values::default, |stored| stored.values(metrics));
    ctx.register_table("indicator_values", Arc::new(values_table(&values).map_err(failed)?)).map_err(failed)?;
    Ok(ctx)
}
