//! Raw tables, stream by stream: what reading current rows and finding what changed have in common.

use contracts::Contract;
use datafusion::{
    catalog::TableProvider,
    error::DataFusionError,
    execution::SendableRecordBatchStream,
    logical_expr::{Expr, ident, lit},
    prelude::DataFrame,
    scalar::ScalarValue,
};
use std::{future::Future, ops::RangeInclusive, sync::Arc};
use tokio::task::JoinSet;

type Result<T> = std::result::Result<T, DataFusionError>;

/// UTC dates, in days since the epoch.
pub type Dates = Vec<RangeInclusive<i32>>;

/// Whether a table is partitioned by event date.
pub fn is_dated(table: &Arc<dyn TableProvider>) -> bool {
    table.schema().column_with_name(lake::EVENT_DATE).is_some()
}

/// The dates on which revisions of what lies on these dates can lie.
pub fn around(dates: &[RangeInclusive<i32>], contract: &Contract) -> Dates {
    let span = i32::try_from(contract.revision_span_weeks()).unwrap_or(i32::MAX).saturating_mul(7).saturating_add(1);
    dates.iter().map(|range| range.start().saturating_sub(span)..=range.end().saturating_add(span)).collect()
}

/// Rows of these event dates.
pub fn on_dates(dates: &[RangeInclusive<i32>]) -> Expr {
    let date = |days: i32| lit(ScalarValue::Date32(Some(days)));
    let within =
        |range: &RangeInclusive<i32>| ident(lake::EVENT_DATE).between(date(*range.start()), date(*range.end()));
    dates.iter().map(within).reduce(Expr::or).unwrap_or_else(|| lit(false))
}

/// Runs every stream of a scan in a task of its own.
pub async fn each_stream<T: Send + 'static, F: Future<Output = Result<T>> + Send + 'static>(
    rows: DataFrame,
    work: impl Fn(SendableRecordBatchStream) -> F,
) -> Result<Vec<T>> {
    // A set ends its tasks when it is dropped: nothing is read for somebody who no longer waits.
    let mut tasks = JoinSet::new();
    for stream in rows.execute_stream_partitioned().await? {
        tasks.spawn(work(stream));
    }
    all_of(tasks).await
}

/// What every task returned, in the order in which they ended.
pub(super) async fn all_of<T: 'static>(mut tasks: JoinSet<Result<T>>) -> Result<Vec<T>> {
    let mut results = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        results.push(ended.map_err(|died| DataFusionError::External(died.into()))??);
    }
    Ok(results)
}
