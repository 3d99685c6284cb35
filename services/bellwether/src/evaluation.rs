//! The one way to evaluate a lake: commands, the demonstration and both lanes of the service take it.
//!
//! ```text
//!  Evaluator ─┬─ bring_up_to_date ─► one commit: what changed of all metrics   `indicators --once`, `demo`, main lane
//!             ├─ compute_alone ────► one commit: all weeks of one metric       side lane
//!             └─ evaluate_unstored ► values in memory, nothing stored          `board --as-of`
//! ```

use crate::{configured, error_code::ErrorCode, failure::Failure, settings::Settings};
use contracts::Contracts;
use evaluation::{Limits, QueryRun, Refreshed, Results, Telemetry};
use indicators::{BadRow, Metric, Values};
use jiff::Timestamp;
use lake::Lake;
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};
use workbench::{Fault, QueryFileError};

/// The lake that is evaluated, and whom to tell how queries fare.
#[derive(Clone)]
pub struct Evaluator {
    lake: Lake,
    contracts: Contracts,
    telemetry: Option<Telemetry>,
}

/// What an evaluation of all metrics is about.
pub struct Round {
    /// Every metric that there is.
    pub declared: Vec<Arc<Metric>>,
    /// Names of which everything stored stays as it is.
    pub held: BTreeSet<String>,
    /// For the queries.
    pub limits: Limits,
    /// The clock.
    pub as_of: Timestamp,
}

impl Evaluator {
    /// Over a lake whose streams follow these contracts.
    pub fn new(lake: Lake, contracts: Contracts) -> Self {
        Self { lake, contracts, telemetry: None }
    }

    /// The same, telling Prometheus how queries fare.
    pub fn observed(self, telemetry: Telemetry) -> Self {
        Self { telemetry: Some(telemetry), ..self }
    }

    /// What is stored. Creates the table of results where it is missing.
    pub async fn open(&self, limits: &Limits) -> Result<Results, Failure> {
        Ok(Results::open(&self.lake, &self.contracts, limits).await?)
    }

    /// Brings all metrics but those held up to the round's clock. The results are opened again where none are given.
    pub async fn bring_up_to_date(
        &self,
        results: Option<Results>,
        round: &Round,
    ) -> Result<(Results, Refreshed), Failure> {
        let results = match results {
            Some(results) => results,
            None => self.open(&round.limits).await?,
        };
        let mut results = results.with_limits(round.limits.clone());
        let refreshed = results.refresh(&round.declared, &round.held, round.as_of, Timestamp::now()).await;
        if let Some(telemetry) = &self.telemetry {
            // Known even where nothing can be stored.
            telemetry.fresh(&results.freshness());
        }
        let refreshed = refreshed?;
        log(&refreshed);
        if let Some(telemetry) = &self.telemetry {
            telemetry.observe(&refreshed, Timestamp::now());
        }
        if let Some(evaluation) = refreshed.evaluation {
            tracing::info!(evaluation, rows = refreshed.rows, as_of = %round.as_of, "stored an evaluation");
        }
        Ok((results, refreshed))
    }

    /// Computes all weeks of one metric beside that; `false` where its query failed.
    pub async fn compute_alone(
        &self,
        metric: &Arc<Metric>,
        limits: &Limits,
        as_of: Timestamp,
    ) -> Result<bool, Failure> {
        let mut results = self.open(limits).await?;
        let refreshed = results.recompute(metric, as_of, Timestamp::now()).await?;
        log(&refreshed);
        if let Some(telemetry) = &self.telemetry {
            telemetry.observe_runs(&refreshed.runs, Timestamp::now());
        }
        let succeeded = refreshed.runs.iter().all(|run| run.outcome.is_ok());
        if succeeded {
            tracing::info!(metric = metric.name, rows = refreshed.rows, "computed in the background");
        }
        Ok(succeeded)
    }

    /// Tells Prometheus what stored results say of the queries whose metrics are served.
    pub fn remember(&self, results: &Results, served: &[Arc<Metric>]) {
        let Some(telemetry) = &self.telemetry else { return };
        telemetry.fresh(&results.freshness());
        if let Some(stored) = results.stored() {
            telemetry.remember(served, &stored);
        }
    }

    /// Ends the series of a metric that is no more.
    pub fn forget(&self, metric: &str) {
        if let Some(telemetry) = &self.telemetry {
            telemetry.forget(metric);
        }
    }

    /// What was stored last of the queries' metrics; `None` before the first evaluation.
    pub async fn stored(&self, queries: &GoodQueries) -> Result<Option<Values>, Failure> {
        let stored = evaluation::load(&self.lake, &self.contracts, &queries.limits).await?;
        Ok(stored.map(|stored| stored.values(&queries.metrics)))
    }

