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
//! Recomputed from nothing each time: the verdict is a function of the year alone; on a site that has gone quiet, of the
//! year up to its last value (`carried`).

mod carried;
mod cusum;
mod factor;
mod falling;
mod peers;
mod year;

use super::{
    clock::{weeks_after, weeks_before},
    directory::Directory,
    measure::Measure,
    rows::{History, Weeks},
};
use crate::{
    definition::{Lagging, Metric},
    lacking::Lacking,
    values::{Reason, ReasonValue},
};
use jiff::civil::Date;
use std::collections::HashMap;
use year::{Nominal, SiteYear, WEEKS, Year};

/// Fewest values of a site that is judged.
const LEAST_WEEKS: usize = 13;

/// How much of the target a site may be behind its peers, or below its former self, before it matters.
const MARGIN: f64 = 0.1;

/// The verdict of one test on a site that it can judge.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Score {
    /// None where *falling* finds no split that counts.
    score: Option<f64>,
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

/// What is said of a site.
#[derive(Debug)]
pub(super) struct Verdict {
    /// None without an alarm, `below` alone without a target.
    pub reasons: Vec<ReasonValue>,
    /// Why none of them can be judged.
    pub lacking: Option<Lacking>,
}

impl Verdict {
    /// The earliest onset of a reason that is on.
    pub fn onset(&self) -> Option<Date> {
        self.reasons.iter().filter(|reason| reason.on).filter_map(|reason| reason.since).min()
    }
}

/// How a metric alarms, and how it measures.
#[derive(Clone, Copy)]
struct Alarm<'a> {
    measure: &'a Measure,
    lagging: Lagging,
}

/// The verdict on each listed site, in the directory's order. Quiet sites are those that give nothing to judge by at the
/// moment, by index of their places.
pub(super) fn judge(measure: &Measure, history: History<'_>, is_quiet: impl Fn(usize) -> bool) -> Vec<Verdict> {
    let History { metric, directory, rows, .. } = history;
    let Some((lagging, last)) = metric.lagging.zip(directory.listed().map(|(_, place)| place.last).max()) else {
        let without = |_| Verdict { reasons: Vec::new(), lacking: Some(Lacking::Alarm) };
        return directory.listed().map(without).collect();
    };
    let alarm = Alarm { measure, lagging };
    let weeks: Vec<&Weeks> = rows.iter().map(|rows| &rows.pooled).collect();
    let now = Round::new(alarm, history, &weeks, last);
    let carried = carried::rounds(alarm, history, &now, &is_quiet);
    directory
        .listed()
        .map(|(index, place)| {
            let verdict = now.verdict(metric, index);
            if !is_quiet(index) {
                return verdict;
            }
            let then = now.end_of(index).and_then(|end| carried.get(&end));
            carried::carry(verdict, then.map(|round| round.verdict(metric, index)), place)
        })
        .collect()
}

/// The verdicts on all sites by the year that ends with the week `last`.
struct Round {
    last: Date,
    /// Pairs of neighbouring weeks with a value, over all sites.
    pairs: usize,
    /// The sites with a value, by index of their places.
    sites: HashMap<usize, Heard>,
}

/// What a year says of a site.
struct Heard {
    values: usize,
    /// Monday of the last week with a value.
    end: Date,
    /// In the order of `Reason::ALL`.
    scores: [Option<Score>; 3],
}

impl Round {
    fn new(alarm: Alarm<'_>, history: History<'_>, weeks: &[&Weeks], last: Date) -> Self {
        let History { metric, directory, .. } = history;
        let year = Year::new(metric.coverage, alarm.measure, weeks, directory, last);
        let scores = verdicts(metric, alarm.measure, alarm.lagging, &year, directory);
        let scores = scores.unwrap_or_else(|| vec![[None; 3]; year.sites.len()]);
        let heard = |(site, scores): (&SiteYear<'_>, _)| {
            let end = weeks_after(first_of_year(last), weeks_of(site.last()?));
            Some((site.place, Heard { values: site.values(), end, scores }))
        };
        let sites = year.sites.iter().zip(scores).filter_map(heard).collect();
        Self { last, pairs: year.sites.iter().map(SiteYear::pairs).sum(), sites }
    }

    /// The last week with a value of a site that has enough of them to be judged.
    fn end_of(&self, index: usize) -> Option<Date> {
        self.sites.get(&index).filter(|heard| heard.values >= LEAST_WEEKS).map(|heard| heard.end)
    }

    fn verdict(&self, metric: &Metric, index: usize) -> Verdict {
        let heard = self.sites.get(&index);
        let scores = heard.map_or([None; 3], |heard| heard.scores);
        let reason = |(reason, score)| self.export(reason, score, heard.map(|heard| heard.end));
        let reasons = Reason::ALL.into_iter().zip(scores);
        let reasons = reasons.filter(|(reason, _)| metric.target.is_some() || *reason == Reason::Below);
        let is_judged = scores.iter().any(Option::is_some);
        let lacking = (!is_judged).then(|| self.lacking(heard.map_or(0, |heard| heard.values)));
        Verdict { reasons: reasons.map(reason).collect(), lacking }
    }

    fn export(&self, reason: Reason, score: Option<Score>, end: Option<Date>) -> ReasonValue {
        let since = score.and_then(|score| score.since);
        ReasonValue {
            reason,
            on: score.is_some_and(|score| score.on),
            judged: score.is_some(),
            score: score.and_then(|score| score.score),
            since: since.map(|index| weeks_after(first_of_year(self.last), weeks_of(index))),
            since_at_least: reason != Reason::Falling && since == Some(0),
            last_week: end.filter(|_| score.is_some()),
        }
    }

    /// What is lacking to judge a site with so many values.
    fn lacking(&self, values: usize) -> Lacking {
        let site_weeks = weeks_of(factor::LEAST_PAIRS.saturating_sub(self.pairs));
        match (site_weeks, weeks_of(LEAST_WEEKS.saturating_sub(values))) {
            (0, 0) => Lacking::Variation,
            (site_weeks, weeks) => Lacking::Weeks { site_weeks, weeks },
        }
    }
}

fn first_of_year(last: Date) -> Date {
    weeks_before(last, weeks_of(WEEKS) - 1)
}

/// A number of weeks as the calendar counts them.
fn weeks_of(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
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
        let behind = bench.margin.and_then(|margin| cusum::behind_peers(&bench, &peers, site, factor, margin));
        let falling = bench.margin.and_then(|margin| falling::falling(&bench, site, factor, margin));
        [Some(cusum::below(&bench, site, factor)), behind, falling]
    };
    Some(year.sites.iter().zip(factors).map(verdict).collect())
}

/// The factors alone, by site of the year.
#[cfg(test)]
pub(super) fn factors(metric: &Metric, rows: &[super::SiteRows<'_>], directory: &Directory) -> Option<Vec<f64>> {
    let measure = Measure::of(metric);
    let last = directory.listed().map(|(_, place)| place.last).max()?;
    let weeks: Vec<&Weeks> = rows.iter().map(|rows| &rows.pooled).collect();
    let year = Year::new(metric.coverage, &measure, &weeks, directory, last);
    let nominal = year.nominal(&measure)?;
    let bench = Bench { measure: &measure, year: &year, nominal, lagging: metric.lagging?, margin: None };
    factor::factors(&bench, metric.target)
}
