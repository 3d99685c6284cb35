//! What else could explain a finding, each looked into on its own.

mod sites;
mod suspect;
mod weeks;

use super::curve::Curve;
use super::score::{Rests, indicator_rest};
use super::{Check, CheckName, Followed, Measured, Verdict};
use crate::Grid;
use crate::effects::{Jackknife, Sample, jackknife};
use crate::numbers::student_two_sided;
use suspect::{LEVEL, check, holds};

pub(super) use suspect::Suspect;

/// Events below which no count is trusted, and from which it is without reservation.
const FEW_EVENTS: f64 = 20.0;
const ENOUGH_EVENTS: f64 = 50.0;

/// Share of weeks missing up to which it does not matter who did not log, and from which it always does.
const SOME_MISSING: f64 = 0.05;
const MANY_MISSING: f64 = 0.3;

/// E-value from which a hidden cause would have to be noticeable.
const NOTICEABLE: f64 = 1.25;

/// All of them, in the order of [`CheckName`].
pub(super) fn checks(suspect: &Suspect, curve: &Curve) -> Vec<Check> {
    let jackknife = jackknife(suspect.question.outcome.model(), &suspect.sample, suspect.fit);
    let mut all =
        vec![one_site(suspect, &jackknife), shared_shocks(suspect), placebo(suspect), few_sites(suspect, &jackknife)];
    all.extend(rare_events(suspect));
    all.push(missing_weeks(suspect));
    all.push(hidden_cause(suspect, curve));
    all.push(sites::dominating_site(suspect));
    all.push(sites::changed_sites(suspect));
    all.push(sites::chosen_sites(suspect));
    all.push(weeks::slow_moves(suspect));
    all.push(weeks::changed_definition(suspect));
    all
}

/// The weakest score, in the direction found, when a site is left out.
fn one_site(suspect: &Suspect, jackknife: &Jackknife) -> Check {
    let fit = suspect.fit;
    let (all, squares) = (fit.information(), fit.scores.iter().map(|u| u * u).sum::<f64>());
    let error = |site: usize| {
        fit.crv1() * ((squares - fit.scores[site].powi(2)) / squares).sqrt() * all / (all - fit.informations[site])
    };
    let score = |(site, estimate): &(usize, f64)| (*site, fit.estimate.signum() * estimate / error(*site));
    let weakest = jackknife.without.iter().map(score).min_by(|a, b| a.1.total_cmp(&b.1));
    let Some((site, weakest)) = weakest.filter(|_| jackknife.without.len() == fit.sites) else {
        let said = "without one of the sites nothing can be estimated".to_owned();
        return check(CheckName::OneSite, Verdict::Fails, f64::NAN, said);
    };
    let stands = weakest >= fit.critical(1.0 - LEVEL);
    let name = &suspect.question.sites[site];
    let said = if stands {
        format!("stands whichever site is left out (weakest without {name})")
    } else {
        format!("does not stand without {name}")
    };
    check(CheckName::OneSite, holds(stands), weakest, said)
}

fn shared_shocks(suspect: &Suspect) -> Check {
    let p = suspect.circle.p_together(suspect.score.abs());
    let said = format!(
        "moving all sites together by {} weeks or more makes it as strong with p = {p:.3}",
        suspect.circle.first()
    );
    check(CheckName::SharedShocks, holds(p <= LEVEL), p, said)
}

fn placebo(suspect: &Suspect) -> Check {
    let placebos = &suspect.question.placebos;
    let p = |placebo: &Followed| {
        let z = suspect.question.rests_with(&placebo.rest).z(suspect.lag.cast_signed());
        student_two_sided(z, suspect.fit.sites as f64 - 1.0)
    };
    let smallest = placebos.iter().map(|placebo| (p(placebo), placebo.outcome)).min_by(|a, b| a.0.total_cmp(&b.0));
    let Some((p, outcome)) = smallest else {
        return check(CheckName::Placebo, Verdict::NotRun, f64::NAN, "no placebo outcome is declared".to_owned());
    };
    let p = (p * placebos.len() as f64).min(1.0);
    let said = if p > LEVEL { "does not move" } else { "also moves" };
    check(
        CheckName::Placebo,
        holds(p > LEVEL),
        p,
        format!("{said} {}, which it cannot move (p = {p:.3})", outcome.title),
    )
}

