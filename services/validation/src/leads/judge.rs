//! All pairs: looked at one by one on all cores, judged together.

use super::checks::{Suspect, checks};
use super::circle::Circle;
use super::curve::{Curve, band};
use super::power::Hurdle;
use super::score::Rests;
use super::sentence::sentence;
use super::{
    Contrast, Finding, Followed, Habit, Pair, Question, Report, Request, Strength, Unaskable, Verdict, adjusted,
};
use crate::effects::{Fit, Unfit};
use crate::numbers::whole;
use crate::parallel::map;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Moves for each pair tested, over the share of false discoveries: enough for one true pair among many to be found.
const MOVES_PER_PAIR: f64 = 3.0;

/// The fewest sites with anything to say.
const SITES: usize = 6;

/// Whether each indicator leads each outcome. Pairs are spread over the cores; the report does not depend on how many
/// there are.
///
/// # Errors
/// [`Unaskable`] when the request cannot be answered as it is. What the data cannot tell is no error: see [`Finding`].
pub fn judge(request: &Request) -> Result<Report, Unaskable> {
    request.check()?;
    let habits = map(&request.indicators, Habit::of);
    let (placebos, followed): (Vec<_>, Vec<_>) =
        map(&request.outcomes, Followed::of).into_iter().partition(|followed| followed.outcome.placebo);
    let questions = questions(request, &habits, &followed, &placebos);
    let moves = whole((MOVES_PER_PAIR * questions.len() as f64 / request.rule.false_discovery).ceil());
    let moves = moves.max(request.rule.moves);
    let mut pairs = map(&questions, |question| {
        let mut rng = ChaCha8Rng::seed_from_u64(request.seed);
        rng.set_stream(stream(&question.indicator.name, &question.outcome.name));
        look(question, moves, &mut rng)
    });
    let p: Vec<f64> = pairs.iter().map(|pair| pair.p).collect();
    for ((pair, question), adjusted) in pairs.iter_mut().zip(&questions).zip(adjusted(&p)) {
        pair.adjusted = adjusted;
        conclude(pair, request.rule.false_discovery);
        pair.sentence = sentence(pair, question);
    }
    Ok(Report { tested: pairs.len(), false_discovery: request.rule.false_discovery, pairs })
}

fn questions<'a>(
    request: &'a Request,
    habits: &'a [Habit],
    followed: &'a [Followed],
    placebos: &'a [Followed],
) -> Vec<Question<'a>> {
    let tested = habits.len() * followed.len();
    let question = |habit: &'a Habit, followed: &'a Followed| Question {
        sites: &request.sites,
        habit,
        indicator: habit.indicator,
        outcome: followed.outcome,
        rest: &followed.rest,
        placebos: placebos.iter().collect(),
        rule: &request.rule,
        tested,
    };
    habits.iter().flat_map(|habit| followed.iter().map(move |followed| question(habit, followed))).collect()
}

/// A pair's own stream of random numbers, so that it is judged alike whatever stands beside it (FNV-1a of its names).
fn stream(indicator: &str, outcome: &str) -> u64 {
    let bytes = indicator.bytes().chain([0]).chain(outcome.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn look(question: &Question, moves: usize, rng: &mut ChaCha8Rng) -> Pair {
    let contrast = Contrast::of(question.indicator, question.outcome);
    let rests = question.rests();
    let blank = blank(question, contrast);
    let Some(circle) = Circle::of(&rests, question.rule.lags) else {
        let needed = 2 * question.rule.lags + 2;
        return Pair { why: Some(format!("{needed} weeks are needed, {} are there", rests.weeks)), ..blank };
    };
    let curve = Curve::of(question, question.rule.draws, rng);
    let (lag, score) = strongest(&circle, &rests, question.rule.lags);
    let fit = match curve.at(lag) {
        Ok(fit) if fit.sites >= SITES => fit,
        Ok(fit) => return Pair { why: Some(format!("{SITES} sites are needed, {} say anything", fit.sites)), ..blank },
        Err(unfit) => return Pair { why: Some(why(question, unfit)), ..blank },
    };
    let reverse = (0..=question.rule.lags.cast_signed()).map(|lag| circle.z(&rests, -lag));
    let reverse = reverse.max_by(|a, b| a.abs().total_cmp(&b.abs()));
    let suspect = Suspect { question, rests: &rests, circle: &circle, lag, score, sample: question.sample(lag), fit };
    let hurdle = Hurdle {
        error: circle.error(lag, fit.information()),
        critical: circle.critical(question.rule.false_discovery, question.tested, rng),
        size: (fit.sites, fit.weeks),
        gap: question.habit.gap,
    };
    Pair {
        lag: Some(lag),
        score,
        reverse_score: reverse.unwrap_or(0.0),
        p: circle.p(score.abs(), moves, rng),
        strength: Some(strength(question, fit, &curve)),
        curve: curve.effects(question),
        checks: checks(&suspect, &curve),
        could_be_seen: hurdle.could_be_seen(question.outcome),
        power: hurdle.power(question.outcome),
        sites: fit.sites,
        weeks: fit.weeks,
        observations: fit.observations,
        ..blank
    }
}

fn blank(question: &Question, contrast: Option<Contrast>) -> Pair {
    Pair {
        indicator: question.indicator.name.clone(),
        outcome: question.outcome.name.clone(),
        finding: Finding::CannotTell,
        leads_by_rule: false,
        sentence: String::new(),
        lag: None,
        score: 0.0,
        reverse_score: 0.0,
        p: 1.0,
        adjusted: 1.0,
        strength: None,
        curve: Vec::new(),
        checks: Vec::new(),
        contrast,
        could_be_seen: None,
        power: Vec::new(),
        sites: 0,
        weeks: 0,
        observations: 0,
        why: None,
    }
}

fn why(question: &Question, unfit: Unfit) -> String {
    let (indicator, outcome) = (&question.indicator.title, &question.outcome.title);
    match unfit {
        Unfit::Constant => format!("{indicator}: {unfit}"),
        Unfit::Separated | Unfit::TooFew => format!("{outcome} after {indicator}: {unfit}"),
    }
}

fn strongest(circle: &Circle, rests: &Rests, lags: usize) -> (usize, f64) {
    let scores = (0..=lags).map(|lag| (lag, circle.z(rests, lag.cast_signed())));
    scores.fold((0, 0.0), |best: (usize, f64), next| if next.1.abs() > best.1.abs() { next } else { best })
}

fn strength(question: &Question, fit: &Fit, curve: &Curve) -> Strength {
    let interval = band(question, fit, curve.simultaneous(0.95));
    Strength { estimate: question.shown(fit.estimate), interval }
}

/// The rule, then the checks; without a claim, whether a difference would have been seen.
fn conclude(pair: &mut Pair, false_discovery: f64) {
    let forward = pair.lag.is_some_and(|lag| lag >= 1) && pair.reverse_score.abs() < pair.score.abs();
    pair.leads_by_rule = forward && pair.adjusted < false_discovery;
    let fails = pair.checks.iter().any(|check| check.verdict == Verdict::Fails);
    pair.finding = match pair.leads_by_rule {
        true if fails => Finding::Doubtful,
        true => Finding::Leads,
        false if pair.power.last().is_some_and(|power| power.suffices) => Finding::NotShown,
        false => Finding::CannotTell,
    };
}
