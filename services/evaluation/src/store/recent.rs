//! What is shown now, of the results held in memory: the last year's rows are looked at, however long the history.

use super::state::State;
use indicators::{
    Metric, PartRow, Published, Site, Values,
    derive::{Input, Older, YEAR, clock, derive_with},
    week_set::{WeekSet, index_of},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::sync::Arc;

/// How many weeks before the clock's own in UTC the last complete one of a site can lie, and one to spare.
const BEHIND: u32 = 4;

/// Everything that DERIVED defines, at the clock of the evaluation: the same as over all rows.
pub(super) fn values(state: &State, as_of: Timestamp, reference: &[Site], metrics: &[Arc<Metric>]) -> Values {
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
    derive_with(metrics, &input, &Before { state, first })
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
