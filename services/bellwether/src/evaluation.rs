//! Evaluating the lake: stored, or in memory only.

use crate::{failure::Failure, settings::Settings, wiring};
use contracts::Contracts;
use indicators::{
    Evaluated, Limits, Metric, Saved, Tables, Telemetry, Values,
    derive::{Input, derive, to_publish},
};
use jiff::Timestamp;
use lake::Lake;
use std::sync::Arc;

/// How often to start again when another program stored an evaluation meanwhile.
const ATTEMPTS: usize = 5;

/// The metrics over one lake.
#[derive(Clone)]
pub struct Evaluator {
    lake: Lake,
    contracts: Contracts,
    metrics: Vec<Arc<Metric>>,
    limits: Limits,
    telemetry: Option<Telemetry>,
}

/// What a stored evaluation gave.
pub struct Evaluation {
    /// Everything derived of what is stored now.
    pub values: Values,
    /// Metrics whose query failed; their last good values stay.
    pub failed: Vec<String>,
}

impl Evaluator {
    /// Loads the query files.
    pub async fn new(settings: &Settings, contracts: &Contracts, lake: Lake) -> Result<Self, Failure> {
        let metrics = wiring::metrics(settings, contracts).await?;
        Ok(Self { lake, contracts: contracts.clone(), metrics, limits: wiring::limits(settings), telemetry: None })
    }

    /// The same, telling Prometheus how queries fare.
    pub fn observed(mut self, telemetry: Telemetry) -> Self {
        self.telemetry = Some(telemetry);
        self
    }

    /// What was stored last; `None` before the first evaluation.
    pub async fn stored(&self) -> Result<Option<Values>, Failure> {
        let stored = indicators::load(&self.lake, &self.contracts, &self.limits).await?;
        if let (Some(telemetry), Some(stored)) = (&self.telemetry, &stored) {
            telemetry.remember(&self.metrics, stored);
        }
        Ok(stored.map(|stored| stored.values(&self.metrics)))
    }

    /// Evaluates at `as_of` and stores the results, unless just that is stored already.
    pub async fn store(&self, as_of: Timestamp) -> Result<Evaluation, Failure> {
        let mut failed = Vec::new();
        for attempt in 1.. {
            let tables = Tables::open(&self.lake, &self.contracts).await?;
            if indicators::is_current(&self.lake, &tables, &self.metrics, as_of).await? {
                break;
            }
            let evaluated = self.evaluate(&tables, as_of).await?;
            failed = evaluated.failed().into_iter().map(str::to_owned).collect();
            match indicators::save(&self.lake, &self.metrics, &evaluated, Timestamp::now(), &self.limits).await? {
                Saved::Superseded if attempt < ATTEMPTS => {
                    tracing::info!(attempt, "another program stored an evaluation meanwhile; evaluating again");
                }
                Saved::Superseded => {
                    return Err(anyhow::anyhow!(
                        "another program has stored an evaluation {ATTEMPTS} times while this one was evaluating: \
                         let one evaluate a lake at a time"
                    )
                    .into());
                }
                Saved::Done { rows, stored } => {
                    tracing::info!(evaluation = stored.evaluation, rows, %as_of, "stored an evaluation");
                    return Ok(Evaluation { values: stored.values(&self.metrics), failed });
                }
                Saved::Unchanged => break,
            }
        }
        let values = self.stored().await?.unwrap_or_else(|| Values { as_of, ..Values::default() });
        Ok(Evaluation { values, failed })
    }

    /// Evaluates at `as_of` and stores nothing. What publications would have shown then is what they show here.
    pub async fn preview(&self, as_of: Timestamp) -> Result<Values, Failure> {
        let tables = Tables::open(&self.lake, &self.contracts).await?;
        let evaluated = self.evaluate(&tables, as_of).await?;
        let stored = indicators::load(&self.lake, &self.contracts, &self.limits).await?;
        let mut publications = stored.map(|stored| stored.publications).unwrap_or_default();
        publications.retain(|published| published.at <= as_of);
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
        };
        Ok(derive(&self.metrics, &input))
    }

    async fn evaluate(&self, tables: &Tables, as_of: Timestamp) -> Result<Evaluated, Failure> {
        let evaluated = indicators::evaluate(tables, &self.metrics, as_of, &self.limits).await?;
        for run in &evaluated.runs {
            match &run.outcome {
                Ok(rows) => tracing::debug!(metric = run.metric, rows, took = ?run.took, "query"),
                Err(error) => tracing::error!(metric = run.metric, %error, "query failed; its last good values stay"),
            }
        }
        if let Some(telemetry) = &self.telemetry {
            telemetry.observe(&evaluated, Timestamp::now());
        }
        Ok(evaluated)
    }
}
