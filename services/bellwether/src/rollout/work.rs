//! What the lanes do with the lake.

use crate::{
    evaluation::{refresh, tell, tell_bad},
    failure::Failure,
};
use contracts::Contracts;
use evaluation::{Limits, Refreshed, Results, Telemetry};
use indicators::Metric;
use jiff::Timestamp;
use lake::Lake;
use std::{collections::BTreeSet, sync::Arc};

/// Where they do it, and whom they tell.
#[derive(Clone)]
pub struct Work {
    /// The lake.
    pub lake: Lake,
    /// The contracts of its streams.
    pub contracts: Contracts,
    /// How queries fare.
    pub telemetry: Telemetry,
}

/// A round of the main lane.
pub struct Round {
    /// Every metric that has a slot.
    pub declared: Vec<Arc<Metric>>,
    /// Names to be left alone.
    pub held: BTreeSet<String>,
    /// For its queries.
    pub limits: Limits,
    /// The clock.
    pub as_of: Timestamp,
}

impl Work {
    /// What is stored. Lays the table of results out where it is missing.
    pub async fn open(&self, limits: &Limits) -> Result<Results, Failure> {
        Ok(Results::open(&self.lake, &self.contracts, limits).await?)
    }

    /// Brings what is served up to date. The results are opened again where an earlier round has lost them.
    pub async fn refresh(self, results: Option<Results>, round: Round) -> Result<(Results, Refreshed), Failure> {
        let results = match results {
            Some(results) => results,
            None => self.open(&round.limits).await?,
        };
        let mut results = results.with_limits(round.limits.clone());
        let Round { declared, held, as_of, .. } = &round;
        let refreshed = refresh(&mut results, declared, held, *as_of, Some(&self.telemetry)).await?;
        Ok((results, refreshed))
    }

    /// Computes all weeks of one metric beside that; `false` where its query failed.
    pub async fn compute(self, metric: Arc<Metric>, limits: Limits, as_of: Timestamp) -> Result<bool, Failure> {
        let mut results = self.open(&limits).await?;
        let refreshed = results.recompute(&metric, as_of, Timestamp::now()).await?;
        tell(&refreshed.runs);
        tell_bad(&refreshed.bad);
        self.telemetry.observe_runs(&refreshed.runs, Timestamp::now());
        let succeeded = refreshed.runs.iter().all(|run| run.outcome.is_ok());
        if succeeded {
            tracing::info!(metric = metric.name, rows = refreshed.rows, "computed in the background");
        }
        Ok(succeeded)
    }
}
