//! One metric's query, with its own session, time and cap.

use super::{
    outcome::{QueryFailure, QueryRun, Series},
    parts::{Reader, Returned},
    work::{Stretch, Work},
};
use crate::{
    messages::error_text,
    session::{Limits, spill},
    statement,
    views::Views,
};
use datafusion::error::DataFusionError;
use futures::StreamExt;
use indicators::{Metric, week_set::WeekSet};
use jiff::civil::Date;
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// A query on its way through the stretches.
pub(super) struct Running {
    metric: Arc<Metric>,
    weeks: WeekSet,
    returned: Returned,
    series: BTreeSet<Series>,
    took: Duration,
    failure: Option<QueryFailure>,
    failed_in: Option<(Date, Date)>,
}

impl Running {
    pub(super) fn all(work: &Work) -> Vec<Self> {
        let start = |(metric, weeks): &(Arc<Metric>, WeekSet)| Self {
            metric: Arc::clone(metric),
            weeks: weeks.clone(),
            returned: Returned::default(),
            series: BTreeSet::new(),
            took: Duration::ZERO,
            failure: None,
            failed_in: None,
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
        let (cap, span) = (limits.series, stretch.of(&self.weeks).span());
        // A set ends its tasks when it is dropped: after the timeout, and where nobody waits for the result any more.
        let mut task = JoinSet::new();
        task.spawn(async move { rows(&metric, &weeks, &stretch, &views, &limits).await });
        let ended = match tokio::time::timeout(left, task.join_next()).await {
            Ok(Some(Ok(ended))) => ended,
            Ok(Some(Err(died))) => Err(QueryFailure::Died(died.to_string())),
            Ok(None) => Err(QueryFailure::Died("its task is gone".to_owned())),
            Err(_) => Err(QueryFailure::Timeout(timeout)),
        };
        drop(task);
        self.took += started.elapsed();
        match ended {
            Ok(returned) => {
                self.series.extend(returned.rows.iter().map(|row| (row.site.clone(), row.labels.clone())));
                self.returned.rows.extend(returned.rows);
                self.returned.bad.extend(returned.bad);
                if self.series.len() > cap {
                    self.failure = Some(QueryFailure::Series(cap));
                }
            }
            Err(failure) => self.failure = Some(failure),
        }
        self.failed_in = span.filter(|_| self.failure.is_some());
        self
    }

    /// How it fared, and its rows.
    pub(super) fn end(self) -> (QueryRun, Returned) {
        let (outcome, returned) = match self.failure {
            None => (Ok(self.returned.rows.len()), self.returned),
            Some(failure) => (Err(failure), Returned::default()),
        };
        let (metric, took, failed_in) = (self.metric.name.clone(), self.took, self.failed_in);
        (QueryRun { metric, took, outcome, failed_in }, returned)
    }
}

async fn rows(
    metric: &Metric,
    weeks: &WeekSet,
    stretch: &Stretch,
    views: &Views,
    limits: &Limits,
) -> Result<Returned, QueryFailure> {
    let engine = |error| engine(error, limits.share());
    let ctx = crate::session::session(limits.share(), limits.threads).map_err(engine)?;
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

/// The engine's failure; in our own words where a query outgrew its share.
fn engine(error: DataFusionError, share: usize) -> QueryFailure {
    let outgrown = matches!(error.find_root(), DataFusionError::ResourcesExhausted(_));
    let words = error_text(&error);
    if outgrown || words.contains("used disk space during the spilling process") {
        return QueryFailure::Memory { memory: share as u64 >> 20, disk: spill(share) >> 20, engine: words };
    }
    QueryFailure::Engine(words)
}
