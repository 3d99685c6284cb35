//! Figures → a table of ratios, and JSON.

use crate::{child::Outcome, place::Who};
use serde_json::{Value, json};
use std::path::Path;

/// Everything measured in one run.
#[derive(Debug, Default)]
pub struct Report {
    lines: Vec<Line>,
}

/// One participant in one measurement.
#[derive(Debug)]
struct Line {
    what: String,
    who: String,
    ours: bool,
    outcomes: Vec<Outcome>,
    note: String,
}

impl Report {
    /// Adds the rounds of a participant; ratios are to the line with `ours` of the same `what`.
    pub fn add(&mut self, what: &str, who: &str, outcomes: Vec<Outcome>, note: impl Into<String>) {
        let (what, note) = (what.to_owned(), note.into());
        self.lines.push(Line {
            what,
            ours: who.starts_with(Who::Bellwether.name()),
            who: who.to_owned(),
            outcomes,
            note,
        });
    }

    /// Prints the table and writes the file.
    pub fn finish(&self, file: &Path) {
        println!(
            "\n{:<34} {:<28} {:>9} {:>19} {:>7} {:>8} {:>8}  note",
            "what", "who", "median s", "range s", "ratio", "cpu s", "peak MB"
        );
        for line in &self.lines {
            println!("{}", self.text(line));
        }
        let lines: Vec<Value> = self.lines.iter().map(Line::json).collect();
        std::fs::write(file, serde_json::to_string_pretty(&lines).unwrap()).unwrap();
        println!("\n{}", file.display());
    }

    fn text(&self, line: &Line) -> String {
        let Some((low, median, high)) = line.seconds() else {
            let why = line.outcomes.iter().find_map(|outcome| match outcome {
                Outcome::Failed(why) => Some(why.as_str()),
                Outcome::Done(_) => None,
            });
            return format!("{:<34} {:<28} {:>9} {}", line.what, line.who, "-", why.unwrap_or("did not run"));
        };
        let ours = self.lines.iter().find(|other| other.ours && other.what == line.what).and_then(Line::seconds);
        let ratio = ours.map_or("-".to_owned(), |(_, ours, _)| format!("{:.2}", median / ours));
        let (range, cpu, peak) = (format!("{low:.3}-{high:.3}"), line.cpu(), line.peak_mb());
        let note = &line.note;
        format!("{:<34} {:<28} {median:>9.3} {range:>19} {ratio:>7} {cpu:>8.2} {peak:>8}  {note}", line.what, line.who)
    }
}

impl Line {
    /// Lowest, median and highest of the rounds that gave a figure.
    fn seconds(&self) -> Option<(f64, f64, f64)> {
        let sorted = self.sorted("seconds");
        Some((*sorted.first()?, sorted[sorted.len() / 2], *sorted.last()?))
    }

    /// Median of the seconds of all cores.
    fn cpu(&self) -> f64 {
        let sorted = self.sorted("cpu");
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn sorted(&self, field: &str) -> Vec<f64> {
        let figure = |outcome: &Outcome| match outcome {
            Outcome::Done(line) => line[field].as_f64(),
            Outcome::Failed(_) => None,
        };
        let mut sorted: Vec<f64> = self.outcomes.iter().filter_map(figure).collect();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    fn peak_mb(&self) -> u64 {
        let peak = |outcome: &Outcome| match outcome {
            Outcome::Done(line) => line.get("peak_mb_timed").unwrap_or(&line["peak_mb"]).as_u64(),
            Outcome::Failed(_) => None,
        };
        self.outcomes.iter().filter_map(peak).max().unwrap_or(0)
    }

    fn json(&self) -> Value {
        let outcome = |outcome: &Outcome| match outcome {
            Outcome::Done(line) => line.clone(),
            Outcome::Failed(why) => json!({"failed": why}),
        };
        let rounds: Vec<Value> = self.outcomes.iter().map(outcome).collect();
        json!({"what": self.what, "who": self.who, "rounds": rounds, "note": self.note})
    }
}
