//! Sites that weigh more than others, that came or went, or that were chosen.

use super::suspect::{Suspect, check, stands_with};
use super::weeks;
use crate::Grid;
use crate::leads::{Check, CheckName, Measured, Verdict};
use crate::numbers::student_two_sided;

/// Share of all exposure from which one site is much of the data, and from which it is most.
const MUCH: f64 = 0.25;
const MOST: f64 = 0.5;

/// Weeks without a value at either end from which a site was not there yet, or no more.
const ABSENT: usize = 8;

/// Change of a site's size by which it took another in, or gave one off, when another came or went.
const RESIZED: f64 = 1.3;

/// Level at which it is no chance that the habit rose where things had been worst.
const CHOSEN: f64 = 0.01;

/// Whether a single site is most of the data, however many others there are: it makes each week's usual level, which all
/// others are held against.
pub(super) fn dominating_site(suspect: &Suspect) -> Check {
    let sizes = suspect.sample.by_site(|at| suspect.sample.w[at]);
    let largest = sizes.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let (site, share) = largest.map_or((0, 0.0), |(site, size)| (site, size / sizes.iter().sum::<f64>()));
    let verdict = match share {
        most if most >= MOST => Verdict::Fails,
        much if much >= MUCH => Verdict::Caution,
        _ => Verdict::Holds,
    };
    let said = format!("the largest site, {}, is {:.0} % of the data", suspect.question.sites[site], 100.0 * share);
    check(CheckName::DominatingSite, verdict, share, said)
}

/// Whether it stands on the sites that were there all along: closed sites, new ones, and those that grew or shrank as one of
/// these came or went (two that became one).
pub(super) fn changed_sites(suspect: &Suspect) -> Check {
    let (came, went, resized) = changes(suspect);
    let changed: Vec<usize> = came.iter().chain(&went).chain(&resized).copied().collect();
    if changed.is_empty() {
        return check(CheckName::ChangedSites, Verdict::Holds, 0.0, "every site was there all along".to_owned());
    }
    let mut sample = suspect.sample.clone();
    changed.iter().for_each(|site| sample = sample.without(*site));
    let stands = stands_with(suspect, &sample).stands;
    let mut kinds = vec![];
    for (sites, what) in [(&came, "came later"), (&went, "stopped earlier"), (&resized, "changed size with them")] {
        if let Some(first) = sites.first() {
            kinds.push(format!("{} {what} ({}{})", sites.len(), suspect.question.sites[*first], rest(sites.len())));
        }
    }
    let said = format!(
        "of {} sites {}; without these it {}",
        suspect.question.sites.len(),
        kinds.join(", "),
        if stands { "stands" } else { "does not stand" }
    );
    let verdict = if stands { Verdict::Caution } else { Verdict::Fails };
    check(CheckName::ChangedSites, verdict, changed.len() as f64, said)
}

fn rest(sites: usize) -> &'static str {
    if sites > 1 { " …" } else { "" }
}

/// Sites that began late, that ended early, and that took one of these in or gave it off.
fn changes(suspect: &Suspect) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
    let (values, size) = (&suspect.question.indicator.values, suspect.question.outcome.grids().1);
    let weeks = values.weeks();
    let there = |site: usize| {
        let has = |week: &usize| !values.at(site, *week).is_nan();
        (0..weeks).find(has).zip((0..weeks).rfind(has))
    };
    let (mut came, mut went, mut turns, mut stayed) = (vec![], vec![], vec![], vec![]);
    for site in 0..values.sites() {
        match there(site) {
            Some((first, _)) if first >= ABSENT => (came.push(site), turns.push(first)).0,
            Some((_, last)) if weeks - 1 - last >= ABSENT => (went.push(site), turns.push(last + 1)).0,
            Some(_) => stayed.push(site),
            None => {}
        }
    }
    let resized = |site: &usize| turns.iter().any(|turn| is_resized(size, *site, *turn));
    let resized = stayed.into_iter().filter(resized).collect();
    (came, went, resized)
}

/// Whether a site's exposure is another after a week than before it, in the weeks about it.
fn is_resized(size: &Grid, site: usize, turn: usize) -> bool {
    let mean = |weeks: std::ops::Range<usize>| {
        let present: Vec<f64> = size.row(site)[weeks].iter().copied().filter(|size| *size > 0.0).collect();
        present.iter().sum::<f64>() / present.len() as f64
    };
    let (before, after) = (mean(turn.saturating_sub(ABSENT)..turn), mean(turn..(turn + ABSENT).min(size.weeks())));
    let times = (after / before).max(before / after);
    times.is_finite() && times >= RESIZED
}

/// Whether the habit rose where the outcome had been worst: what is worst by chance gets better by itself.
pub(super) fn chosen_sites(suspect: &Suspect) -> Check {
    let values = &suspect.question.indicator.values;
    let half = values.weeks() / 2;
    let mean = |row: &[f64]| {
        let present: Vec<f64> = row.iter().copied().filter(|value| !value.is_nan()).collect();
        present.iter().sum::<f64>() / present.len() as f64
    };
    let rise = |site: usize| mean(&values.row(site)[half..]) - mean(&values.row(site)[..half]);
    let pairs: Vec<(f64, f64)> = (0..values.sites()).map(|site| (rise(site), before(suspect, site, half))).collect();
    let pairs: Vec<(f64, f64)> = pairs.into_iter().filter(|(a, b)| a.is_finite() && b.is_finite()).collect();
    let correlation = correlation(&pairs);
    let freedom = pairs.len() as f64 - 2.0;
    let p = student_two_sided(correlation * (freedom / (1.0 - correlation * correlation)).sqrt(), freedom);
    if p > CHOSEN {
        let said = format!("sites in which it rose were no others before (p = {p:.3})");
        return check(CheckName::ChosenSites, Verdict::Holds, p, said);
    }
    let standing = stands_with(suspect, &weeks::within(suspect, &[0, half]));
    let said = format!(
        "it rose most where {} had been {} before (p = {p:.3}), as when sites are chosen by it and regress to the mean; within the weeks before and after it {}",
        suspect.question.outcome.title,
        if correlation > 0.0 { "highest" } else { "lowest" },
        if standing.stands { "stands" } else { "does not stand" }
    );
    let verdict = if standing.stands { Verdict::Caution } else { Verdict::Fails };
    check(CheckName::ChosenSites, verdict, p, said)
}

/// The outcome of a site in the first half of the weeks.
fn before(suspect: &Suspect, site: usize, half: usize) -> f64 {
    let (y, w) = suspect.question.outcome.grids();
    let cells = (0..half).map(|week| (y.at(site, week), w.at(site, week))).filter(|(y, w)| !y.is_nan() && *w > 0.0);
    let is_count = matches!(suspect.question.outcome.measured, Measured::Count { .. });
    let (sum, weight) =
        cells.fold((0.0, 0.0), |(sum, weight), (y, w)| (sum + if is_count { y } else { y * w }, weight + w));
    sum / weight
}

/// Pearson's correlation; 0 where either never differs.
fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (a, b) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let sum = |of: fn(f64, f64) -> f64| pairs.iter().map(|p| of(p.0 - a, p.1 - b)).sum::<f64>();
    let correlation = sum(|x, y| x * y) / (sum(|x, _| x * x) * sum(|_, y| y * y)).sqrt();
    if correlation.is_finite() { correlation } else { 0.0 }
}