fn few_sites(suspect: &Suspect, jackknife: &Jackknife) -> Check {
    let score = suspect.fit.estimate.abs() / jackknife.error;
    let stands = score >= suspect.fit.critical(1.0 - LEVEL);
    let said = format!(
        "{} with the jackknife's error and Student's t of {} sites",
        if stands { "stands" } else { "does not stand" },
        suspect.fit.sites
    );
    check(CheckName::FewSites, holds(stands), score, said)
}

fn rare_events(suspect: &Suspect) -> Option<Check> {
    let Measured::Count { .. } = suspect.question.outcome.measured else { return None };
    let events: f64 = suspect.sample.y.iter().sum();
    let verdict = match events {
        few if few < FEW_EVENTS => Verdict::Fails,
        some if some < ENOUGH_EVENTS => Verdict::Caution,
        _ => Verdict::Holds,
    };
    let without = suspect.fit.left_out.len();
    let said = format!("{events:.0} events; {without} of {} sites say nothing", suspect.fit.sites + without);
    Some(check(CheckName::RareEvents, verdict, events, said))
}

/// Whether weeks without the indicator are many, and are followed at any lag by more or less of the outcome.
fn missing_weeks(suspect: &Suspect) -> Check {
    let values = &suspect.question.indicator.values;
    let missing = Grid::of(values.sites(), values.weeks(), |s, t| if values.at(s, t).is_nan() { 1.0 } else { 0.0 });
    let share = missing.cells().iter().sum::<f64>() / missing.cells().len() as f64;
    let told = share > 0.0 && tells(suspect, &missing);
    let verdict = match share {
        few if few <= SOME_MISSING => Verdict::Holds,
        _ if told => Verdict::Fails,
        some if some < MANY_MISSING => Verdict::Holds,
        _ => Verdict::Caution,
    };
    let link = if told { "the outcome differs after them" } else { "the outcome does not differ after them" };
    check(CheckName::MissingWeeks, verdict, share, format!("{:.0} % of weeks are missing; {link}", 100.0 * share))
}

/// Whether the outcome differs, at any lag, after what these cells say.
fn tells(suspect: &Suspect, cells: &Grid) -> bool {
    let rest = indicator_rest(cells);
    let rests = Rests { x: &rest, ..*suspect.rests };
    let lags = suspect.question.rule.lags.max(1);
    let scores = (1..=lags).map(|lag| rests.z(lag.cast_signed()).abs());
    scores.fold(0.0, f64::max) >= suspect.fit.critical(1.0 - LEVEL / lags as f64)
}

/// How strongly a hidden cause would have to be tied to both to explain the interval's end nearer to none, for the
/// indicator's best quarter of site-weeks against the rest (VanderWeele and Ding 2017, Annals of Internal Medicine 167;
/// points become a ratio by exp(0.91 · standardised difference)).
fn hidden_cause(suspect: &Suspect, curve: &Curve) -> Check {
    let fit = suspect.fit;
    let margin = fit.estimate.abs() - curve.simultaneous(1.0 - LEVEL) * fit.error();
    let per_unit = match suspect.question.outcome.measured {
        Measured::Count { .. } => 1.0,
        Measured::Score { .. } => 0.91 / spread(suspect.rests.r, &suspect.sample),
    };
    let value = e_value((margin.max(0.0) * suspect.question.habit.gap * per_unit).exp());
    let verdict = if value >= NOTICEABLE { Verdict::Holds } else { Verdict::Caution };
    let said = format!("a hidden common cause tied to both by a risk ratio of {value:.2} could explain it");
    check(CheckName::HiddenCause, verdict, value, said)
}

/// The E-value of a risk ratio of 1 or more.
pub fn e_value(ratio: f64) -> f64 {
    ratio + (ratio * (ratio - 1.0)).sqrt()
}

/// Standard deviation of the outcome less its effects.
fn spread(rests: &[f64], sample: &Sample) -> f64 {
    let weights: f64 = sample.w.iter().sum();
    let mean_weight = weights / sample.w.iter().filter(|w| **w > 0.0).count() as f64;
    let cells = rests.iter().filter(|r| **r != 0.0).count() as f64;
    (rests.iter().map(|r| r * r).sum::<f64>() / cells).sqrt() / mean_weight
}
