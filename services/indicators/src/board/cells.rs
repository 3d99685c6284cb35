//! What the cells of the page's tables say of a card.

use super::{
    card::{MetricCard, ReasonCard},
    model::RollupWindow,
    words,
};
use crate::{
    definition::{Kind, Metric, Uncertainty},
    values::{SitesIn, State, Window, WindowKind},
};
use jiff::civil::Date;

/// A value; a rate of rare events never without its exact 95 % interval, for it is mostly chance.
fn with_chance(metric: &Metric, window: &Window) -> String {
    let value = words::value(metric, window.value);
    match (window.lower, window.upper) {
        (Some(lower), Some(upper)) if metric.kind == Kind::Rate && metric.uncertainty == Uncertainty::Poisson => {
            format!("{value} ({}–{})", words::value(metric, lower), words::value(metric, upper))
        }
        _ => value,
    }
}

/// The four-week value at a glance, or a dash.
pub fn at_a_glance(card: &MetricCard) -> String {
    let window = card.windows.0.get(&WindowKind::FourWeeks);
    window.map_or_else(|| "–".to_owned(), |window| with_chance(&card.declared, window))
}

/// A roll-up's value; where what is suppressed is not in it, of how many sites it is.
pub fn pooled(metric: &Metric, pooled: &RollupWindow) -> String {
    let value = with_chance(metric, &pooled.window);
    match pooled.sites {
        Some(SitesIn { shown, sites }) if shown < sites => format!("{value} ({shown} of {sites} sites)"),
        _ => value,
    }
}

/// The four-week value, or a dash.
pub fn four_weeks(card: &MetricCard) -> String {
    let window = card.windows.0.get(&WindowKind::FourWeeks);
    window.map_or_else(|| "–".to_owned(), |w| words::value(&card.declared, w.value))
}

/// The 95 % bounds of the four-week value with the sample size, or how it was measured.
pub fn range(card: &MetricCard) -> String {
    let Some(window) = card.windows.0.get(&WindowKind::FourWeeks) else { return "–".to_owned() };
    let bound = |x: f64| words::value(&card.declared, x).trim_end_matches(" %").to_owned();
    let said = |n: f64| match card.declared.uncertainty {
        Uncertainty::Poisson if card.declared.kind == Kind::Rate => {
            format!(", {n:.0} {}", if n == 1.0 { "event" } else { "events" })
        }
        Uncertainty::Poisson => format!(", {n:.0} {}", if n == 1.0 { "week" } else { "weeks" }),
        Uncertainty::None | Uncertainty::Wilson | Uncertainty::Normal => format!(", n {n:.0}"),
    };
    let size = window.sample_size.map(said).unwrap_or_default();
    match (window.lower, window.upper) {
        (Some(lower), Some(upper)) => format!("{}–{}{size}", bound(lower), words::value(&card.declared, upper)),
        _ if size.is_empty() => "all counted".to_owned(),
        _ => size.trim_start_matches(", ").to_owned(),
    }
}

/// The target, or a dash.
pub fn target(card: &MetricCard) -> String {
    card.target.map_or_else(|| "–".to_owned(), |t| words::value(&card.declared, t))
}

/// Times the score at which an alarm comes on: from there on it is very sure.
pub const VERY_SURE: f64 = 1.3;

/// How sure an alarm is, from its score and the score at which it comes on.
pub fn sureness(card: &ReasonCard) -> String {
    let on = words::on_at(card.reason);
    let Some(score) = card.score else { return "–".to_owned() };
    let word = match score / on {
        r if r >= VERY_SURE => "very sure",
        r if r >= 1.0 => "sure",
        _ => "easing",
    };
    format!("{word} ({score:.1})")
}

/// `below 30 %, last seen 4 May`: a reason that is carried by a site of which nothing is known since.
pub fn carried(metric: &Metric, card: &ReasonCard) -> String {
    let seen = card.last_week.map(|week| week.strftime(", last seen %-d %b").to_string()).unwrap_or_default();
    words::reason(metric, card.reason) + &seen
}

/// Why, as its state wants it said: as it is, or as it was when the site was heard of last.
pub fn why(card: &MetricCard, reason: &ReasonCard) -> String {
    match card.state {
        State::Lagging => words::reason(&card.declared, reason.reason),
        _ => carried(&card.declared, reason),
    }
}

/// `4 May 2026 (12 weeks)`, up to the week that the reason rests on.
pub fn since(card: &ReasonCard, last_week: Date) -> String {
    let Some(since) = card.since else { return "–".to_owned() };
    let weeks = weeks_between(since, card.last_week.unwrap_or(last_week)) + 1;
    match (card.since_at_least, weeks) {
        (true, _) => format!("{} or before", words::date(since)),
        (false, 1) => format!("{} (1 week)", words::date(since)),
        (false, weeks) => format!("{} ({weeks} weeks)", words::date(since)),
    }
}

fn weeks_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / (7 * 24)
}

/// Which way the site is going, or a dash.
pub fn course(card: &MetricCard) -> String {
    card.course.map_or_else(|| "–".to_owned(), words::course)
}
