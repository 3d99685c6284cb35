//! Moves over many weeks, and a week from which everything is counted otherwise.

use super::suspect::{Suspect, check, stands_with};
use crate::Grid;
use crate::effects::Sample;
use crate::leads::trend::without_lines;
use crate::leads::{Check, CheckName, Verdict};
use crate::numbers::quantile;

/// Weeks of which each site's own line is taken out to see what faster moves say: a season of the year is straight in them.
const QUARTER: usize = 13;

/// A week's step of all sites together, in standard deviations of other weeks' steps, that is no chance.
const STEP: f64 = 6.0;

/// Weeks on either side of a step whose levels have to differ by half of it.
const ASIDE: usize = 4;

/// Normal deviates' standard deviation over their median distance from the median.
const NORMAL: f64 = 1.4826;

/// Whether moves within a quarter of a year say the same: what drifts for longer may follow anything that drifts, and a
/// season that some sites have and others have not is no habit.
pub(super) fn slow_moves(suspect: &Suspect) -> Check {
    let weeks = suspect.question.indicator.values.weeks();
    let starts: Vec<usize> = (0..weeks.div_ceil(QUARTER)).map(|nth| nth * QUARTER).collect();
    let fast = stands_with(suspect, &within(suspect, &starts));
    let (verdict, said) = if fast.score < 1.0 || fast.share < 0.5 {
        (Verdict::Fails, "moves within a quarter of a year alone do not show it: a season, or a drift, may explain it")
    } else if fast.stands {
        (Verdict::Holds, "stands on moves within a quarter of a year alone")
    } else {
        (Verdict::Caution, "moves within a quarter of a year alone say the same, but cannot tell it from chance")
    };
    check(CheckName::SlowMoves, verdict, fast.score, said.to_owned())
}

/// Whether the indicator's level jumps at all sites in one week, as when it is counted otherwise from then on, and whether it
/// stands on what happens before and after, each on its own.
pub(super) fn changed_definition(suspect: &Suspect) -> Check {
    let values = &suspect.question.indicator.values;
    let Some((week, size)) = jump(values) else {
        let said = "its level does not jump at all sites in one week".to_owned();
        return check(CheckName::ChangedDefinition, Verdict::Holds, 0.0, said);
    };
    let standing = stands_with(suspect, &within(suspect, &[0, week]));
    let said = format!(
        "its level jumps at all sites in week {} by {:.1} of the steps told here, as when it is counted otherwise; within the weeks before and after it {}",
        week + 1,
        size / suspect.question.indicator.step,
        if standing.stands { "stands" } else { "does not stand" }
    );
    let verdict = if standing.stands { Verdict::Caution } else { Verdict::Fails };
    check(CheckName::ChangedDefinition, verdict, size, said)
}

/// The pair's sample with each site's own line taken out of the indicator from each of these weeks to the next.
pub(super) fn within(suspect: &Suspect, starts: &[usize]) -> Sample {
    let (y, w) = suspect.question.outcome.grids();
    Sample::lagged(&without_lines(&suspect.question.indicator.values, starts), y, w, suspect.lag)
}

/// The week in which the level of all sites together takes a step that stays, and the step.
fn jump(values: &Grid) -> Option<(usize, f64)> {
    let levels = levels(values);
    let steps: Vec<f64> = levels.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let median = |mut values: Vec<f64>| {
        values.retain(|value| value.is_finite());
        quantile(&mut values, 0.5)
    };
    let middle = median(steps.clone());
    let usual = NORMAL * median(steps.iter().map(|step| (step - middle).abs()).collect());
    let largest = steps.iter().copied().enumerate().filter(|(_, step)| step.is_finite());
    let (before, step) = largest.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let week = before + 1;
    let (low, high) = (week.saturating_sub(ASIDE), (week + ASIDE).min(levels.len()));
    let stays = median(levels[week..high].to_vec()) - median(levels[low..week].to_vec());
    let inside = low + ASIDE == week && week + ASIDE == high;
    (inside && step.abs() > STEP * usual && stays / step >= 0.5).then_some((week, stays))
}

/// Each week's mean over the sites, each site less its own.
fn levels(values: &Grid) -> Vec<f64> {
    let (mut sums, mut counts) = (vec![0.0; values.weeks()], vec![0.0; values.weeks()]);
    for row in (0..values.sites()).map(|site| values.row(site)) {
        let present = || row.iter().enumerate().filter(|(_, value)| !value.is_nan());
        let own = present().map(|(_, value)| value).sum::<f64>() / present().count() as f64;
        for (week, value) in present() {
            sums[week] += value - own;
            counts[week] += 1.0;
        }
    }
    sums.iter().zip(&counts).map(|(sum, count)| sum / count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wavy(step: f64) -> Grid {
        Grid::of(5, 60, |site, week| {
            let wave = ((site * 7 + week * 13) % 11) as f64 / 100.0 + (week as f64 / 8.0).sin() / 5.0;
            wave + if week < 33 { 0.0 } else { step }
        })
    }

    #[test]
    fn a_jump_of_all_sites_is_seen_in_its_week_and_a_season_is_none() {
        let (week, size) = jump(&wavy(0.6)).unwrap();
        assert_eq!(week, 33);
        assert!((size - 0.6).abs() < 0.15, "{size}");
        assert_eq!(jump(&wavy(0.0)), None);
    }

    #[test]
    fn one_odd_week_is_no_jump() {
        let odd = Grid::of(5, 60, |site, week| wavy(0.0).at(site, week) + if week == 20 { 3.0 } else { 0.0 });
        assert_eq!(jump(&odd), None);
    }
}
