//! Which way a site is going, and how its weeks lie about its present level.
//!
//! Both look at the last quarter, and at a site that lags only at the weeks since it does: what was before is the reason
//! itself, and a site cannot be falling and steady in one breath.

use super::{
    bench::{Bench, Score, standardised},
    falling::{Stretch, drop},
    year::{Observation, SiteYear},
};
use crate::derive::measure::Measure;
use crate::outlook::{Course, share_above};

/// Weeks that count as now.
pub(super) const RECENT: usize = 4;
const QUARTER: usize = 13;
/// Fewest values now, and before.
const LEAST: usize = 3;
/// Standard errors from which on a change is one.
const CLEAR: f64 = 2.0;
/// What matters, as a share of what matters to an alarm: 5 % of the target.
const MATTERS: f64 = 0.5;
/// By how much the evidence of every reason has to be weaker than it was four values ago.
const EASED: f64 = 1.0;
/// Fewest values of the present level; of a site that lags, and may only just do so, those of four weeks.
const LEAST_PRESENT: usize = 6;
const LEAST_PRESENT_LAGGING: usize = 4;

/// A site's level of late, and how far one week lies from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::derive) struct Present {
    pub level: f64,
    /// Standard deviation of one week.
    pub week: f64,
}

impl Present {
    /// Share of weeks that reach a target.
    pub fn reaches(self, measure: &Measure, target: f64) -> f64 {
        share_above(standardised(measure.shortfall(target, self.level), self.week))
    }
}

/// `earlier` are the scores as they were four values ago; they are only asked for where a reason is on. `None` without a
/// target, or with too few values.
pub(super) fn course(
    bench: &Bench<'_>,
    site: &SiteYear<'_>,
    factor: f64,
    now: [Option<Score>; 3],
    earlier: impl FnOnce() -> Option<[Option<Score>; 3]>,
) -> Option<Course> {
    let matters = MATTERS * bench.margin?;
    let weeks = quarter(site, now);
    let (before, recent) = weeks.split_at(weeks.len().saturating_sub(RECENT));
    let (before, recent) = (Stretch::of(before), Stretch::of(recent));
    let moved = (before.weeks >= LEAST && recent.weeks >= LEAST)
        .then(|| drop(bench, site, before, recent, factor))
        .map(|(drop, score)| if drop.abs() < matters { 0.0 } else { score });
    let lags = now.iter().flatten().any(|score| score.on);
    match moved {
        Some(worse) if worse >= CLEAR => Some(Course::Worsening),
        _ if lags && earlier().is_some_and(|earlier| has_eased(now, earlier)) => Some(Course::Recovering),
        Some(worse) if worse <= -CLEAR => Some(Course::Improving),
        moved => moved.map(|_| Course::Steady),
    }
}

/// The evidence of every reason that is on is weaker than it was.
fn has_eased(now: [Option<Score>; 3], earlier: [Option<Score>; 3]) -> bool {
    let score = |score: Option<Score>| score.and_then(|score| score.score);
    let eased = |(now, earlier)| score(now).zip(score(earlier)).is_some_and(|(now, earlier)| now <= earlier - EASED);
    now.into_iter().zip(earlier).filter(|(now, _)| now.is_some_and(|now| now.on)).all(eased)
}

/// The level and the noise of the last quarter; `None` with too few values.
pub(super) fn present(bench: &Bench<'_>, site: &SiteYear<'_>, factor: f64, now: [Option<Score>; 3]) -> Option<Present> {
    let weeks = quarter(site, now);
    let stretch = Stretch::of(weeks);
    let lags = now.iter().flatten().any(|score| score.on);
    if stretch.weeks < if lags { LEAST_PRESENT_LAGGING } else { LEAST_PRESENT } {
        return None;
    }
    let level = stretch.level(bench.measure);
    let size = stretch.size / f64::from(u32::try_from(stretch.weeks).ok()?);
    Some(Present { level, week: bench.error(site, level, size, factor) })
}

/// The last 13 calendar weeks, at a site that lags from the earliest onset on.
fn quarter<'a, 'b>(site: &'b SiteYear<'a>, now: [Option<Score>; 3]) -> &'b [Option<Observation<'a>>] {
    let onset = now.iter().flatten().filter(|score| score.on).filter_map(|score| score.since).min();
    let first = site.weeks.len().saturating_sub(QUARTER);
    &site.weeks[first.max(onset.unwrap_or(0))..]
}
