//! The verdicts on all sites by one year.

use super::{
    bench::{Bench, MARGIN, Score},
    cusum,
    factor::{self, Noise},
    falling::{self, Stretch},
    outlook::{self, Present},
    peers,
    year::{SiteYear, Year, first_of_year, weeks_of},
};
use crate::{
    clock::weeks_after,
    definition::{Lagging, Metric},
    derive::{
        directory::Directory,
        measure::Measure,
        rows::{History, Weeks},
    },
    lacking::Lacking,
    outlook::Course,
    reason::{Reason, ReasonValue},
};
use jiff::civil::Date;
use std::collections::HashMap;

/// Fewest values of a site that is judged.
const LEAST_WEEKS: usize = 13;

/// What is said of a site.
#[derive(Debug)]
pub(in crate::derive) struct Verdict {
    /// None without an alarm, `below` alone without a target.
    pub reasons: Vec<ReasonValue>,
    /// Why none of them can be judged.
    pub lacking: Option<Lacking>,
    /// Which way the site is going.
    pub course: Option<Course>,
    /// Its present level and noise.
    pub present: Option<Present>,
}

impl Verdict {
    /// Of a metric without an alarm.
    pub fn none() -> Self {
        Self { reasons: Vec::new(), lacking: Some(Lacking::Alarm), course: None, present: None }
    }

    /// The earliest onset of a reason that is on.
    pub fn onset(&self) -> Option<Date> {
        self.reasons.iter().filter(|reason| reason.on).filter_map(|reason| reason.since).min()
    }
}

/// How a metric alarms, and how it measures.
#[derive(Clone, Copy)]
pub(super) struct Alarm<'a> {
    pub measure: &'a Measure,
    pub lagging: Lagging,
}

/// The verdicts on all sites by the year that ends with the week `last`.
pub(super) struct Round {
    pub last: Date,
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
    judged: Judged,
}

/// What is judged of a site; nothing of one with too few values.
#[derive(Clone, Copy, Default)]
struct Judged {
    /// In the order of `Reason::ALL`.
    scores: [Option<Score>; 3],
    /// From each onset on, of the reasons that are on.
    levels: [Option<f64>; 3],
    course: Option<Course>,
    present: Option<Present>,
}

impl Round {
    pub fn new(alarm: Alarm<'_>, history: History<'_>, weeks: &[&Weeks], last: Date) -> Self {
        let History { metric, directory, .. } = history;
        let year = Year::new(metric.coverage, alarm.measure, weeks, directory, last);
        let judged = verdicts(metric, alarm.measure, alarm.lagging, &year, directory);
        let judged = judged.unwrap_or_else(|| vec![Judged::default(); year.sites.len()]);
        let heard = |(site, judged): (&SiteYear<'_>, _)| {
            let end = weeks_after(first_of_year(last), weeks_of(site.last()?));
            Some((site.place, Heard { values: site.values(), end, judged }))
        };
        let sites = year.sites.iter().zip(judged).filter_map(heard).collect();
        Self { last, pairs: year.sites.iter().map(SiteYear::pairs).sum(), sites }
    }

    /// The last week with a value of a site that has enough of them to be judged.
    pub fn end_of(&self, index: usize) -> Option<Date> {
        self.sites.get(&index).filter(|heard| heard.values >= LEAST_WEEKS).map(|heard| heard.end)
    }

    pub fn verdict(&self, metric: &Metric, index: usize) -> Verdict {
        let heard = self.sites.get(&index);
        let Judged { scores, levels, course, present } = heard.map(|heard| heard.judged).unwrap_or_default();
        let reason = |(reason, (score, level))| self.export(reason, score, level, heard.map(|heard| heard.end));
        let reasons = Reason::ALL.into_iter().zip(scores.into_iter().zip(levels));
        let reasons = reasons.filter(|(reason, _)| metric.target.is_some() || *reason == Reason::Below);
        let is_judged = scores.iter().any(Option::is_some);
        let lacking = (!is_judged).then(|| self.lacking(heard.map_or(0, |heard| heard.values)));
        Verdict { reasons: reasons.map(reason).collect(), lacking, course, present }
    }

    fn export(&self, reason: Reason, score: Option<Score>, level: Option<f64>, end: Option<Date>) -> ReasonValue {
        let since = score.and_then(|score| score.since);
        ReasonValue {
            reason,
            on: score.is_some_and(|score| score.on),
            judged: score.is_some(),
            score: score.and_then(|score| score.score),
            since: since.map(|index| weeks_after(first_of_year(self.last), weeks_of(index))),
            since_at_least: reason != Reason::Falling && since == Some(0),
            last_week: end.filter(|_| score.is_some()),
            level,
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

/// By site of the year; `None` before there is enough to judge anyone.
fn verdicts(
    metric: &Metric,
    measure: &Measure,
    lagging: Lagging,
    year: &Year<'_>,
    directory: &Directory,
) -> Option<Vec<Judged>> {
    let nominal = year.nominal(measure)?;
    let bench = Bench { measure, year, nominal, lagging, margin: metric.target.map(|target| MARGIN * target.abs()) };
    let noises = factor::noises(&bench, metric.target)?;
    let peers = peers::Peers::new(&bench, directory);
    let scores = |site: &SiteYear<'_>, factor: f64| {
        let behind = bench.margin.and_then(|margin| cusum::behind_peers(&bench, &peers, site, factor, margin));
        let falling = bench.margin.and_then(|margin| falling::falling(&bench, site, factor, margin));
        [Some(cusum::below(&bench, site, factor)), behind, falling]
    };
    let verdict = |(site, noise): (&SiteYear<'_>, Noise)| {
        if site.values() < LEAST_WEEKS {
            return Judged::default();
        }
        let now = scores(site, noise.long_run);
        let earlier = || Some(scores(&site.before_last(outlook::RECENT)?, noise.long_run));
        Judged {
            scores: now,
            levels: now.map(|score| level_since(measure, site, score?)),
            course: outlook::course(&bench, site, noise.long_run, now, earlier),
            present: outlook::present(&bench, site, noise.week, now),
        }
    };
    Some(year.sites.iter().zip(noises).map(verdict).collect())
}

/// A site's level from the onset of a reason that is on.
fn level_since(measure: &Measure, site: &SiteYear<'_>, score: Score) -> Option<f64> {
    let weeks = site.weeks.get(score.since.filter(|_| score.on)?..)?;
    Some(Stretch::of(weeks)).filter(|stretch| stretch.weeks > 0).map(|stretch| stretch.level(measure))
}

/// The factors alone, by site of the year.
#[cfg(test)]
pub(in crate::derive) fn factors(
    metric: &Metric,
    rows: &[crate::derive::rows::SiteRows<'_>],
    directory: &Directory,
) -> Option<Vec<f64>> {
    let measure = Measure::of(metric);
    let last = directory.listed().map(|(_, place)| place.last).max()?;
    let weeks: Vec<&Weeks> = rows.iter().map(|rows| &rows.pooled).collect();
    let year = Year::new(metric.coverage, &measure, &weeks, directory, last);
    let nominal = year.nominal(&measure)?;
    let bench = Bench { measure: &measure, year: &year, nominal, lagging: metric.lagging?, margin: None };
    let noises = factor::noises(&bench, metric.target)?;
    Some(noises.into_iter().map(|noise| noise.long_run).collect())
}
