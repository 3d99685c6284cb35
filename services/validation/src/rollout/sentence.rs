//! What a programme did, in words that a leader understands.

use super::{Effect, Programme, ProgrammeFinding, ProgrammeReport};
use crate::leads::Band;

pub(super) fn sentence(report: &ProgrammeReport, asked: &Programme) -> String {
    let (title, metric) = (&asked.title, &asked.outcome.title);
    let Some(effect) = report.effect else {
        let why = report.refused.join("; ");
        return format!("The data cannot tell whether {title} moved {metric}: {why}.");
    };
    let (weeks, meanwhile) = (report.weeks_since, meanwhile(report));
    match report.finding {
        ProgrammeFinding::Better | ProgrammeFinding::Worse => format!(
            "Where {title} began, {metric} {} in the first {weeks} weeks{}, against sites not reached yet; {meanwhile}.",
            moved(effect, &report.unit),
            report.before.map(|before| format!(", from {}", level(before, &report.unit))).unwrap_or_default(),
        ),
        ProgrammeFinding::NotShown | ProgrammeFinding::Refused => format!(
            "No sign that {title} moved {metric}: {} in the first {weeks} weeks against sites not reached yet; {}.",
            with_interval(effect, &report.unit),
            report.could_be_seen.map(|seen| seen_by_now(seen, &report.unit)).unwrap_or_default(),
        ),
    }
}

fn meanwhile(report: &ProgrammeReport) -> String {
    match report.untouched {
        Some(Effect { interval: Band { low, high }, .. }) if low <= 0.0 && high >= 0.0 => {
            format!("those did not move measurably ({} to {})", signed(low), signed(high))
        }
        Some(effect) => format!("those themselves {}", moved(effect, &report.unit)),
        None => String::new(),
    }
}

fn seen_by_now(change: f64, unit: &str) -> String {
    format!("a change of {} would most likely have been seen", amount(change, unit))
}

/// `rose by 6.1 points (95 % interval: 3.2 to 9.0)`
fn moved(effect: Effect, unit: &str) -> String {
    let Band { low, high } = effect.interval;
    let (way, from, to) = if effect.estimate < 0.0 { ("fell", -high, -low) } else { ("rose", low, high) };
    let size = amount(effect.estimate.abs(), unit);
    format!("{way} by {size} (95 % interval: {} to {})", number(from), number(to))
}

fn with_interval(effect: Effect, unit: &str) -> String {
    let Band { low, high } = effect.interval;
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    format!("{}{unit} (95 % interval: {} to {})", signed(effect.estimate), signed(low), signed(high))
}

fn amount(value: f64, unit: &str) -> String {
    if unit.is_empty() { number(value) } else { format!("{} {unit}", number(value)) }
}

/// A level: what moves by points stands at per cent.
fn level(value: f64, unit: &str) -> String {
    if unit == "points" { format!("{} %", number(value)) } else { number(value) }
}

fn signed(value: f64) -> String {
    let told = number(value);
    if value > 0.0 { format!("+{told}") } else { told }
}

/// A number as it is told: a digit after the point, and of what is small two that count.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if !(1e-9..1.0).contains(&size) => 1,
        size if size >= 0.1 => 2,
        size if size >= 0.01 => 3,
        _ => 6,
    };
    format!("{value:.digits$}")
}
