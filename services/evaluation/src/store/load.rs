//! What the board and the exporter show of stored results: all of them, or the last year's rows, however long the history.

use super::{error::StoreError, state::State};
use crate::{evaluate::reference_sites, session::Limits, tables::Tables, views::Views};
use contracts::Contracts;
use indicators::{
    Activity, BadRow, Metric, PartRow, Published, Site, Values, clock,
    derive::{Input, Nothing, Older, YEAR, derive_with_changes},
    week_set::{WeekSet, index_of},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
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
    /// When a row of each metric was last computed (the wall clock): its query succeeded then, or later.
    pub computed_at: BTreeMap<String, Timestamp>,
}

impl Stored {
    /// What a state holds, with the sites as now known; `None` before the first evaluation.
    pub(crate) fn of(state: &State, sites: Vec<Site>) -> Option<Self> {
        let (evaluation, as_of) = (state.evaluation?, state.as_of?);
        let (parts, activity) = (state.part_rows(), state.active());
        let (publications, computed_at) = (state.publications.clone(), state.computed_at());
        let bad = state.bad_rows();
        Some(Self { evaluation, as_of, parts, bad, activity, publications, sites, computed_at })
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
        derive_with_changes(metrics, &input, &Nothing)
    }
}

/// Loads the results stored last; `None` before the first evaluation.
///
/// # Errors
/// When the tables of results or of sites cannot be read.
pub async fn load(lake: &Lake, contracts: &Contracts, limits: &Limits) -> Result<Option<Stored>, StoreError> {
    let state = State::read(lake, limits).await?;
    let (Some(_), Some(as_of)) = (state.evaluation, state.as_of) else { return Ok(None) };
    let views = Views::open(&Tables::open(lake, contracts).await?, as_of, limits).await?;
    Ok(Stored::of(&state, reference_sites(&views).await?))
}

/// How many weeks before the clock's own in UTC the last complete one of a site can lie, and two
/// to spare: what changed is asked of the week before.
const BEHIND: u32 = 5;

/// Everything that DERIVED defines, at the clock of the evaluation: the same as over all rows.
pub(crate) fn recent_values(state: &State, as_of: Timestamp, reference: &[Site], metrics: &[Arc<Metric>]) -> Values {
    let running = clock::running_week(as_of, &TimeZone::UTC);
    let first = clock::weeks_before(running, YEAR + BEHIND);
    let weeks = WeekSet::Some((index_of(first)..=index_of(running) + 1).collect());
    let parts: Vec<PartRow> = metrics.iter().flat_map(|metric| state.part_rows_of(&metric.name, &weeks)).collect();
    let recent = state.publications.iter().filter(|published| published.row.week >= first);
    let publications: Vec<Published> = recent.cloned().collect();
    let activity = state.active_in(metrics.iter().flat_map(|metric| &metric.streams), &weeks);
    let sites = state.with_named(reference, running);
    let bad = state.bad_rows();
    let input =
        Input { as_of, sites: &sites, parts: &parts, activity: &activity, publications: &publications, bad: &bad };
    derive_with_changes(metrics, &input, &Before { state, first })
}

/// The rows of the weeks before that.
struct Before<'a> {
    state: &'a State,
    first: Date,
}

impl Older for Before<'_> {
    fn parts(&self, metric: &str, site: Option<&str>, first: Date) -> Vec<PartRow> {
        match site {
            Some(site) => self.state.part_rows_between(metric, site, first, self.first),
            None => {
                let weeks = WeekSet::Some((index_of(first)..index_of(self.first)).collect());
                self.state.part_rows_of(metric, &weeks)
            }
        }
    }

    fn publications(&self, metric: &str, site: Option<&str>, first: Date) -> Vec<Published> {
        let weeks = first..self.first;
        let at = |row: &PartRow| site.is_none_or(|site| row.site == site);
        let own = |row: &PartRow| row.metric == metric && at(row) && weeks.contains(&row.week);
        self.state.publications.iter().filter(|published| own(&published.row)).cloned().collect()
    }
}
