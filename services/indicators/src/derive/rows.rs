//! Rows that count, by site, labels and week; what is suppressed is only remembered as such.
//!
//! Only a streak can look farther back than the year that lagging remembers, and hardly any does: what is older is set
//! aside unsorted, so that the cost of a long history is one look at every row.

use super::{
    directory::{Directory, YEAR},
    input::Older,
    privacy,
    sums::Sums,
};
use crate::{
    bad_row::BadRow,
    clock::weeks_before,
    definition::{Metric, Privacy},
    parts::{Labels, PartRow, Published},
};
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Sums by week.
pub(super) type Weeks = BTreeMap<Date, Sums>;

/// One metric at one site.
#[derive(Debug, Default)]
pub(super) struct SiteRows<'a> {
    /// Shown rows, by label set.
    pub by_labels: BTreeMap<&'a Labels, Weeks>,
    /// Shown rows, all labels pooled.
    pub pooled: Weeks,
    /// Weeks with a suppressed row. Nothing else of such a row is kept.
    pub suppressed: BTreeSet<Date>,
    /// The same by label set.
    pub hidden: BTreeMap<&'a Labels, BTreeSet<Date>>,
    /// Shown rows of weeks before the year.
    older: Vec<&'a PartRow>,
}

impl<'a> SiteRows<'a> {
    /// All weeks with a value up to `last`, all labels pooled, newest first. Those before the year are only asked for and
    /// summed once it comes to them.
    pub fn back_from(&self, last: Date, before: impl FnOnce() -> Weeks) -> impl Iterator<Item = (Date, Sums)> {
        let recent = self.pooled.range(..=last).rev().map(|(week, sums)| (*week, *sums));
        let older = || pool(self.older.iter().copied(), before());
        let older = std::iter::once_with(older).flat_map(|weeks| weeks.into_iter().rev());
        recent.chain(older.filter(move |(week, _)| *week <= last))
    }

    fn hide(&mut self, row: &'a PartRow) {
        self.suppressed.insert(row.week);
        self.hidden.entry(&row.labels).or_default().insert(row.week);
    }

    fn show(&mut self, row: &'a PartRow) {
        let sums = Sums::of(row);
        for weeks in [self.by_labels.entry(&row.labels).or_default(), &mut self.pooled] {
            weeks.entry(row.week).and_modify(|sum| *sum = sum.plus(sums)).or_insert(sums);
        }
    }
}

/// Sums of these rows by week, added to others.
fn pool<'a>(rows: impl Iterator<Item = &'a PartRow>, mut weeks: Weeks) -> Weeks {
    for row in rows {
        let sums = Sums::of(row);
        weeks.entry(row.week).and_modify(|sum| *sum = sum.plus(sums)).or_insert(sums);
    }
    weeks
}

/// The rows of one metric at all sites, and the way to those that the input leaves out.
#[derive(Clone, Copy)]
pub(super) struct History<'a> {
    pub metric: &'a Metric,
    pub directory: &'a Directory,
    /// By index of the directory's places.
    pub rows: &'a [SiteRows<'a>],
    pub older: &'a dyn Older,
}

impl History<'_> {
    /// A site's weeks with a value from `first` on, up to its last complete one, all labels pooled.
    pub fn since(&self, index: usize, first: Date) -> Weeks {
        self.join(index, first, || before(self.metric, &self.directory.places[index].site.id, self.older, first))
    }

    /// The same of all sites, by index of the directory's places, in one look at the older rows.
    pub fn all_since(&self, first: Date) -> Vec<Weeks> {
        let older = older_rows(self.metric, None, self.older, first);
        let mut sites: Vec<Vec<&PartRow>> = self.rows.iter().map(|_| Vec::new()).collect();
        for row in &older {
            if let Some(index) = self.directory.find(&row.site) {
                sites[index].push(row);
            }
        }
        let sites = sites.into_iter().enumerate();
        sites.map(|(index, rows)| self.join(index, first, || pool(rows.into_iter(), Weeks::new()))).collect()
    }

    fn join(&self, index: usize, first: Date, before: impl FnOnce() -> Weeks) -> Weeks {
        let last = self.directory.places[index].last;
        self.rows[index].back_from(last, before).take_while(|(week, _)| *week >= first).collect()
    }
}

/// The weeks of one metric and site from `first` on that are not in the input, all labels pooled.
pub(super) fn before(metric: &Metric, site: &str, older: &dyn Older, first: Date) -> Weeks {
    pool(older_rows(metric, Some(site), older, first).iter(), Weeks::new())
}

/// What is shown of those weeks, of one site or of all.
fn older_rows(metric: &Metric, site: Option<&str>, older: &dyn Older, first: Date) -> Vec<PartRow> {
    let mut rows = match metric.privacy {
        None => older.parts(&metric.name, site, first),
        Some(privacy) => {
            let publications = older.publications(&metric.name, site, first);
            let latest = privacy::latest(publications.iter()).into_values().map(|published| &published.row);
            latest.filter(|row| !privacy::is_suppressed(privacy, row)).cloned().collect()
        }
    };
    rows.retain(|row| row.denominator > 0);
    rows
}

/// By index of the directory's places.
pub(super) fn of_parts<'a>(rows: &[&'a PartRow], directory: &Directory) -> Vec<SiteRows<'a>> {
    collect(rows.iter().copied(), |_| false, directory)
}

/// The same of the latest publication of each row.
pub(super) fn of_publications<'a>(
    publications: &[&'a Published],
    privacy: Privacy,
    directory: &Directory,
) -> Vec<SiteRows<'a>> {
    let latest = privacy::latest(publications.iter().copied());
    collect(latest.into_values().map(|published| &published.row), |row| privacy::is_suppressed(privacy, row), directory)
}

fn collect<'a>(
    rows: impl Iterator<Item = &'a PartRow>,
    is_suppressed: impl Fn(&PartRow) -> bool,
    directory: &Directory,
) -> Vec<SiteRows<'a>> {
    let mut sites: Vec<SiteRows<'a>> = directory.places.iter().map(|_| SiteRows::default()).collect();
    let Some(first) = directory.first_of_year() else { return sites };
    for row in rows.filter(|row| row.denominator > 0) {
        let Some(index) = directory.find(&row.site) else { continue };
        if row.week < first {
            if !is_suppressed(row) {
                sites[index].older.push(row);
            }
        } else if is_suppressed(row) {
            sites[index].hide(row);
        } else {
            sites[index].show(row);
        }
    }
    sites
}

/// Rows outside their kind's range, as far as they may be shown: of the last 52 complete weeks of each site and its running one, sorted. Metrics with privacy show nothing of a running
/// week, and it is not said which of its rows are bad.
pub(super) fn bad_rows(metrics: &[&Arc<Metric>], bad: &[BadRow], directory: &Directory) -> Vec<BadRow> {
    let metrics: BTreeMap<&str, &Arc<Metric>> = metrics.iter().map(|metric| (metric.name.as_str(), *metric)).collect();
    let row = |row: &BadRow| {
        let metric = metrics.get(row.metric.as_str())?;
        let place = &directory.places[directory.find(&row.site)?];
        let until = if metric.privacy.is_some() { place.last } else { place.running };
        (weeks_before(place.last, YEAR - 1)..=until).contains(&row.week).then(|| row.told(metric)).flatten()
    };
    let mut rows: Vec<BadRow> = bad.iter().filter_map(row).collect();
    rows.sort();
    rows
}
