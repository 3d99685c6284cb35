//! Numbers and states in the words of an operations leader.

use crate::{
    change::Change,
    definition::{Direction, Kind, Metric},
    outlook::{Assurance, Course},
    reason::Reason,
    values::State,
};
use jiff::civil::Date;

pub use super::headline::{as_of, counts};

/// Where nothing is to be told of since the week before.
pub const NOTHING_CHANGED: &str = "No site began or ceased to lag, and none went silent.";

/// Score at which *below* and *behind peers* come on, and at which *falling* does.
const ON: [f64; 2] = [5.0, 3.5];

/// Score at which a reason comes on.
pub fn on_at(reason: Reason) -> f64 {
    match reason {
        Reason::Below | Reason::BehindPeers => ON[0],
        Reason::Falling => ON[1],
    }
}

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
    capital(&name.replace('_', " "))
}

/// A rate, to two digits or more.
pub fn plain(value: f64) -> String {
    let digits = match value.abs() {
        whole if whole == 0.0 || whole >= 100.0 => 0,
        tens if tens >= 1.0 => 1,
        small => decimals(small, 2).min(9),
    };
    format!("{value:.digits$}")
}

/// Decimals of a number, other than zero, that is shown with so many digits that count.
pub fn decimals(value: f64, digits: i32) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "the magnitude of an f64 lies between -324 and 308")]
    let magnitude = value.abs().log10().floor() as i32;
    usize::try_from(digits - 1 - magnitude).unwrap_or(0)
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

/// `4 May 2026`.
pub fn date(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
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
        State::Unjudged => Some("there is a value, but not enough behind it to call it good or bad"),
        State::Lagging | State::Ok => None,
    }
}

/// What the score beside an alarm means.
pub fn scores() -> String {
    format!("evidence against chance; an alarm comes on at {} (fell, rose: {}) and is easing once below", ON[0], ON[1])
}

/// `worsening`, with a sign for who does not see colours.
pub fn course(course: Course) -> String {
    format!("{} {}", sign(course), course.as_str())
}

/// The sign alone.
pub fn sign(course: Course) -> &'static str {
    match course {
        Course::Worsening => "▼",
        Course::Steady => "▬",
        Course::Improving => "▲",
        Course::Recovering => "△",
    }
}

/// In how many weeks a site meets its target.
pub fn assurance(assurance: Assurance) -> &'static str {
    match assurance {
        Assurance::Most => "most weeks",
        Assurance::Some => "some weeks",
        Assurance::HardlyAny => "hardly any week",
    }
}

/// `began to lag`, after a site's name and before a metric's.
pub fn change(change: Change) -> &'static str {
    match change {
        Change::StartedToLag => "began to lag",
        Change::WentSilent => "went silent",
        Change::Recovered => "recovered",
        Change::HeardAgain => "is heard of again",
    }
}

/// With a capital letter first.
pub fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
