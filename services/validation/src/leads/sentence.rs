//! A pair's answer in words that a leader understands.

use super::{CheckName, Finding, Measured, Pair, Power, Question, Verdict};

pub(super) fn sentence(pair: &Pair, question: &Question) -> String {
    let (indicator, outcome) = (&question.indicator.title, &question.outcome.title);
    match pair.finding {
        Finding::Leads => claim(pair, question),
        Finding::Doubtful => format!("{} But this is in doubt: {}.", claim(pair, question), doubts(pair)),
        Finding::NotShown => format!(
            "No sign that {indicator} leads {outcome}, and a difference of 37 % would most likely have been seen{}.",
            other_way(pair, question)
        ),
        Finding::CannotTell => format!(
            "The data cannot tell whether {indicator} leads {outcome}: {}{}.",
            lacking(pair, question),
            other_way(pair, question)
        ),
    }
}

fn claim(pair: &Pair, question: &Question) -> String {
    let (indicator, outcome, step) =
        (&question.indicator.title, &question.outcome.title, &question.indicator.step_said);
    let lag = pair.lag.unwrap_or(0);
    let Some(strength) = &pair.strength else { return String::new() };
    let (estimate, band) = (strength.estimate, strength.interval);
    let change = match question.outcome.measured {
        Measured::Count { .. } => {
            format!("{} (95 % interval: {} to {})", relative(estimate), relative(band.low), relative(band.high))
        }
        Measured::Score { .. } => {
            format!("{} (95 % interval: {:+.1} to {:+.1})", points(estimate), band.low, band.high)
        }
    };
    let weeks = if lag == 1 { "week" } else { "weeks" };
    format!(
        "Where {indicator} is {step} higher than a site's usual, {outcome} are {change} {lag} {weeks} later; {} sites, {} weeks.",
        pair.sites, pair.weeks
    )
}

fn relative(ratio: f64) -> String {
    let percent = 100.0 * (ratio - 1.0).abs();
    let (way, digits) = (if ratio < 1.0 { "lower" } else { "higher" }, usize::from(percent < 10.0));
    format!("{percent:.digits$} % {way}")
}

fn points(points: f64) -> String {
    format!("{:.1} points {}", points.abs(), if points < 0.0 { "lower" } else { "higher" })
}

fn doubts(pair: &Pair) -> String {
    let failed =
        pair.checks.iter().filter(|check| check.verdict == Verdict::Fails).map(|check| doubt(check.name, &check.said));
    failed.collect::<Vec<_>>().join("; ")
}

fn doubt(name: CheckName, said: &str) -> String {
    match name {
        CheckName::SharedShocks => "something that hit all sites may explain it".to_owned(),
        CheckName::OneSite | CheckName::Placebo => format!("it {said}"),
        CheckName::FewSites => "the sites are too few to be sure".to_owned(),
        CheckName::RareEvents
        | CheckName::MissingWeeks
        | CheckName::HiddenCause
        | CheckName::DominatingSite
        | CheckName::ChangedSites
        | CheckName::ChosenSites
        | CheckName::SlowMoves
        | CheckName::ChangedDefinition => said.to_owned(),
    }
}

/// What speaks against a lead although something was found.
fn other_way(pair: &Pair, question: &Question) -> String {
    let (found, alone) = (pair.adjusted < 0.05, pair.p < question.rule.false_discovery);
    let together = pair.lag == Some(0);
    let backward = pair.reverse_score.abs() >= pair.score.abs();
    match pair.lag {
        None => String::new(),
        Some(_) if found && together => "; they move in the same week".to_owned(),
        Some(_) if found && backward => "; what is there runs the other way, or in the same week".to_owned(),
        Some(_) if alone && !together && !backward => format!(
            "; alone it would look like a lead (p = {:.4}), but of {} pairs tested some do by chance",
            pair.p, question.tested
        ),
        Some(_) => String::new(),
    }
}

fn lacking(pair: &Pair, question: &Question) -> String {
    if let Some(why) = &pair.why {
        return why.clone();
    }
    let needed = pair.power.iter().filter(|power| !power.suffices).map(needed);
    let mut told: Vec<String> = needed.collect();
    if told.is_empty() {
        return "nothing is found that one could rely on".to_owned();
    }
    told.extend(pair.could_be_seen.map(|least| by_now(least, question)));
    told.join("; ")
}

/// The least that these data could show; a count cannot fall by more than all of it.
fn by_now(least: f64, question: &Question) -> String {
    let percent = 100.0 * least;
    match question.outcome.measured {
        Measured::Count { .. } if percent >= 99.5 => "by now not even one of 99 % could be seen".to_owned(),
        _ => format!("by now one of {percent:.0} % could be seen"),
    }
}

fn needed(power: &Power) -> String {
    let change = 100.0 * power.change;
    if power.more_weeks > 5_200 {
        return format!(
            "a difference of {change:.0} % would take more than a hundred years at this rate, or {} more sites",
            power.more_sites
        );
    }
    format!(
        "a difference of {change:.0} % would be seen with {} more weeks or {} more sites",
        power.more_weeks, power.more_sites
    )
}
