//! The report as lines, and in words.

use serde::Serialize;
use std::fmt::Write;
use validation::{Finding, Pair, Report, Verdict};

/// Columns, in order.
pub(super) const COLUMNS: [&str; 10] =
    ["metric", "outcome", "finding", "lag_weeks", "effect", "low", "high", "p_adjusted", "sites", "weeks"];

/// One pair. The effect is a rate ratio (counts) or points (scores) for 10 points, or a tenth, more of the metric, with
/// its simultaneous 95 % interval.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    metric: String,
    outcome: String,
    finding: Finding,
    lag_weeks: Option<usize>,
    effect: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    p_adjusted: f64,
    sites: usize,
    weeks: usize,
}

pub(super) fn lines(report: &Report) -> Vec<Line> {
    report.pairs.iter().map(line).collect()
}

fn line(pair: &Pair) -> Line {
    let shown = |value: f64| (value * 1e3).round() / 1e3;
    let strength = pair.strength.as_ref();
    Line {
        metric: pair.indicator.clone(),
        outcome: pair.outcome.clone(),
        finding: pair.finding,
        lag_weeks: pair.lag,
        effect: strength.map(|strength| shown(strength.estimate)),
        low: strength.map(|strength| shown(strength.interval.low)),
        high: strength.map(|strength| shown(strength.interval.high)),
        p_adjusted: (pair.adjusted * 1e4).round() / 1e4,
        sites: pair.sites,
        weeks: pair.weeks,
    }
}

/// Each pair in one sentence, with what speaks against a claim, and how many pairs were looked at.
pub(super) fn words(report: &Report) -> String {
    let mut text = String::new();
    for pair in &report.pairs {
        let _ = writeln!(text, "\n{}", pair.sentence);
        if pair.leads_by_rule {
            for check in &pair.checks {
                let mark = match check.verdict {
                    Verdict::Holds => "holds",
                    Verdict::Caution => "caution",
                    Verdict::Fails => "FAILS",
                    Verdict::NotRun => "not run",
                };
                let _ = writeln!(text, "  {mark}: {}", check.said);
            }
        }
    }
    let share = 100.0 * report.false_discovery;
    let _ = writeln!(
        text,
        "\n{} pairs were tested; of those called leading, {share} % at most are so by chance.",
        report.tested
    );
    text
}
