//! One metric's query, with its own session, time and cap.

use super::{
    QueryFailure, QueryRun,
    parts::Reader,
    work::{Stretch, Work},
};
use crate::{Limits, Metric, PartRow, Views, statement, week_set::WeekSet};
use datafusion::error::DataFusionError;
use futures::StreamExt;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// A query on its way through the stretches.
pub(super) struct Running {
    metric: Arc<Metric>,
    weeks: WeekSet,
    rows: Vec<PartRow>,
    series: BTreeSet<(String, BTreeMap<String, String>)>,
    took: Duration,
    failure: Option<QueryFailure>,
}

impl Running {
    pub(super) fn all(work: &Work) -> Vec<Self> {
        let start = |(metric, weeks): &(Arc<Metric>, WeekSet)| Self {
            metric: Arc::clone(metric),
            weeks: weeks.clone(),
            rows: Vec::new(),
            series: BTreeSet::new(),
            took: Duration::ZERO,
            failure: None,
        };
        work.metrics.iter().map(start).collect()
    }

    /// Runs the query over one stretch, in a task of its own so that even a panic harms no other.
    pub(super) async fn over(mut self, stretch: Stretch, views: Views, limits: Limits) -> Self {
        if self.failure.is_some() || !stretch.meets(&self.weeks) {
            return self;
        }
        let started = Instant::now();
        let (metric, weeks, timeout) = (Arc::clone(&self.metric), self.weeks.clone(), limits.timeout);
        let left = timeout.saturating_sub(self.took);
        let cap = limits.series;
        let mut task = tokio::spawn(async move { rows(&metric, &weeks, &stretch, &views, &limits).await });
        let ended = match tokio::time::timeout(left, &mut task).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(died)) => Err(QueryFailure::Died(died.to_string())),
            Err(_) => {
                task.abort();
                Err(QueryFailure::Timeout(timeout))
            }
        };
        self.took += started.elapsed();
        match ended {
            Ok(rows) => {
                self.series.extend(rows.iter().map(|row| (row.site.clone(), row.labels.clone())));
                self.rows.extend(rows);
                if self.series.len() > cap {
                    self.failure = Some(QueryFailure::Series(cap));
                }
            }
            Err(failure) => self.failure = Some(failure),
        }
        self
    }

    /// How it fared, and its rows.
    pub(super) fn end(self) -> (QueryRun, Vec<PartRow>) {
        let (outcome, rows) = match self.failure {
            None => (Ok(self.rows.len()), self.rows),
            Some(failure) => (Err(failure), Vec::new()),
        };
        (QueryRun { metric: self.metric.name.clone(), took: self.took, outcome }, rows)
    }
}

async fn rows(
    metric: &Metric,
    weeks: &WeekSet,
    stretch: &Stretch,
    views: &Views,
    limits: &Limits,
) -> Result<Vec<PartRow>, QueryFailure> {
    let ctx = crate::session(limits.share(), limits.threads).map_err(engine)?;
    views.register_some(&ctx, |table| metric.reads.contains_key(table)).map_err(engine)?;
    let fault = |fault: statement::SqlFault| QueryFailure::Engine(fault.message);
    let mut query = statement::one_query(&metric.sql).map_err(fault)?;
    statement::bind_clock(&mut query, views.clock()).map_err(fault)?;
    let plan = statement::plan(query, &ctx).await.map_err(engine)?;
    let mut batches = statement::frame(plan, &ctx).execute_stream().await.map_err(engine)?;
    let mut reader = Reader::new(metric, limits.series, |week| weeks.contains(week) && stretch.holds(week));
    while let Some(batch) = batches.next().await {
        reader.add(&batch.map_err(engine)?)?;
    }
    reader.finish()
}

pub(super) fn engine(error: DataFusionError) -> QueryFailure {
    QueryFailure::Engine(error.strip_backtrace())
}
