//! Evaluating again and again, and letting the exporter serve it, while query files come, change and go.
//!
//! ```text
//!  watch ─► plan ─┬─ main lane, every interval: what is served ───► stored, then published as one
//!                 └─ side lane, one at a time: new, changed, failing ─► stored; the main lane's next round has it
//! ```

use super::{lane::Lane, plan::Plan, queries::Queries};
use crate::{
    configured::{self, Shares},
    error_code::ErrorCode,
    evaluation::{Evaluator, Round},
    failure::Failure,
    retry::until_done,
    settings::Settings,
};
use evaluation::{Refreshed, Results};
use exporter::{Exporter, ServiceHealth};
use indicators::{Metric, Values};
use jiff::Timestamp;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{task::JoinError, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use workbench::QuerySet;

/// Which moment an evaluation is about.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// Now.
    Wall,
    /// Always the same, whatever time it is.
    At(Timestamp),
}

impl Clock {
    /// The moment.
    pub fn now(self) -> Timestamp {
        match self {
            Self::Wall => Timestamp::now(),
            Self::At(moment) => moment,
        }
    }
}

/// What else looks at the results of what is served, each time they are new.
pub type Onlooker = Box<dyn FnMut(&Results, &Values) + Send>;

/// The evaluating half of `run` and `indicators`.
pub struct Service {
    evaluator: Evaluator,
    exporter: Exporter,
    health: ServiceHealth,
    clock: Clock,
    interval: Duration,
    shares: Shares,
    plan: Plan,
    /// What is stored, while the main lane is idle; `None`: to be read again.
    results: Option<Results>,
    /// What the exporter serves.
    served: Option<Arc<Values>>,
    /// Whether the main lane is to begin another round.
    due: bool,
    /// The side lane begins nothing before this.
    rests: Option<Instant>,
    onlooker: Onlooker,
    main: Lane<Result<(Results, Refreshed), Failure>>,
    side: Lane<Result<bool, Failure>>,
}

impl Service {
    /// Sets it up; nothing is evaluated yet.
    pub fn new(
        settings: &Settings,
        evaluator: Evaluator,
        exporter: Exporter,
        health: ServiceHealth,
        clock: Clock,
        onlooker: Onlooker,
    ) -> Self {
        let interval = settings.indicators.interval;
        Self {
            evaluator,
            exporter,
            health,
            clock,
            interval,
            shares: configured::shares(settings),
            plan: Plan::new(interval),
            results: None,
            served: None,
            due: true,
            rests: None,
            onlooker,
            main: Lane::idle(),
            side: Lane::idle(),
        }
    }

