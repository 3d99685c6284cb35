//! An event study as text: a line for each block of weeks, its interval and the band of the whole.

use std::fmt::Write;
use validation::rollout::{BlockEffect, ProgrammeReport, number};

/// Columns of the plot.
const COLUMNS: usize = 49;

/// The picture; empty where there is nothing to see.
pub(super) fn picture(report: &ProgrammeReport) -> String {
    let Some(scale) = Scale::of(&report.events) else { return String::new() };
    let mut text = String::new();
    let unit = if report.unit.is_empty() { String::new() } else { format!(", {}", report.unit) };
    let _ = writeln!(text, "  weeks since the start, and the change against sites not reached yet{unit}");
    let mut before = true;
    for event in &report.events {
        if std::mem::replace(&mut before, event.from_week < 0) && event.from_week >= 0 {
            let _ = writeln!(text, "  {:>10}  {}", "start", "╌".repeat(COLUMNS));
        }
        let weeks = format!("{} to {}", event.from_week, event.to_week);
        let weeks = if event.from_week == event.to_week { event.from_week.to_string() } else { weeks };
        let (low, high) = (number(event.interval.low), number(event.interval.high));
        let told = format!("{} ({low} to {high})", number(event.estimate));
        let _ = writeln!(text, "  {weeks:>10}  {}  {told}", scale.line(event));
    }
    text + "  ● estimate  ─ its 95 % interval  · band that holds all of them with 95 %  │ no change\n"
}

/// From the lowest to the highest that is shown, 0 among them.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(events: &[BlockEffect]) -> Option<Self> {
        let ends = || events.iter().flat_map(|event| [event.simultaneous.low, event.simultaneous.high]);
        let (low, high) = (ends().fold(0.0, f64::min), ends().fold(0.0, f64::max));
        (low < high).then_some(Self { low, high })
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to the number of columns"
    )]
    fn column(&self, value: f64) -> usize {
        let share = (value - self.low) / (self.high - self.low);
        (share * (COLUMNS - 1) as f64).round().clamp(0.0, (COLUMNS - 1) as f64) as usize
    }

    fn line(&self, event: &BlockEffect) -> String {
        let mut letters = vec![' '; COLUMNS];
        let mut fill = |low: f64, high: f64, letter: char| {
            letters[self.column(low)..=self.column(high)].fill(letter);
        };
        fill(event.simultaneous.low, event.simultaneous.high, '·');
        fill(event.interval.low, event.interval.high, '─');
        let none = self.column(0.0);
        letters[none] = if letters[none] == '─' { '┼' } else { '│' };
        letters[self.column(event.estimate)] = '●';
        letters.into_iter().collect()
    }
}
