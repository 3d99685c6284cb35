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

    /// Rows of the streams of the work, by week.
    pub(super) fn rows(&self, tables: &Tables) -> Rows {
        let by_week = |dates: BTreeMap<i32, u64>| {
            let mut weeks = BTreeMap::new();
            dates.into_iter().for_each(|(date, rows)| *weeks.entry(index_of_days(date)).or_default() += rows);
            weeks
        };
        let of = |stream: &String| {
            let snapshot = tables.snapshot(stream)?;
            Some((stream.clone(), snapshot.rows_by_date().map(by_week)))
        };
        Rows(self.streams().into_iter().filter_map(of).collect())
    }

    /// The same work in portions whose queries are computed from the same rows. Queries of one horizon always are; those of
    /// several where that reads fewer rows, as of a stream that both read, and holds no more of them at once: a long horizon
    /// would make others' stretches read weeks that they do not need.
    pub(super) fn portions(&self, rows: &Rows, limits: &Limits) -> Vec<Self> {
        let mut portions: Vec<(Self, Option<Reads>)> = Vec::new();
        for portion in self.by_horizon() {
            let reads = portion.reads(rows, limits);
            let joined = portions.iter().enumerate().find_map(|(at, (other, others))| {
                let both = other.with(&portion);
                let together = both.reads(rows, limits)?;
                together.is_less((*others)?, reads?, limits).then_some((at, (both, Some(together))))
            });
            match joined {
                Some((at, both)) => portions[at] = both,
                None => portions.push((portion, reads)),
            }
        }
        portions.into_iter().map(|(portion, _)| portion).collect()
    }

    /// In portions of one horizon each. A stream's activity goes with the shortest horizon that reads the stream.
    fn by_horizon(&self) -> Vec<Self> {
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

    /// Both.
    fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.metrics.extend(other.metrics.iter().cloned());
        both.activity.extend(other.activity.clone());
        both
    }

    /// What is read for it; `None` where that is not known beforehand.
    fn reads(&self, rows: &Rows, limits: &Limits) -> Option<Reads> {
        let mut reads = Reads { rows: 0, at_once: 0 };
        for stretch in self.stretches(rows, limits) {
            let windows = stretch.windows(self).into_iter();
            let held = windows.map(|(stream, window)| rows.within(&stream, &window.weeks)).sum::<Option<u64>>()?;
            reads.rows += held;
            reads.at_once = reads.at_once.max(held);
        }
        Some(reads)
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
    pub(super) fn stretches(&self, rows: &Rows, limits: &Limits) -> Vec<Stretch> {
        let whole = Stretch { from: None, to: None, axis: 0..0 };
        if self.sets().all(WeekSet::is_empty) {
            return Vec::new();
        }
        let by_week = rows.by_week(self.streams()).unwrap_or_default();
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

/// How many rows of each stream lie in which week; `None` of a stream for which that is not known.
#[derive(Debug, Default)]
pub(super) struct Rows(BTreeMap<String, Option<BTreeMap<i64, u64>>>);

impl Rows {
    /// Of these streams together; `None` where it is not known of one.
    fn by_week(&self, streams: BTreeSet<&String>) -> Option<BTreeMap<i64, u64>> {
        let mut all = BTreeMap::new();
        for weeks in streams.into_iter().filter_map(|stream| self.0.get(stream)) {
            weeks.as_ref()?.iter().for_each(|(week, rows)| *all.entry(*week).or_default() += rows);
        }
        Some(all)
    }

    /// Those of a stream in these weeks; `None` where it is not known.
    fn within(&self, stream: &str, wanted: &WeekSet) -> Option<u64> {
        let Some(weeks) = self.0.get(stream) else { return Some(0) };
        let lie_there = weeks.as_ref()?.iter().filter(|(week, _)| wanted.contains(**week));
        Some(lie_there.map(|(_, rows)| rows).sum())
    }
}

/// How many rows are read.
#[derive(Debug, Clone, Copy)]
struct Reads {
    /// In all stretches.
    rows: u64,
    /// In the largest.
    at_once: u64,
}

impl Reads {
    /// Whether this is less than the two apart, within what may be held at once.
    fn is_less(self, one: Self, other: Self, limits: &Limits) -> bool {
        let allowed = one.at_once.max(other.at_once).max(limits.rows_at_once as u64);
        self.rows < one.rows + other.rows && self.at_once <= allowed
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

#[cfg(test)]
mod tests {
    use super::*;
    use indicators::{Direction, Kind};

    const WEEKS: i64 = 130;

    fn metric(name: &str, (horizon_back, horizon_ahead): (u32, u32), streams: &[&str]) -> Arc<Metric> {
        Arc::new(Metric {
            horizon_back,
            horizon_ahead,
            silence: 4,
            streams: streams.iter().map(|stream| (*stream).to_owned()).collect(),
            ..Metric::new(name, Kind::Count, Direction::Higher)
        })
    }

    /// Metrics of all horizons that read the same two streams, one of them large.
    fn work() -> Work {
        Work::all(&[
            metric("field", (0, 0), &["calendar"]),
            metric("prestarts", (0, 1), &["calendar"]),
            metric("training", (0, 0), &["training"]),
            metric("acceptance", (1, 5), &["training"]),
            metric("kept", (1, 53), &["training"]),
        ])
    }

    fn rows() -> Rows {
        let of = |many: u64| Some((0..WEEKS).map(|week| (week, many)).collect());
        Rows(BTreeMap::from([("calendar".to_owned(), of(60)), ("training".to_owned(), of(6))]))
    }

    fn limits(rows_at_once: usize) -> Limits {
        Limits { rows_at_once, ..Limits::default() }
    }

    fn names(portion: &Work) -> Vec<&str> {
        portion.metrics.iter().map(|(metric, _)| metric.name.as_str()).collect()
    }

    /// Thirty-six queries of six horizons read the calendar twice and the training events four times.
    #[test]
    fn a_stream_is_read_once_for_all_queries_where_their_rows_fit() {
        let (work, rows, limits) = (work(), rows(), limits(10_000));
        let portions = work.portions(&rows, &limits);
        assert_eq!(portions.iter().map(|portion| portion.metrics.len()).collect::<Vec<_>>(), [5]);
        let stretches = portions[0].stretches(&rows, &limits);
        assert_eq!(stretches.len(), 1);
        assert_eq!(stretches[0].windows(&portions[0]).into_keys().collect::<Vec<_>>(), ["calendar", "training"]);
        assert_eq!(portions[0].reads(&rows, &limits).unwrap().rows, 130 * 66);
        assert_eq!(portions[0].activity, work.activity);
    }

    #[test]
    fn a_long_horizon_stays_apart_where_it_would_make_others_hold_more_rows_than_they_may() {
        let (work, rows, limits) = (work(), rows(), limits(2_000));
        let portions = work.portions(&rows, &limits);
        let named: Vec<Vec<&str>> = portions.iter().map(names).collect();
        assert_eq!(named, [vec!["field", "training", "prestarts", "acceptance"], vec!["kept"]]);
        let reads = |portion: &Work| portion.reads(&rows, &limits).unwrap();
        assert!(portions.iter().all(|portion| reads(portion).at_once <= 2_000));
        let apart: u64 = work.by_horizon().iter().map(|portion| reads(portion).rows).sum();
        assert!(portions.iter().map(|portion| reads(portion).rows).sum::<u64>() < apart * 6 / 10);
        let activity: Vec<&String> = portions.iter().flat_map(|portion| portion.activity.keys()).collect();
        assert_eq!(activity, ["calendar", "training"]);
    }

    #[test]
    fn queries_that_share_no_stream_or_read_one_without_dates_are_computed_one_horizon_after_the_other() {
        let apart = Work::all(&[metric("a", (0, 0), &["calendar"]), metric("b", (0, 1), &["training"])]);
        assert_eq!(apart.portions(&rows(), &limits(10_000)).len(), 2);
        let undated = Rows(BTreeMap::from([("calendar".to_owned(), None)]));
        let shared = Work::all(&[metric("a", (0, 0), &["calendar"]), metric("b", (0, 1), &["calendar"])]);
        assert_eq!(shared.portions(&undated, &limits(10_000)).len(), 2);
    }
}
