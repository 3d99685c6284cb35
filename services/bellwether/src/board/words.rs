//! Numbers and states in the words of an operations leader.

use super::{
    model::{MetricCard, ReasonCard},
    rollup::RollupWindow,
};
use indicators::{Direction, Kind, Metric, Reason, SitesIn, State, Uncertainty, WindowKind};
use jiff::civil::Date;

/// Score at which *below* and *behind peers* come on, and at which *falling* does (DERIVED, "Lagging").
const ON: [f64; 2] = [5.0, 3.5];

/// `field_time` → `Field time`; of a rate with what it is per.
pub fn title(metric: &Metric) -> String {
    let title = spaced(&metric.name);
    match metric.said_per() {
        Some(per) => format!("{title} {per}"),
        None => title,
    }
}

/// `peer_coaching` → `Peer coaching`.
pub fn spaced(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A rate, to two digits or more.
fn plain(value: f64) -> String {
    let digits = match value.abs() {
        whole if whole == 0.0 || whole >= 100.0 => 0,
        tens if tens >= 1.0 => 1,
        small => (1.0 - small.log10().floor()).clamp(2.0, 9.0) as usize,
    };
    format!("{value:.digits$}")
}

/// A value: a percentage, or for `count` and `rate` a plain number.
pub fn value(metric: &Metric, value: f64) -> String {
    match metric.kind {
        Kind::Count if value.fract() == 0.0 => format!("{value:.0}"),
        Kind::Count => format!("{value:.1}"),
        Kind::Rate => plain(value),
        Kind::Ratio | Kind::Mean => format!("{:.0} %", value * 100.0),
    }
}

/// The same with a digit more, to see small movements.
pub fn tenths(metric: &Metric, value: f64) -> String {
    match metric.kind {
        Kind::Count | Kind::Rate => self::value(metric, value),
        Kind::Ratio | Kind::Mean => format!("{:.1} %", value * 100.0),
    }
}

/// A roll-up's value; where what is suppressed is not in it, of how many sites it is.
pub fn pooled(metric: &Metric, pooled: &RollupWindow) -> String {
    let value = value(metric, pooled.window.value);
    match pooled.sites {
        Some(SitesIn { shown, sites }) if shown < sites => format!("{value} ({shown} of {sites} sites)"),
        _ => value,
    }
}

/// The four-week value, or a dash.
pub fn four_weeks(card: &MetricCard) -> String {
    let window = card.windows.0.get(&WindowKind::FourWeeks);
    window.map_or_else(|| "–".to_owned(), |w| value(&card.declared, w.value))
}

/// The 95 % bounds of the four-week value with the sample size, or how it was measured.
pub fn range(card: &MetricCard) -> String {
    let Some(window) = card.windows.0.get(&WindowKind::FourWeeks) else { return "–".to_owned() };
    let bound = |x: f64| value(&card.declared, x).trim_end_matches(" %").to_owned();
    let said = |n: f64| match card.declared.uncertainty {
        Uncertainty::Poisson if card.declared.kind == Kind::Rate => {
            format!(", {n:.0} {}", if n == 1.0 { "event" } else { "events" })
        }
        Uncertainty::Poisson => format!(", {n:.0} weeks"),
        Uncertainty::None | Uncertainty::Wilson | Uncertainty::Normal => format!(", n {n:.0}"),
    };
    let size = window.sample_size.map(said).unwrap_or_default();
    match (window.lower, window.upper) {
        (Some(lower), Some(upper)) => format!("{}–{}{size}", bound(lower), value(&card.declared, upper)),
        _ if size.is_empty() => "all counted".to_owned(),
        _ => size.trim_start_matches(", ").to_owned(),
    }
}

/// The target, or a dash.
pub fn target(card: &MetricCard) -> String {
    card.target.map_or_else(|| "–".to_owned(), |t| value(&card.declared, t))
}

/// Why, in a few plain words.
pub fn reason(metric: &Metric, reason: Reason) -> String {
    let higher = metric.direction == Direction::Higher;
    match (reason, metric.lagging) {
        (Reason::Below, Some(rule)) => {
            format!("{} {}", if higher { "below" } else { "above" }, value(metric, rule.below))
        }
        (Reason::Below, None) => (if higher { "too low" } else { "too high" }).to_owned(),
        (Reason::BehindPeers, _) => "behind peers".to_owned(),
        (Reason::Falling, _) => (if higher { "fell" } else { "rose" }).to_owned(),
    }
}

/// What the words for *falling* mean.
pub const FELL: &str = "worse than it was itself by a tenth of the target";

/// How sure an alarm is, from its score and the score at which it comes on.
pub fn sureness(card: &ReasonCard) -> String {
    let on = if card.reason == Reason::Falling { ON[1] } else { ON[0] };
    let Some(score) = card.score else { return "–".to_owned() };
    let word = match score / on {
        r if r >= 1.3 => "very sure",
        r if r >= 1.0 => "sure",
        _ => "easing",
    };
    format!("{word} ({score:.1})")
}

/// `below 30 %, last seen 4 May`: a reason that is carried by a site of which nothing is known since.
pub fn carried(metric: &Metric, card: &ReasonCard) -> String {
    let seen = card.last_week.map(|week| week.strftime(", last seen %-d %b").to_string()).unwrap_or_default();
    reason(metric, card.reason) + &seen
}

/// `4 May 2026 (12 weeks)`, up to the week that the reason rests on.
pub fn since(card: &ReasonCard, last_week: Date) -> String {
    let Some(since) = card.since else { return "–".to_owned() };
    let weeks = weeks_between(since, card.last_week.unwrap_or(last_week)) + 1;
    match (card.since_at_least, weeks) {
        (true, _) => format!("{} or before", date(since)),
        (false, 1) => format!("{} (1 week)", date(since)),
        (false, weeks) => format!("{} ({weeks} weeks)", date(since)),
    }
}

/// `4 May 2026`.
pub fn date(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

fn weeks_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / (7 * 24)
}

/// An arrow and the change a week; beside a reason that of the weeks since.
pub fn trend(card: &MetricCard) -> String {
    let since = if card.reasons.is_empty() { "" } else { " since" };
    let Some(slope) = card.trend_per_week else { return "–".to_owned() };
    let change = match card.declared.kind {
        Kind::Count => format!("{:.1}", slope.abs()),
        Kind::Rate => plain(slope.abs()),
        Kind::Ratio | Kind::Mean => format!("{:.1} pt", slope.abs() * 100.0),
    };
    match arrow(card) {
        "→" => format!("→ steady{since}"),
        arrow => format!("{arrow} {change}/wk{since}"),
    }
}

/// The trend as one sign. Less than half a point a week (6 in a quarter) is called steady, of a rate a hundredth of its
/// four-week value: smaller slopes come and go.
pub fn arrow(card: &MetricCard) -> &'static str {
    let steady = match card.declared.kind {
        Kind::Count => 0.05,
        Kind::Rate => card.windows.0.get(&WindowKind::FourWeeks).map_or(0.0, |window| window.value.abs() / 100.0),
        Kind::Ratio | Kind::Mean => 0.005,
    };
    match card.trend_per_week {
        None => " ",
        Some(slope) if slope.abs() < steady => "→",
        Some(slope) if slope > 0.0 => "↑",
        Some(_) => "↓",
    }
}

/// A state in a word or two; [`explanation`] says what it means.
pub fn state(state: State) -> &'static str {
    match state {
        State::Silent => "silent",
        State::Suppressed => "too few answers",
        State::NoData => "no data",
        State::Insufficient => "incomplete",
        State::Lagging => "lagging",
        State::Unjudged => "not judged",
        State::Ok => "on track",
    }
}

/// What a state means for the reader; `None` for the plain ones.
pub fn explanation(state: State) -> Option<&'static str> {
    match state {
        State::Silent => Some("no events for two weeks or more, while other sites sent some"),
        State::Suppressed => Some("fewer answers than may be shown without pointing at people"),
        State::NoData => Some("nothing to measure in four weeks: all on leave, or nothing due"),
        State::Insufficient => Some("too little was logged in the last week to judge"),
        State::Unjudged => Some("there is a value, but not enough to call it good or bad by"),
        State::Lagging | State::Ok => None,
    }
}

/// What the score beside an alarm means.
pub fn scores() -> String {
    format!("evidence against chance; an alarm comes on at {} (fell, rose: {}) and is easing once below", ON[0], ON[1])
}
