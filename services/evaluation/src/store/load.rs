//! Lake → what the board and the exporter show.

use super::{error::StoreError, state::State};
use crate::{evaluate, session::Limits, tables::Tables, views::Views};
use contracts::Contracts;
use indicators::{
    Activity, BadRow, Metric, PartRow, Published, Site, Values,
    derive::{Input, derive},
};
use jiff::Timestamp;
use lake::Lake;
use std::{collections::BTreeMap, sync::Arc};

/// The results stored last.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Number of the evaluation.
    pub evaluation: i64,
    /// Its clock.
    pub as_of: Timestamp,
    /// The latest row of every metric, week, site and label set that exists; sorted.
    pub parts: Vec<PartRow>,
    /// Rows of every metric that have no value, latest computed; sorted.
    pub bad: Vec<BadRow>,
    /// Which site sent events of which stream in which week.
    pub activity: Activity,
    /// What was shown of metrics with privacy; every version, sorted.
    pub publications: Vec<Published>,
    /// Sites of the reference records as now known, by id.
    pub sites: Vec<Site>,
    /// When a row of each metric was last computed anew (the wall clock): its query succeeded then, or later.
    pub computed_at: BTreeMap<String, Timestamp>,
}

impl Stored {
    /// What a state holds, with the sites as now known.
    pub(crate) fn of(state: &State, evaluation: i64, as_of: Timestamp, sites: Vec<Site>) -> Self {
        let (parts, activity) = (state.part_rows(), state.active());
        let (publications, computed_at) = (state.publications.clone(), state.computed_at());
        let bad = state.bad_rows();
        Self { evaluation, as_of, parts, bad, activity, publications, sites, computed_at }
    }

    /// Everything that DERIVED defines, of these results.
    pub fn values(&self, metrics: &[Arc<Metric>]) -> Values {
        let input = Input {
            as_of: self.as_of,
            sites: &self.sites,
            parts: &self.parts,
            activity: &self.activity,
            publications: &self.publications,
            bad: &self.bad,
        };
        derive(metrics, &input)
    }
}

/// Loads the results stored last; `None` before the first evaluation.
///
/// # Errors
/// When the tables of results or of sites cannot be read.
pub async fn load(lake: &Lake, contracts: &Contracts, limits: &Limits) -> Result<Option<Stored>, StoreError> {
    let state = State::read(lake, limits).await?;
    let (Some(evaluation), Some(as_of)) = (state.evaluation, state.as_of) else { return Ok(None) };
    let views = Views::open(&Tables::open(lake, contracts).await?, as_of, limits).await?;
    Ok(Some(Stored::of(&state, evaluation, as_of, evaluate::reference_sites(&views).await?)))
}
