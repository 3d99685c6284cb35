//! Evaluating the lake: stored, or in memory only.

use crate::{failure::Failure, settings::Settings, wiring};
use contracts::Contracts;
use evaluation::{Limits, QueryRun, Refreshed, Results, Tables, Telemetry};
use indicators::{
    BadRow, Metric, Values,
    derive::{Input, derive, to_publish},
};
use jiff::Timestamp;
use lake::Lake;
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::Mutex;
use workbench::{Fault, QueryFileError};

/// The metrics over one lake.
#[derive(Clone)]
pub struct Evaluator {
    lake: Lake,
    contracts: Contracts,
    metrics: Vec<Arc<Metric>>,
    refused: Vec<Fault>,
    /// Names whose file is bad: what is stored of them stays.
    held: BTreeSet<String>,
    limits: Limits,
    telemetry: Option<Telemetry>,
    /// Held between evaluations, so that each reads only what came since the last.
    results: Arc<Mutex<Option<Results>>>,
}

/// What a stored evaluation gave.
pub struct Evaluation {
    /// Everything derived of what is stored now.
    pub values: Values,
    /// Metrics whose query failed; their last good values stay.
    pub failed: Vec<String>,
}

impl Evaluator {
    /// The metrics of the query files that are good; the faults of the others are logged, and in [`Self::refused`].
    ///
    /// # Errors
    /// A folder of queries that cannot be read or holds none, or none that is good.
    pub async fn new(settings: &Settings, contracts: &Contracts, lake: Lake) -> Result<Self, Failure> {
        let set = wiring::good_queries(settings, contracts).await?;
        if set.metrics.is_empty() {
            return Err(QueryFileError::Faults(set.faults).into());
        }
        let (metrics, refused) = (set.metrics, set.faults);
        let held = set.names.into_iter().filter(|name| metrics.iter().all(|metric| metric.name != *name)).collect();
        let (contracts, limits) = (contracts.clone(), wiring::limits(settings));
        Ok(Self { lake, contracts, metrics, refused, held, limits, telemetry: None, results: Arc::default() })
    }

    /// The same, telling Prometheus how queries fare.
    pub fn observed(mut self, telemetry: Telemetry) -> Self {
        self.telemetry = Some(telemetry);
        self
    }

    /// Faults of the query files that are not used.
    pub fn refused(&self) -> &[Fault] {
        &self.refused
    }

    /// What was stored last; `None` before the first evaluation.
    pub async fn stored(&self) -> Result<Option<Values>, Failure> {
        let stored = evaluation::load(&self.lake, &self.contracts, &self.limits).await?;
        if let (Some(telemetry), Some(stored)) = (&self.telemetry, &stored) {
            telemetry.remember(&self.metrics, stored);
        }
        Ok(stored.map(|stored| stored.values(&self.metrics)))
    }

    /// Computes what changed up to `as_of`, and stores it.
    pub async fn store(&self, as_of: Timestamp) -> Result<Evaluation, Failure> {
        let mut held = self.results.lock().await;
        let mut results = match held.take() {
            Some(results) => results,
            None => Results::open(&self.lake, &self.contracts, &self.limits).await?,
        };
        let refreshed = refresh(&mut results, &self.metrics, &self.held, as_of, self.telemetry.as_ref()).await?;
        let values = results.values(&self.metrics).unwrap_or_else(|| Values { as_of, ..Values::default() });
        *held = Some(results);
        let failed = refreshed.runs.into_iter().filter(|run| run.outcome.is_err()).map(|run| run.metric);
        Ok(Evaluation { values, failed: failed.collect() })
    }

    /// Evaluates at `as_of` and stores nothing. What was published by then is shown as it was; what was published only later,
    /// as it was first: the difference to what is known now could be single answers.
    pub async fn preview(&self, as_of: Timestamp) -> Result<Values, Failure> {
        let tables = Tables::open(&self.lake, &self.contracts).await?;
        let evaluated = evaluation::evaluate(&tables, &self.metrics, as_of, &self.limits).await?;
        let stored = evaluation::load(&self.lake, &self.contracts, &self.limits).await?;
        let mut publications = stored.map(|stored| stored.publications).unwrap_or_default();
        publications.retain(|published| published.at <= as_of || published.version == 1);
        let due = self
            .metrics
            .iter()
            .flat_map(|metric| to_publish(metric, &evaluated.parts, &publications, &evaluated.sites, as_of));
        let due: Vec<_> = due.collect();
        publications.extend(due);
        let input = Input {
            as_of,
            sites: &evaluated.sites,
            parts: &evaluated.parts,
            activity: &evaluated.activity,
            publications: &publications,
            bad: &evaluated.bad,
        };
        Ok(derive(&self.metrics, &input))
    }
}

/// Brings the declared metrics, but those held, up to `as_of`; logs and counts how their queries fared.
///
/// # Errors
/// As [`Results::refresh`].
pub async fn refresh(
    results: &mut Results,
    declared: &[Arc<Metric>],
    held: &BTreeSet<String>,
    as_of: Timestamp,
    telemetry: Option<&Telemetry>,
) -> Result<Refreshed, Failure> {
    let refreshed = results.refresh(declared, held, as_of, Timestamp::now()).await;
    if let Some(telemetry) = telemetry {
        // Known even where nothing can be stored.
        telemetry.fresh(&results.freshness());
    }
    let refreshed = refreshed?;
    tell(&refreshed.runs);
    tell_bad(&refreshed.bad);
    if let Some(telemetry) = telemetry {
        telemetry.observe(&refreshed, Timestamp::now());
    }
    if let Some(evaluation) = refreshed.evaluation {
        tracing::info!(evaluation, rows = refreshed.rows, %as_of, "stored an evaluation");
    }
    Ok(refreshed)
}

/// Logs how queries fared.
pub fn tell(runs: &[QueryRun]) {
    for run in runs {
        match &run.outcome {
            Ok(rows) => tracing::debug!(metric = run.metric, rows, took = ?run.took, "query"),
            Err(error) => {
                let (from, to) = run.failed_in.unzip();
                let [from, to] = [from, to].map(|monday| monday.map(tracing::field::display));
                tracing::error!(metric = run.metric, from, to, %error, "query failed; its last good values stay");
            }
        }
    }
}

/// Most rows that are named at once.
const NAMED: usize = 20;

/// Logs rows that came to be outside their kind's range.
pub fn tell_bad(bad: &[BadRow]) {
    for row in bad.iter().take(NAMED) {
        let BadRow { metric, week, site, why, .. } = row;
        tracing::warn!(metric, %week, site, %why, "a row outside its range has no value; the others are not touched");
    }
    if bad.len() > NAMED {
        let more = bad.len() - NAMED;
        tracing::warn!(more, "more rows outside their range: `bellwether board --format json` names all");
    }
}
