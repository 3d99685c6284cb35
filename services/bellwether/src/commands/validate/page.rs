//! The report as lines, and in words.

use super::picture::picture;
use serde::Serialize;
use std::fmt::Write;
use validation::{
    Finding, Pair, Report, Verdict,
    rollout::{ProgrammeFinding, ProgrammeReport},
};

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

/// Columns of rollouts, in order.
pub(super) const ROLLOUT_COLUMNS: [&str; 12] = [
    "rollout",
    "metric",
    "finding",
    "effect",
    "low",
    "high",
    "unit",
    "p_adjusted",
    "weeks",
    "compared",
    "reached",
    "never_reached",
];

/// One programme and metric. The effect is the change against sites not reached yet, with its 95 % interval.
#[derive(Debug, Serialize)]
pub(super) struct RolloutLine {
    rollout: String,
    metric: String,
    finding: ProgrammeFinding,
    effect: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    unit: String,
    p_adjusted: Option<f64>,
    weeks: usize,
    compared: usize,
    reached: usize,
    never_reached: usize,
}

pub(super) fn rollout_lines(reports: &[ProgrammeReport]) -> Vec<RolloutLine> {
    reports.iter().map(rollout_line).collect()
}

fn rollout_line(report: &ProgrammeReport) -> RolloutLine {
    let shown = |value: f64| (value * 1e3).round() / 1e3;
    let sites = |counts: &dyn Fn(usize) -> bool| {
        report.groups.iter().filter(|group| counts(group.weeks)).map(|group| group.sites).sum()
    };
    RolloutLine {
        rollout: report.rollout.clone(),
        metric: report.metric.clone(),
        finding: report.finding,
        effect: report.effect.map(|effect| shown(effect.estimate)),
        low: report.effect.map(|effect| shown(effect.interval.low)),
        high: report.effect.map(|effect| shown(effect.interval.high)),
        unit: report.unit.clone(),
        p_adjusted: report.adjusted.map(|p| (p * 1e4).round() / 1e4),
        weeks: report.weeks_since,
        compared: sites(&|weeks| weeks > 0),
        reached: sites(&|_| true),
        never_reached: report.never_reached,
    }
}

/// Each programme and metric in one sentence, with the sites that could not be compared, and its picture.
pub(super) fn rollout_words(reports: &[ProgrammeReport], pictures: bool) -> String {
    let mut text = String::new();
    for report in reports {
        let _ = writeln!(text, "\n{}", report.sentence);
        // Where nothing can be compared the sentence says it group by group.
        if report.groups.iter().any(|group| group.weeks > 0) {
            not_compared(&mut text, report);
        }
        if pictures && !report.events.is_empty() {
            let _ = write!(text, "\n{}", picture(report));
        }
    }
    if reports.len() > 1 {
        let _ =
            writeln!(text, "\n{} programmes and metrics were looked at; p is adjusted for all of them.", reports.len());
    }
    text
}

fn not_compared(text: &mut String, report: &ProgrammeReport) {
    for group in &report.groups {
        if let Some(why) = &group.why_not {
            let noun = if group.sites == 1 { "site" } else { "sites" };
            let start = group.start.as_ref().map(|week| format!(" from the week of {week} on")).unwrap_or_default();
            let _ = writeln!(text, "  not in it: {} {noun}{start}: {why}", group.sites);
        }
    }
}
