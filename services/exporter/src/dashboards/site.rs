//! *Site*: how is it, metric by metric, and since when?

use super::{
    parts::{Choice, Frame, Line, Panel, chart, named_by_labels, onsets, stat, timeline, variable},
    queries::{company, count, in_unit, lagging, monday, state, values, worst},
    table::{Column, judged, metric_column, table},
    wording::states,
};
use serde_json::Value;

const OF: &str = "metric=~\"$metric\",site=\"$site\"";
const METRICS: &str = "metric=~\"$metric\"";
const SITE: &str = "site=\"$site\"";

pub(super) fn dashboard(board: &str) -> Value {
    let frame = Frame {
        uid: "bellwether-site",
        title: "Site",
        description: "How one site is, metric by metric: what it lags on, since when, and which way it is going.",
        board,
        page: ("Its page on the board", "/sites/${site:percentencode}"),
        variables: vec![
            variable("region", "Region", "leading_site_info", &Choice::Any),
            variable("site", "Site", "leading_site_info{region=~\"$region\"}", &Choice::One),
            variable("metric", "Metric", "leading_indicator_info", &Choice::Any),
        ],
        annotations: vec![onsets(OF)],
        from: "now-1y",
        refresh: "5m",
    };
    frame.with(vec![numbers(), vec![how_it_stands()], vec![called()], vec![weeks()]])
}

fn numbers() -> Vec<Panel> {
    let metrics = |pairs: &str| vec![(count(&format!("max by (metric) ({pairs})")), "__auto")];
    let name = format!("max by (name, region, timezone) (leading_site_info{{{SITE}}}) * 0 + 1");
    vec![
        table(
            "Who it is",
            "As the reference record says; the site's weeks are those of its time zone.",
            vec![
                Column::key("name", "Name"),
                Column::key("region", "Region"),
                Column::word("Time zone", "timezone", name),
            ],
            "Name",
        )
        .sized(12, 4),
        stat(
            "Lags on",
            "Metrics on which it lags, or did when it went quiet.",
            "none",
            &[(1.0, "red")],
            metrics(&lagging(OF)),
        ),
        stat(
            "Worsens on",
            "Metrics whose last four weeks are worse than those before, by more than chance.",
            "none",
            &[(1.0, "orange")],
            metrics(&format!("leading_course{{course=\"worsening\",{OF}}} == 1")),
        ),
        stat(
            "Silent on",
            "Metrics for which it sent nothing for two weeks while others did.",
            "none",
            &[(1.0, "purple")],
            metrics(&format!("leading_state{{state=\"silent\",{OF}}} == 1")),
        ),
    ]
}

fn how_it_stands() -> Panel {
    let values = ["", "_lower", "_upper"].map(|bound| worst(&values(METRICS, SITE, "4w", bound), "metric, unit"));
    let state = Column::number("State", format!("max by (metric) (\n  {}\n)", state(OF)), "none", 0);
    let mut columns = vec![state.mapped(states(), "color-background"), metric_column()];
    columns.extend(judged("metric", OF, values, METRICS, str::to_owned));
    let last_week = monday(&format!("max by (metric) (leading_week_start_timestamp_seconds{{{OF}}})"));
    columns.extend([
        Column::number("Logged", format!("max by (metric) (leading_coverage{{{OF}}})"), "percentunit", 0),
        Column::day("Last complete week", last_week),
    ]);
    table(
        "How it stands",
        "One row a metric, most urgent first. Values in the unit beside them; where a metric has labels of its own, \
         the worst. Target of a count: that of one week. n is what the bounds rest on; none where everything was \
         counted.",
        columns,
        "State",
    )
}

fn called() -> Panel {
    let state = format!("max by (metric) (\n  {}\n)", state(OF));
    timeline("What it was called", "Its state in each metric, over the weeks.", states(), vec![(state, "{{metric}}")])
}

/// Of each metric, with all its labels.
fn weeks() -> Panel {
    let own = |bound: &str| {
        let values = values(METRICS, SITE, "week", bound);
        format!("topk(20, max without (job, instance, family, window, metric, region, site) (\n  {values}\n))")
    };
    let bound = |bound: &str| {
        format!(
            "topk(4, max without (job, instance, family, window, metric, region, site) (\n  {}\n))",
            values(METRICS, SITE, "week", bound)
        )
    };
    let target = format!("max by (unit) ({})", in_unit(&format!("leading_target{{{OF}}}"), METRICS));
    let company = format!("max by (unit) ({})", worst(&company(METRICS, "week", ""), "metric, unit"));
    let panel = chart(
        "$metric",
        "The last complete week's value, as it was known then; where the metric has labels of its own, one line each. \
         Dashed: the target. Thick: the whole company. Dotted: 95 % bounds. Marks: when it began to lag.",
        "none",
        vec![
            ((own(""), ""), Line::Thin),
            ((target, "target {{unit}}"), Line::Dashed),
            ((company, "company {{unit}}"), Line::Thick),
            ((bound("_lower"), "lower bound {{unit}}"), Line::Dotted),
            ((bound("_upper"), "upper bound {{unit}}"), Line::Dotted),
        ],
    );
    named_by_labels(panel).repeated("metric")
}
