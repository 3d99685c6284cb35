//! Which metrics fail although their query ran: too many series, too many bad rows, sums that leave their type.
//!
//! A metric is looked at as a whole, in the weeks that were computed and in the others that are known of it: computing only
//! what changed fails the metrics that computing every week would.

use super::{
    outcome::{Computed, QueryFailure, Series},
    work::Work,
};
use crate::session::Limits;
use indicators::{BadRow, Metric, PartRow, Totals, clock, week_set::WeekSet};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::BTreeSet;

/// Weeks in which bad rows are counted: a few are a slip of the data, many a query that is wrong.
const WEEKS: u32 = 52;

/// What is known of a metric in other weeks than those that were computed.
pub(crate) trait OtherWeeks {
    /// Whether the metric has, or had, all of these series in any week: then none of them is new.
    fn knows_series(&self, metric: &str, series: &BTreeSet<Series>) -> bool;
    /// The series that it has there.
    fn series_outside(&self, metric: &str, computed: &WeekSet) -> BTreeSet<Series>;
    /// Its bad rows there.
    fn bad_rows_outside(&self, metric: &str, computed: &WeekSet) -> Vec<BadRow>;
    /// How many good rows it has there, from a Monday on.
    fn rows_outside(&self, metric: &str, from: Date, computed: &WeekSet) -> usize;
    /// Its parts there, summed.
    fn totals_outside(&self, metric: &str, computed: &WeekSet) -> Totals;
}

/// Every week was computed.
pub(super) struct NoOtherWeeks;

/// Fails the metrics of the work that break a rule.
pub(crate) fn refuse(
    computed: &mut Computed,
    work: &Work,
    others: &impl OtherWeeks,
    limits: &Limits,
    as_of: Timestamp,
) {
    let since = clock::weeks_before(clock::running_week(as_of, &TimeZone::UTC), WEEKS);
    for (metric, weeks) in
        work.metrics.iter().filter(|(metric, _)| computed.succeeded(&metric.name)).collect::<Vec<_>>()
    {
        let looked_at = Rows { metric, weeks, computed, others };
        let failure = looked_at
            .too_many_series(limits.series)
            .or_else(|| looked_at.too_many_bad_rows(since, limits.bad_percent))
            .or_else(|| looked_at.overflow());
        if let Some(failure) = failure {
            computed.fail(&metric.name, failure);
        }
    }
}

/// All rows of one metric.
struct Rows<'a, O> {
    metric: &'a Metric,
    /// Those that were computed.
    weeks: &'a WeekSet,
    computed: &'a Computed,
    others: &'a O,
}

impl<O: OtherWeeks> Rows<'_, O> {
    fn too_many_series(&self, most: usize) -> Option<QueryFailure> {
        let name = &self.metric.name;
        let new = self.computed.series(name);
        let surplus = !self.others.knows_series(name, &new)
            && self.others.series_outside(name, self.weeks).union(&new).count() > most;
        surplus.then_some(QueryFailure::Series(most))
    }

    /// More than so many in a hundred, of the rows since a Monday.
    fn too_many_bad_rows(&self, since: Date, percent: usize) -> Option<QueryFailure> {
        let name = &self.metric.name;
        let others = self.others.bad_rows_outside(name, self.weeks);
        let bad: Vec<&BadRow> = self.computed.bad_of(name).chain(&others).filter(|row| row.week >= since).collect();
        let first = bad.iter().min()?;
        let recent = |row: &&PartRow| row.week >= since;
        let good = self.computed.rows_of(name).filter(recent).count();
        let rows = bad.len() + good + self.others.rows_outside(name, since, self.weeks);
        if bad.len() * 100 <= rows * percent {
            return None;
        }
        // Which of answers' rows are bad could give an answer away, of a running week more than of others.
        let first = match self.metric.privacy {
            Some(_) => "not named, for it is made of answers".to_owned(),
            None => first.to_string(),
        };
        Some(QueryFailure::BadRows { bad: bad.len(), rows, percent, first })
    }

    fn overflow(&self) -> Option<QueryFailure> {
        let mut totals = self.others.totals_outside(&self.metric.name, self.weeks);
        self.computed.rows_of(&self.metric.name).for_each(|row| totals.add(row));
        totals.overflow().map(|(part, scale)| QueryFailure::Overflow { part, scale })
    }
}

impl OtherWeeks for NoOtherWeeks {
    fn knows_series(&self, _: &str, series: &BTreeSet<Series>) -> bool {
        series.is_empty()
    }
    fn series_outside(&self, _: &str, _: &WeekSet) -> BTreeSet<Series> {
        BTreeSet::new()
    }
    fn bad_rows_outside(&self, _: &str, _: &WeekSet) -> Vec<BadRow> {
        Vec::new()
    }
    fn rows_outside(&self, _: &str, _: Date, _: &WeekSet) -> usize {
        0
    }
    fn totals_outside(&self, _: &str, _: &WeekSet) -> Totals {
        Totals::default()
    }
}
