//! What the board and the exporter show of stored results: all of them, or the last year's rows, however long the history.

use super::{error::StoreError, state::State};
use crate::{evaluate::reference_sites, promises::Kept, session::Limits, tables::Tables, views::Views};
use contracts::Contracts;
use indicators::{
    Activity, BadRow, Metric, PartRow, Published, Site, Values, clock,
    derive::{Input, Nothing, Older, YEAR, derive_with_changes},
    promises::Promises,
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
    /// What was shown of metrics with privacy; every version, sorted. What a promise to those who answered holds back has
    /// nothing left of it.
    pub publications: Vec<Published>,
    /// Sites of the reference records as now known, by id.
    pub sites: Vec<Site>,
    /// When a row of each metric was last computed (the wall clock): its query succeeded then, or later.
    pub computed_at: BTreeMap<String, Timestamp>,
    /// What was promised to those who answered.
    pub promises: Promises,
}

impl Stored {
    /// What a state holds, with the sites as now known; `None` before the first evaluation.
    pub(crate) fn of(state: &State, sites: Vec<Site>, promises: Promises) -> Option<Self> {
        let (evaluation, as_of) = (state.evaluation?, state.as_of?);
        let (parts, activity) = (state.part_rows(), state.active());
        let publications = state.publications.iter().cloned().map(|published| promises.show(published)).collect();
        let bad = state.bad_rows().into_iter().map(|row| promises.show_bad(row)).collect();
        let computed_at = state.computed_at();
        Some(Self { evaluation, as_of, parts, bad, activity, publications, sites, computed_at, promises })
    }

    /// Everything that DERIVED defines, of these results.
    pub fn values(&self, metrics: &[Arc<Metric>]) -> Values {
        let parts: Vec<PartRow> = self.parts.iter().filter(|row| self.promises.shows_part(row)).cloned().collect();
        let input = Input {
            as_of: self.as_of,
            sites: &self.sites,
            parts: &parts,
            activity: &self.activity,
            publications: &self.publications,
            bad: &self.bad,
        };
        let mut values = derive_with_changes(metrics, &input, &Nothing);
        values.refused = self.promises.refusals(metrics.iter(), &self.publications, self.as_of);
        values
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
    let promises = Kept::of_results(lake, &state, limits).await?.into_promises();
    Ok(Stored::of(&state, reference_sites(&views).await?, promises))
}

/// How many weeks before the clock's own in UTC the last complete one of a site can lie, and two
/// to spare: what changed is asked of the week before.
const BEHIND: u32 = 5;

/// Everything that DERIVED defines, at the clock of the evaluation: the same as over all rows.
pub(crate) fn recent_values(
    state: &State,
    promises: &Promises,
    as_of: Timestamp,
    reference: &[Site],
    metrics: &[Arc<Metric>],
) -> Values {
    let running = clock::running_week(as_of, &TimeZone::UTC);
    let first = clock::weeks_before(running, YEAR + BEHIND);
    let weeks = WeekSet::Some((index_of(first)..=index_of(running) + 1).collect());
    let parts = metrics.iter().flat_map(|metric| state.part_rows_of(&metric.name, &weeks));
    let parts: Vec<PartRow> = parts.filter(|row| promises.shows_part(row)).collect();
    let recent = state.publications.iter().filter(|published| published.row.week >= first);
    let publications: Vec<Published> = recent.cloned().map(|published| promises.show(published)).collect();
    let activity = state.active_in(metrics.iter().flat_map(|metric| &metric.streams), &weeks);
    let sites = state.with_named(reference, running);
    let bad: Vec<BadRow> = state.bad_rows().into_iter().map(|row| promises.show_bad(row)).collect();
    let input =
        Input { as_of, sites: &sites, parts: &parts, activity: &activity, publications: &publications, bad: &bad };
    let mut values = derive_with_changes(metrics, &input, &Before { state, promises, first });
    values.refused = promises.refusals(metrics.iter(), &publications, as_of);
    values
}

/// The rows of the weeks before that.
struct Before<'a> {
    state: &'a State,
    promises: &'a Promises,
    first: Date,
}

impl Older for Before<'_> {
    fn parts(&self, metric: &str, site: Option<&str>, first: Date) -> Vec<PartRow> {
        let mut rows = match site {
            Some(site) => self.state.part_rows_between(metric, site, first, self.first),
            None => {
                let weeks = WeekSet::Some((index_of(first)..index_of(self.first)).collect());
                self.state.part_rows_of(metric, &weeks)
            }
        };
        rows.retain(|row| self.promises.shows_part(row));
        rows
    }

    fn publications(&self, metric: &str, site: Option<&str>, first: Date) -> Vec<Published> {
        let weeks = first..self.first;
        let at = |row: &PartRow| site.is_none_or(|site| row.site == site);
        let own = |row: &PartRow| row.metric == metric && at(row) && weeks.contains(&row.week);
        self.state
            .publications
            .iter()
            .filter(|published| own(&published.row))
            .cloned()
            .map(|old| self.promises.show(old))
            .collect()
    }
}
