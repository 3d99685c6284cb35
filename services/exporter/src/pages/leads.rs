//! Whether a metric leads an outcome, as `validate` found last: read from the program's own metrics, so that page and
//! Prometheus cannot disagree.

use super::links;
use indicators::{
    Kind, Metric,
    board::{Board, words},
};
use maud::{Markup, html};
use prometheus::proto::{self, MetricFamily};

/// A metric and an outcome that it may lead.
struct Pair<'a> {
    metric: &'a str,
    outcome: &'a str,
    finding: &'a str,
}

/// What is said of a metric, as one that leads and as one that follows; nothing where nobody asked.
pub(super) fn of(metric: &Metric, board: &Board, families: &[MetricFamily]) -> Markup {
    let all = findings(families);
    let leading: Vec<&Pair<'_>> = all.iter().filter(|pair| pair.metric == metric.name).collect();
    let led: Vec<&Pair<'_>> =
        all.iter().filter(|pair| pair.outcome == metric.name && pair.finding == "leads").collect();
    html! {
        @if !leading.is_empty() || !led.is_empty() {
            h2 { "Does it lead?" }
            ul {
                @for pair in leading { li { (sentence(pair, board, families)) (to(pair.outcome, board)) "." } }
                @for pair in led { li { "It follows " (to(pair.metric, board)) "." } }
            }
            p .soft { "As found over all weeks so far, with checks of what else it could be: " code { "bellwether validate" } " tells them." }
        }
    }
}

/// `With 10 points more of it a rate 0.80 times as high (0.70–0.91), 4 weeks later, of ` before the outcome.
fn sentence(pair: &Pair<'_>, board: &Board, families: &[MetricFamily]) -> String {
    match pair.finding {
        "leads" => {}
        "doubtful" => return "It may lead, and there is reason to doubt it: ".to_owned(),
        "not_shown" => return "It is not shown to lead ".to_owned(),
        _ => return "There is too little to tell whether it leads ".to_owned(),
    }
    let strength = |family: &str| value(families, family, pair);
    let (Some((effect, strongest)), Some((_, lag))) =
        (strength("leading_strength"), strength("leading_strength_lag_weeks"))
    else {
        return "It leads ".to_owned();
    };
    let range = match (strength("leading_strength_lower"), strength("leading_strength_upper")) {
        (Some((_, lower)), Some((_, upper))) => format!(" ({lower:.2}–{upper:.2})"),
        _ => String::new(),
    };
    let share = board
        .metrics
        .iter()
        .any(|metric| metric.name == pair.metric && matches!(metric.kind, Kind::Ratio | Kind::Mean));
    let more = if share { "10 points" } else { "a tenth" };
    let weeks = if lag == 1.0 { "a week later".to_owned() } else { format!("{lag:.0} weeks later") };
    match effect {
        "rate_ratio" => {
            format!("It leads: with {more} more of it goes, {weeks}, a rate {strongest:.2} times as high{range} of ")
        }
        _ => format!("It leads: with {more} more of it go, {weeks}, {strongest:.2} points more{range} of "),
    }
}

fn to(name: &str, board: &Board) -> Markup {
    html! {
        @match board.metrics.iter().find(|metric| metric.name == name) {
            Some(metric) => a href=(links::metric(name)) { (words::title(metric)) },
            None => (words::spaced(name)),
        }
    }
}

/// The finding that holds of each pair.
fn findings(families: &[MetricFamily]) -> Vec<Pair<'_>> {
    let holds = |series: &&proto::Metric| series.get_gauge().get_value() > 0.0;
    let pair = |series| {
        let metric = label(series, "metric")?;
        Some(Pair { metric, outcome: label(series, "outcome")?, finding: label(series, "finding")? })
    };
    family(families, "leading_finding").iter().filter(holds).filter_map(pair).collect()
}

/// The effect's kind, where it has one, and the value of a pair in a family.
fn value<'a>(families: &'a [MetricFamily], name: &str, pair: &Pair<'_>) -> Option<(&'a str, f64)> {
    let is = |series: &&proto::Metric| {
        label(series, "metric") == Some(pair.metric) && label(series, "outcome") == Some(pair.outcome)
    };
    let series = family(families, name).iter().find(is)?;
    Some((label(series, "effect").unwrap_or_default(), series.get_gauge().get_value()))
}

fn family<'a>(families: &'a [MetricFamily], name: &str) -> &'a [proto::Metric] {
    families.iter().find(|family| family.name() == name).map_or(&[], MetricFamily::get_metric)
}

fn label<'a>(series: &'a proto::Metric, name: &str) -> Option<&'a str> {
    series.get_label().iter().find(|label| label.name() == name).map(|label| label.value())
}
