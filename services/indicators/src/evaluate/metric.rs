//! One metric's query, with its own session, time and cap.

use super::{QueryFailure, QueryRun, parts};
use crate::{Limits, Metric, PartRow, Views, statement};
use datafusion::error::DataFusionError;
use futures::StreamExt;
use std::{sync::Arc, time::Instant};

/// Runs a query to its end, in a task of its own so that even a panic harms no other.
pub(super) async fn run(metric: Arc<Metric>, views: Views, limits: Limits) -> (QueryRun, Vec<PartRow>) {
    let started = Instant::now();
    let name = metric.name.clone();
    let timeout = limits.timeout;
    let mut task = tokio::spawn(async move { rows(&metric, &views, &limits).await });
    let result = match tokio::time::timeout(timeout, &mut task).await {
        Ok(Ok(result)) => result,
        Ok(Err(died)) => Err(QueryFailure::Died(died.to_string())),
        Err(_) => {
            task.abort();
            Err(QueryFailure::Timeout(timeout))
        }
    };
    let took = started.elapsed();
    match result {
        Ok(rows) => (QueryRun { metric: name, took, outcome: Ok(rows.len()) }, rows),
        Err(failure) => (QueryRun { metric: name, took, outcome: Err(failure) }, Vec::new()),
    }
}

async fn rows(metric: &Metric, views: &Views, limits: &Limits) -> Result<Vec<PartRow>, QueryFailure> {
    let ctx = crate::session(limits.share(), limits.threads).map_err(engine)?;
    views.register(&ctx).map_err(engine)?;
    let fault = |fault: statement::SqlFault| QueryFailure::Engine(fault.message);
    let mut query = statement::one_query(&metric.sql).map_err(fault)?;
    statement::bind_clock(&mut query, views.clock()).map_err(fault)?;
    let plan = statement::plan(query, &ctx).await.map_err(engine)?;
    let mut batches = statement::frame(plan, &ctx).execute_stream().await.map_err(engine)?;
    let mut reader = parts::Reader::new(metric, limits.series);
    while let Some(batch) = batches.next().await {
        reader.add(&batch.map_err(engine)?)?;
    }
    reader.finish()
}

pub(super) fn engine(error: DataFusionError) -> QueryFailure {
    QueryFailure::Engine(error.strip_backtrace())
}
