//! What is to be computed, and in which portions.

use crate::{session::Limits, tables::Tables, views::Window};
use indicators::{
    Metric,
    week_set::{WeekSet, index_of_days},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

/// Which weeks of which metric, and of which stream's activity, are to be computed.
#[derive(Debug, Clone, Default)]
pub struct Work {
    /// Metrics, each with the weeks of it that are to be computed.
    pub metrics: Vec<(Arc<Metric>, WeekSet)>,
    /// Streams, each with the weeks whose activity is to be read.
    pub activity: BTreeMap<String, WeekSet>,
}

impl Work {
    /// Every week of these metrics.
    pub fn all(metrics: &[Arc<Metric>]) -> Self {
        let streams = metrics.iter().flat_map(|metric| metric.streams.clone());
        Self {
            metrics: metrics.iter().map(|metric| (Arc::clone(metric), WeekSet::All)).collect(),
            activity: streams.map(|stream| (stream, WeekSet::All)).collect(),
        }
    }

    /// The same work in portions of one horizon each, so that a long one makes no other query's stretches read more.
    /// A stream's activity goes with the shortest horizon that reads the stream.
    pub(super) fn by_horizon(&self) -> Vec<Self> {
        let mut portions: BTreeMap<(u32, u32), Self> = BTreeMap::new();
        for (metric, weeks) in &self.metrics {
            let portion = portions.entry((metric.horizon_back, metric.horizon_ahead)).or_default();
            portion.metrics.push((Arc::clone(metric), weeks.clone()));
        }
        let mut portions: Vec<Self> = portions.into_values().collect();
        for (stream, weeks) in &self.activity {
            let reads = |portion: &&mut Self| portion.metrics.iter().any(|(metric, _)| metric.streams.contains(stream));
            match portions.iter_mut().find(reads) {
                Some(portion) => drop(portion.activity.insert(stream.clone(), weeks.clone())),
                None => portions
                    .push(Self { activity: BTreeMap::from([(stream.clone(), weeks.clone())]), ..Self::default() }),
            }
        }
        portions
    }

    fn sets(&self) -> impl Iterator<Item = &WeekSet> {
        self.metrics.iter().map(|(_, weeks)| weeks).chain(self.activity.values())
    }

    fn streams(&self) -> BTreeSet<&String> {
        self.metrics.iter().flat_map(|(metric, _)| &metric.streams).chain(self.activity.keys()).collect()
    }

    /// The longest horizon, in weeks back and ahead.
    fn horizon(&self) -> (i64, i64) {
        let longest = |of: fn(&Metric) -> u32| self.metrics.iter().map(|(metric, _)| i64::from(of(metric))).max();
        (longest(|metric| metric.horizon_back).unwrap_or(0), longest(|metric| metric.horizon_ahead).unwrap_or(0))
    }

    /// Stretches of weeks that together hold every week. Each reads about as many rows as the limits allow, or as its
    /// horizon reaches: shorter ones would read the same rows again and again.
    pub(super) fn stretches(&self, tables: &Tables, limits: &Limits) -> Vec<Stretch> {
        let whole = Stretch { from: None, to: None, axis: 0..0 };
        if self.sets().all(WeekSet::is_empty) {
            return Vec::new();
        }
        let rows: Option<Vec<BTreeMap<i32, u64>>> =
            self.streams().into_iter().filter_map(|stream| tables.snapshot(stream)).map(|s| s.rows_by_date()).collect();
        let mut by_week: BTreeMap<i64, u64> = BTreeMap::new();
        for (date, rows) in rows.into_iter().flatten().flatten() {
            *by_week.entry(index_of_days(date)).or_default() += rows;
        }
        let (Some(first), Some(last)) = (by_week.keys().next(), by_week.keys().next_back()) else { return vec![whole] };
        let (back, ahead) = self.horizon();
        let axis = first - back - 1..last + ahead + 2;
        let wanted = axis.clone().filter(|week| self.sets().any(|weeks| weeks.contains(*week)));
        let mut held: BTreeSet<i64> = BTreeSet::new();
        let (mut cuts, mut total, mut length) = (Vec::new(), 0, 0);
        for week in wanted {
            let new: Vec<i64> = (week - ahead..=week + back).filter(|week| !held.contains(week)).collect();
            let rows = |weeks: &[i64]| weeks.iter().filter_map(|week| by_week.get(week)).sum::<u64>();
            if total + rows(&new) > limits.rows_at_once as u64 && length > back + ahead {
                cuts.push(week);
                held.clear();
                (total, length) = (0, 0);
                held.extend(week - ahead..=week + back);
                total += rows(&held.iter().copied().collect::<Vec<_>>());
            } else {
                total += rows(&new);
                held.extend(new);
            }
            length += 1;
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