    /// Serves what is stored at once (so that a restart resolves no alert), then evaluates until `stop`. An evaluation
    /// that fails is logged and counted, and is tried again with the next interval; the last good values stay.
    ///
    /// # Errors
    /// Wrong configuration that stored results reveal.
    pub async fn run(mut self, mut queries: Queries, stop: &CancellationToken) -> Result<(), Failure> {
        self.reload(&queries.next().await, &queries);
        if !self.resume(stop).await? {
            return Ok(());
        }
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + self.interval, self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.start_main();
            self.start_side();
            queries.reporting().planned(&self.plan);
            // Dropping an evaluation half-way is safe: its results are one commit or none.
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                set = queries.next() => self.reload(&set, &queries),
                _ = ticks.tick() => self.due = true,
                (metrics, result) = self.main.ended() => self.refreshed(&metrics, result),
                (metrics, result) = self.side.ended() => self.tried(&metrics, result),
            }
        }
    }

    /// What is stored is served, as far as it was computed by what the files say now. Waits until it can be read; false
    /// where `stop` came first.
    async fn resume(&mut self, stop: &CancellationToken) -> Result<bool, Failure> {
        let opened = until_done(&self.health, stop, || self.evaluator.open(&self.shares.whole));
        let Some(results) = opened.await? else { return Ok(false) };
        self.settle(&results);
        self.evaluator.remember(&results, &self.plan.served());
        self.results = Some(results);
        Ok(true)
    }

    fn reload(&mut self, set: &QuerySet, queries: &Queries) {
        let changes = self.plan.reload(set);
        queries.reporting().changed(&changes);
        if self.side.metrics().iter().any(|metric| !self.plan.wants(metric)) {
            self.side.stop();
        }
        if changes.removed.is_empty() {
            return;
        }
        changes.removed.iter().for_each(|name| self.evaluator.forget(name));
        if let Some(values) = self.served.take() {
            self.publish(Arc::unwrap_or_clone(values));
        }
    }

    /// The next round of what is served; with all the memory where nothing is served yet, and nothing else runs.
    fn start_main(&mut self) {
        let metrics = self.plan.refreshed();
        if !self.due || !self.main.is_idle() || metrics.is_empty() {
            return;
        }
        self.due = false;
        let limits = if self.served.is_none() && self.side.is_idle() { &self.shares.whole } else { &self.shares.main };
        let round = Round {
            declared: self.plan.declared(),
            held: self.plan.held(),
            limits: limits.clone(),
            as_of: self.clock.now(),
        };
        let (evaluator, results) = (self.evaluator.clone(), self.results.take());
        self.main.start(metrics, async move { evaluator.bring_up_to_date(results, &round).await });
    }

    /// What is new, changed or failed.
    fn start_side(&mut self) {
        let now = Instant::now();
        if !self.side.is_idle() || self.rests.is_some_and(|until| now < until) {
            return;
        }
        if let Some(metric) = self.plan.next(now, &self.main.names()) {
            let (evaluator, limits, as_of) = (self.evaluator.clone(), self.shares.side.clone(), self.clock.now());
            self.side.start(vec![Arc::clone(&metric)], async move {
                evaluator.compute_alone(&metric, &limits, as_of).await
            });
        }
    }

    /// The main lane's round is over.
    fn refreshed(&mut self, metrics: &[Arc<Metric>], result: Ended<(Results, Refreshed)>) {
        let (results, refreshed) = match outcome(result) {
            Ok(done) => done,
            Err(failure) => return self.health.failed(&failure.line(), failure.code().map(ErrorCode::id)),
        };
        self.health.succeeded();
        let failed: Vec<&str> =
            refreshed.runs.iter().filter(|run| run.outcome.is_err()).map(|run| run.metric.as_str()).collect();
        for metric in metrics {
            if failed.contains(&metric.name.as_str()) {
                self.plan.failed(metric, Instant::now());
            }
            if !self.plan.has(&metric.name) {
                self.evaluator.forget(&metric.name);
            }
        }
        self.settle(&results);
        self.results = Some(results);
    }

    /// The side lane's work is over: what succeeded is in the main lane's next round, which begins at once.
    fn tried(&mut self, metrics: &[Arc<Metric>], result: Ended<bool>) {
        let now = Instant::now();
        let succeeded = told(result);
        for metric in metrics {
            match succeeded {
                Some(true) => self.plan.computed(metric),
                Some(false) => self.plan.failed(metric, now),
                None => self.rests = Some(now + self.interval),
            }
        }
        self.due |= succeeded == Some(true);
    }

    /// Serves the definitions whose values are there, with those values.
    fn settle(&mut self, results: &Results) {
        self.plan.settle(|metric| {
            let holds = results.holds(metric);
            holds
                .inspect_err(|error| tracing::error!(%error, metric = metric.name, "the metric is not exported"))
                .unwrap_or(false)
        });
        let served = self.plan.served();
        if let Some(values) = results.values(&served).filter(|_| !served.is_empty()) {
            (self.onlooker)(results, &values);
            self.publish(values);
        }
    }

    /// Serves these values, those of metrics that are gone aside. What the exporter refuses is logged, and the last good
    /// ones stay.
    fn publish(&mut self, mut values: Values) {
        values.metrics.retain(|values| self.plan.has(&values.metric.name));
        let values = Arc::new(values);
        publish(&self.exporter, Arc::clone(&values));
        self.served = Some(values);
    }
}

type Ended<T> = Result<Result<T, Failure>, JoinError>;

/// What came of a task.
fn outcome<T>(result: Ended<T>) -> Result<T, Failure> {
    result.unwrap_or_else(|died| Err(died.into()))
}

/// The same; a failure is logged.
fn told<T>(result: Ended<T>) -> Option<T> {
    let tell = |failure: &Failure| tracing::error!(code = failure.code().map(ErrorCode::id), "{}", failure.line());
    outcome(result).inspect_err(tell).ok()
}

/// Hands values to the exporter; what it refuses is logged, and the last good ones stay.
pub fn publish(exporter: &Exporter, values: Arc<Values>) {
    if let Err(error) = exporter.publish(values) {
        tracing::error!(code = ErrorCode::PublicationRefused.id(), %error, "the values are not exported");
    }
}
