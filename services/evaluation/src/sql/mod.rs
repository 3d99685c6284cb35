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

mod meanings;
mod results;
mod values;

pub use meanings::meaning;
pub use values::indicator_values;
pub use values::table as values_table;

use crate::{
    dates, evaluate,
    near::near_function,
    session::Limits,
    statement::{self, SqlFault},
    store::{State, StoreError, Stored},
    tables::Tables,
    told::told,
    unknown_tables::unknown_tables,
    unsupported,
    views::Views,
};
use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use contracts::Contracts;
use datafusion::{error::DataFusionError, prelude::SessionContext};
use indicators::{Metric, Values};
use jiff::Timestamp;
use lake::{Lake, LakeError};
use std::sync::Arc;

/// The rows of a query.
#[derive(Debug, Clone)]
pub struct Rows {
    /// Columns.
    pub schema: SchemaRef,
    /// The rows, in the query's order.
    pub batches: Vec<RecordBatch>,
}

/// Why a query gave no rows.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The text is not one SELECT, names what is not there, or the like.
    #[error("{place}{message}")]
    Query {
        /// `line:column: `, where it is known.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// It took too long.
    #[error("took longer than {0:?}: narrow the query, or raise the timeout")]
    Timeout(std::time::Duration),
    /// The query ran and failed.
    #[error("the query failed: {}", told(.0))]
    Failed(DataFusionError),
    /// The lake's tables.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Stored results.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SqlFault> for SqlError {
    fn from(fault: SqlFault) -> Self {
        let place = fault.place.map_or_else(String::new, |place| format!("{}:{}: ", place.line, place.column));
        let help = fault.help.map_or_else(String::new, |help| format!(": {help}"));
        Self::Query { place, message: fault.message + &help }
    }
}

fn failed(error: DataFusionError) -> SqlError {
    SqlError::Failed(error)
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
    let ctx = offer(metrics, &state, &views, limits).await?;
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

/// The tables of results with what a row of each is, and their columns.
pub fn result_tables() -> Result<Vec<(&'static str, &'static str, SchemaRef)>, DataFusionError> {
    let mut tables = results::schemas()?;
    let values = datafusion::catalog::TableProvider::schema(&values::table(&Values::default())?);
    let told = "What is exported: one row a metric, scope, label set and window; a site without any value has one row.";
    tables.push(("indicator_values", told, values));
    Ok(tables)
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
    views: &Views,
    limits: &Limits,
) -> Result<SessionContext, SqlError> {
    let ctx = crate::session::session(limits.memory_bytes, limits.threads).map_err(failed)?;
    views.register(&ctx).map_err(failed)?;
    results::register(&ctx, state)?;
    let sites = evaluate::reference_sites(views).await.map_err(failed)?;
    let values = match (state.evaluation, state.as_of) {
        (Some(evaluation), Some(as_of)) => Stored::of(state, evaluation, as_of, sites).values(metrics),
        _ => Values::default(),
    };
    ctx.register_table("indicator_values", Arc::new(values::table(&values).map_err(failed)?)).map_err(failed)?;
    Ok(ctx)
}
