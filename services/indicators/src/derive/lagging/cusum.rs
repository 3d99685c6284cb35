//! One-sided cumulative sums (Page 1954): evidence that a level lies below a reference, gathered week by week.

use super::{
    bench::{Bench, Score, standardised},
    peers::Peers,
    year::SiteYear,
};

/// In long-run standard errors.
const SLACK: f64 = 0.5;
const ALARM: f64 = 5.0;
const CAP: f64 = 7.0;
const CLEAR: f64 = 2.5;

/// Against the threshold.
pub(super) fn below(bench: &Bench<'_>, site: &SiteYear<'_>, factor: f64) -> Score {
    let below = bench.lagging.below;
    let shortfalls = site.weeks.iter().map(|week| {
        let week = week.as_ref()?;
        Some(standardised(bench.measure.shortfall(below, week.value), bench.error(site, below, week.size, factor)))
    });
    gather(shortfalls, bench.lagging.weeks)
}

/// Against what the others reach each week, less `margin`; `None` where there never were others.
pub(super) fn behind_peers(
    bench: &Bench<'_>,
    peers: &Peers<'_>,
    site: &SiteYear<'_>,
    factor: f64,
    margin: f64,
) -> Option<Score> {
    let shortfalls = site.weeks.iter().enumerate().map(|(index, week)| {
        let week = week.as_ref()?;
        let reference = bench.measure.worsened(peers.of(site.place, index, week)?, margin);
        Some(standardised(
            bench.measure.shortfall(reference, week.value),
            bench.error(site, reference, week.size, factor),
        ))
    });
    let shortfalls: Vec<_> = shortfalls.collect();
    shortfalls.iter().any(Option::is_some).then(|| gather(shortfalls.into_iter(), bench.lagging.weeks))
}

/// Oldest week first; a week without a value changes nothing.
fn gather(shortfalls: impl Iterator<Item = Option<f64>>, least_weeks: u32) -> Score {
    let mut sum = 0.0;
    let (mut on, mut since, mut valued) = (false, None, 0);
    for (index, shortfall) in shortfalls.enumerate() {
        let Some(shortfall) = shortfall else { continue };
        sum = f64::clamp(sum + shortfall - SLACK, 0.0, CAP);
        if sum == 0.0 {
            (since, valued) = (None, 0);
        } else {
            since = since.or(Some(index));
            valued += 1;
        }
        on = if on { sum >= CLEAR } else { sum >= ALARM && valued >= least_weeks };
    }
    Score { score: Some(sum), on, since }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_of_exactly_the_slack_leaves_the_sum_and_gaps_change_nothing() {
        let score = gather([None, Some(3.0), None, Some(0.5), Some(3.0)].into_iter(), 3);
        assert_eq!(score, Score { score: Some(5.0), on: true, since: Some(1) });
    }

    #[test]
    fn enough_evidence_in_too_few_weeks_is_not_an_alarm() {
        let score = gather([Some(9.0), Some(9.0)].into_iter(), 3);
        assert_eq!(score, Score { score: Some(CAP), on: false, since: Some(0) });
    }

    #[test]
    fn an_alarm_stays_until_the_sum_is_under_the_clearing_level() {
        let rising = [Some(2.5), Some(2.5), Some(2.5), Some(-2.0)];
        assert_eq!(gather(rising.into_iter(), 3), Score { score: Some(3.5), on: true, since: Some(0) });
        let cleared = rising.into_iter().chain([Some(-1.0)]);
        assert_eq!(gather(cleared, 3), Score { score: Some(2.0), on: false, since: Some(0) });
    }

    #[test]
    fn the_sum_forgets_its_onset_at_zero() {
        let score = gather([Some(4.0), Some(-9.0), None, Some(2.0)].into_iter(), 1);
        assert_eq!(score, Score { score: Some(1.5), on: false, since: Some(3) });
    }
}