    /// Evaluates at `as_of` and stores nothing. What was published by then is shown as it was; what was published only later,
    /// as it was first: the difference to what is known now could be single answers.
    pub async fn evaluate_unstored(&self, queries: &GoodQueries, as_of: Timestamp) -> Result<Unstored, Failure> {
        let GoodQueries { metrics, limits, .. } = queries;
        let (values, failed) = evaluation::look_ahead(&self.lake, &self.contracts, metrics, as_of, limits).await?;
        Ok(Unstored { values, failed })
    }
}

/// What was computed and not stored.
pub struct Unstored {
    /// Everything derived of it.
    pub values: Values,
    /// The queries that failed: of their metrics nothing is known.
    pub failed: Vec<QueryRun>,
}

/// The metrics of a folder of queries that is read once.
pub struct GoodQueries {
    /// Of the files without a fault.
    pub metrics: Vec<Arc<Metric>>,
    /// Faults of the other files.
    pub refused: Vec<Fault>,
    /// Names whose file is bad: what is stored of them stays.
    held: BTreeSet<String>,
    limits: Limits,
    folder: PathBuf,
}

impl GoodQueries {
    /// Where the query file of a metric says what is refused: `FILE:LINE`, as far as it can be found.
    pub fn place_of_minimum(&self, metric: &str) -> String {
        let file = self.folder.join(metric).with_extension("sql");
        let line = std::fs::read_to_string(&file).ok().and_then(|text| {
            let says = |line: &str| line.trim_start().starts_with("privacy");
            text.lines().position(says).map(|line| format!(":{}", line + 1))
        });
        format!("{}{}", file.display(), line.unwrap_or_default())
    }

    /// Reads the folder of the settings; the faults are logged, too.
    ///
    /// # Errors
    /// A folder of queries that cannot be read or holds none, or none that is good.
    pub async fn read(settings: &Settings, contracts: &Contracts) -> Result<Self, Failure> {
        let set = configured::good_queries(settings, contracts).await?;
        if set.metrics.is_empty() {
            return Err(QueryFileError::Faults(set.faults).into());
        }
        let (metrics, refused) = (set.metrics, set.faults);
        let held = set.names.into_iter().filter(|name| metrics.iter().all(|metric| metric.name != *name)).collect();
        let folder = settings.indicators.queries.clone();
        Ok(Self { metrics, refused, held, limits: configured::limits(settings), folder })
    }

    /// Stores their evaluation at a clock.
    ///
    /// # Errors
    /// A lake that cannot be read or written.
    pub async fn store(
        &self,
        evaluator: &Evaluator,
        results: Option<Results>,
        as_of: Timestamp,
    ) -> Result<(Results, UpToDate), Failure> {
        let (declared, held, limits) = (self.metrics.clone(), self.held.clone(), self.limits.clone());
        let round = Round { declared, held, limits, as_of };
        let (results, refreshed) = evaluator.bring_up_to_date(results, &round).await?;
        let values = results.values(&self.metrics).unwrap_or_else(|| Values { as_of, ..Values::default() });
        let failed = refreshed.runs.into_iter().filter(|run| run.outcome.is_err()).map(|run| run.metric).collect();
        Ok((results, UpToDate { values, failed }))
    }
}

/// What a stored evaluation led to.
pub struct UpToDate {
    /// Everything derived of what is stored now.
    pub values: Values,
    /// Metrics whose query failed; their last good values stay.
    pub failed: Vec<String>,
}

/// Most rows that are named at once.
const NAMED: usize = 20;

/// Logs how queries fared, promises that a file falls short of, and rows that came to be outside their kind's range.
fn log(refreshed: &Refreshed) {
    for run in &refreshed.runs {
        match &run.outcome {
            Ok(rows) => tracing::debug!(metric = run.metric, rows, took = ?run.took, "query"),
            Err(error) => {
                let (from, to) = run.failed_in.unzip();
                let [from, to] = [from, to].map(|monday| monday.map(tracing::field::display));
                let code = ErrorCode::of(error).map(ErrorCode::id);
                tracing::error!(code, metric = run.metric, from, to, %error, "query failed; its last good values stay");
            }
        }
    }
    for refused in &refreshed.refused {
        tracing::warn!(metric = refused.metric, "{refused}");
    }
    for row in refreshed.bad.iter().take(NAMED) {
        let BadRow { metric, week, site, why, .. } = row;
        tracing::warn!(metric, %week, site, %why, "a row outside its range has no value; the others are not touched");
    }
    if refreshed.bad.len() > NAMED {
        let more = refreshed.bad.len() - NAMED;
        tracing::warn!(more, "more rows outside their range: `bellwether board --format json` names all");
    }
}
