//! The three reasons to call a site lagging: claims about its true level, made by sequential tests.
//!
//! ```text
//!  weekly sums ─► year (52 calendar weeks × sites) ─► factor (how much noisier than sampling alone)
//!                    │                                   │
//!                    ├──► below: cumulative sum against the threshold
//!                    ├──► behind peers: the same against the others, less a tenth of the target
//!                    └──► falling: the best split of the year into before and since
//! ```
//!
//! Recomputed from nothing each time: the verdict is a function of the year alone.

mod cusum;
mod factor;
mod falling;
mod peers;
mod year;

use super::{
    clock::{weeks_after, weeks_before},
    directory::Directory,
    measure::Measure,
    rows::SiteRows,
};
use crate::{Lagging, Metric, Reason, ReasonValue};
use jiff::civil::Date;
use year::{Nominal, SiteYear, WEEKS, Year};

/// Fewest values of a site that is judged.
const LEAST_WEEKS: usize = 13;

/// How much of the target a site may be behind its peers, or below its former self, before it matters.
const MARGIN: f64 = 0.1;

/// The verdict of one test.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Score {
    score: f64,
    on: bool,
    /// Onset, as an index of the year's weeks.
    since: Option<usize>,
}

/// What the tests share.
struct Bench<'a> {
    measure: &'a Measure,
    year: &'a Year<'a>,
    nominal: Nominal,
    lagging: Lagging,
    /// A tenth of the target, if there is one.
    margin: Option<f64>,
}

impl Bench<'_> {
    /// Standard error of one week of a site, of `size` observations, at a level.
    fn error(&self, site: &SiteYear<'_>, level: f64, size: f64, factor: f64) -> f64 {
        (self.measure.unit(self.nominal.variance(level, site.least), size) * factor).sqrt()
    }
}

/// `difference` in standard errors. Where nothing varies at all, any difference is infinitely many.
fn standardised(difference: f64, error: f64) -> f64 {
    if difference == 0.0 { 0.0 } else { difference / error }
}

/// The reasons of each listed site, in the directory's order: none without an alarm, `below` alone without a target.
pub(super) fn judge(
    metric: &Metric,
    measure: &Measure,
    rows: &[SiteRows<'_>],
    directory: &Directory,
) -> Vec<Vec<ReasonValue>> {
    let listed = || directory.listed().map(|(index, _)| index);
    let Some((lagging, last)) = metric.lagging.zip(directory.listed().map(|(_, place)| place.last).max()) else {
        return listed().map(|_| Vec::new()).collect();
    };
    let year = Year::new(metric.coverage, measure, rows, directory, last);
    let verdicts = verdicts(metric, measure, lagging, &year, directory);
    let first = weeks_before(last, WEEKS as u32 - 1);
    let mut by_place = vec![[None; 3]; rows.len()];
    for (site, verdict) in year.sites.iter().zip(verdicts.into_iter().flatten()) {
        by_place[site.place] = verdict;
    }
    let reasons = Reason::ALL.into_iter().filter(|reason| metric.target.is_some() || *reason == Reason::Below);
    listed()
        .map(|place| reasons.clone().zip(by_place[place]).map(|(reason, score)| export(reason, score, first)).collect())
        .collect()
}

/// By site of the year, in the order of `Reason::ALL`; `None` before there is enough to judge anyone.
fn verdicts(
    metric: &Metric,
    measure: &Measure,
    lagging: Lagging,
    year: &Year<'_>,
    directory: &Directory,
) -> Option<Vec<[Option<Score>; 3]>> {
    let nominal = year.nominal(measure)?;
    let bench = Bench { measure, year, nominal, lagging, margin: metric.target.map(|target| MARGIN * target.abs()) };
    let factors = factor::factors(&bench, metric.target)?;
    let peers = peers::Peers::new(&bench, directory);
    let verdict = |(site, factor): (&SiteYear<'_>, f64)| {
        if site.values() < LEAST_WEEKS {
            return [None; 3];
        }
        let behind = bench.margin.map(|margin| cusum::behind_peers(&bench, &peers, site, factor, margin));
        let falling = bench.margin.and_then(|margin| falling::falling(&bench, site, factor, margin));
        [Some(cusum::below(&bench, site, factor)), behind, falling]
    };
    Some(year.sites.iter().zip(factors).map(verdict).collect())
}

/// The factors alone, by site of the year.
#[cfg(test)]
pub(super) fn factors(metric: &Metric, rows: &[SiteRows<'_>], directory: &Directory) -> Option<Vec<f64>> {
    let measure = Measure::of(metric);
    let last = directory.listed().map(|(_, place)| place.last).max()?;
    let year = Year::new(metric.coverage, &measure, rows, directory, last);
    let nominal = year.nominal(&measure)?;
    let bench = Bench { measure: &measure, year: &year, nominal, lagging: metric.lagging?, margin: None };
    factor::factors(&bench, metric.target)
}

fn export(reason: Reason, score: Option<Score>, first: Date) -> ReasonValue {
    let since = score.and_then(|score| score.since);
    ReasonValue {
        reason,
        on: score.is_some_and(|score| score.on),
        score: score.map(|score| score.score),
        since: since.map(|index| weeks_after(first, index as u32)),
        since_at_least: reason != Reason::Falling && since == Some(0),
    }
}
