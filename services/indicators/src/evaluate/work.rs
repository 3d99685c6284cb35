//! What is to be computed, and in which portions.

use crate::{Limits, Metric, Tables, views::Window, week_set::WeekSet};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

/// Which weeks of which metric, and of which stream's activity, are to be computed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Work {
    pub metrics: Vec<(Arc<Metric>, WeekSet)>,
    pub activity: BTreeMap<String, WeekSet>,
}

impl Work {
    /// Every week of these metrics.
    pub(crate) fn all(metrics: &[Arc<Metric>]) -> Self {
        let streams = metrics.iter().flat_map(|metric| metric.streams.clone());
        Self {
            metrics: metrics.iter().map(|metric| (Arc::clone(metric), WeekSet::All)).collect(),
            activity: streams.map(|stream| (stream, WeekSet::All)).collect(),
        }
    }

    fn sets(&self) -> impl Iterator<Item = &WeekSet> {
        self.metrics.iter().map(|(_, weeks)| weeks).chain(self.activity.values())
    }

    fn streams(&self) -> BTreeSet<&String> {
        self.metrics.iter().flat_map(|(metric, _)| &metric.streams).chain(self.activity.keys()).collect()
    }

    /// Stretches of weeks that together hold every week, each small enough for the memory.
    pub(super) fn stretches(&self, tables: &Tables, limits: &Limits) -> Vec<Stretch> {
        let whole = Stretch { from: None, to: None, axis: 0..0 };
        let rows: Option<Vec<BTreeMap<i32, u64>>> =
            self.streams().into_iter().filter_map(|stream| tables.snapshot(stream)).map(|s| s.rows_by_date()).collect();
        let mut by_week: BTreeMap<i64, u64> = BTreeMap::new();
        for (date, rows) in rows.into_iter().flatten().flatten() {
            *by_week.entry((i64::from(date) - 4).div_euclid(7)).or_default() += rows;
        }
        let (Some(first), Some(last)) = (by_week.keys().next(), by_week.keys().next_back()) else { return vec![whole] };
        let reach = self.metrics.iter().map(|(metric, _)| i64::from(metric.horizon_back.max(metric.horizon_ahead)));
        let reach = reach.max().unwrap_or(0) + 1;
        let axis = first - reach..last + reach + 1;
        let wanted = |week: &&i64| self.sets().any(|weeks| weeks.contains(**week));
        let most = limits.rows_at_once as u64;
        let (mut cuts, mut total) = (Vec::new(), 0);
        for week in by_week.keys().filter(wanted) {
            total += by_week[week];
            if total > most && total > by_week[week] {
                cuts.push(*week);
                total = by_week[week];
            }
        }
        let from = std::iter::once(None).chain(cuts.iter().copied().map(Some));
        let to = cuts.iter().copied().map(Some).chain([None]);
        from.zip(to).map(|(from, to)| Stretch { from, to, axis: axis.clone() }).collect()
    }
}

/// Weeks from one to another; an open end has no bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    from: Option<i64>,
    to: Option<i64>,
    /// The weeks that rows can lie in.
    axis: Range<i64>,
}

impl Stretch {
    pub(super) fn holds(&self, week: i64) -> bool {
        self.from.is_none_or(|from| from <= week) && self.to.is_none_or(|to| week < to)
    }

    /// The part of a set that lies in this stretch.
    pub(super) fn of(&self, weeks: &WeekSet) -> WeekSet {
        match (weeks, self.from, self.to) {
            (WeekSet::All, None, None) => WeekSet::All,
            (WeekSet::All, from, to) => weeks.within(from.unwrap_or(self.axis.start)..to.unwrap_or(self.axis.end)),
            (WeekSet::Some(_), from, to) => weeks.within(from.unwrap_or(i64::MIN)..to.unwrap_or(i64::MAX)),
        }
    }

    /// What has to be read for the weeks of the work that lie here: a row can change the weeks of the horizon around its
    /// own, so a week follows from the rows of the horizon mirrored.
    pub(super) fn windows(&self, work: &Work) -> BTreeMap<String, Window> {
        let mut windows: BTreeMap<String, Window> = BTreeMap::new();
        for (metric, weeks) in &work.metrics {
            let weeks = self.of(weeks);
            if weeks.is_empty() {
                continue;
            }
            let weeks = weeks.widened(metric.horizon_ahead, metric.horizon_back);
            for stream in &metric.streams {
                let window = windows.entry(stream.clone()).or_default();
                window.weeks.extend(&weeks);
                window.columns.extend(metric.reads.get(stream).into_iter().flatten().cloned());
            }
        }
        for (stream, weeks) in &work.activity {
            let weeks = self.of(weeks);
            if !weeks.is_empty() {
                windows.entry(stream.clone()).or_default().weeks.extend(&weeks);
            }
        }
        windows
    }

    /// Whether anything of the set lies here.
    pub(super) fn meets(&self, weeks: &WeekSet) -> bool {
        !self.of(weeks).is_empty()
    }
}
