//! *Overview*: who needs attention, and is it getting better?

use super::{
    parts::{Choice, Frame, Line, Panel, chart, onsets, stat, variable},
    queries::{company, count, in_state, lagging, monday, state, values, worst},
    table::{Column, judged, metric_column, site_column, table},
    wording::states,
};
use serde_json::Value;

const OF: &str = "metric=~\"$metric\",region=~\"$region\"";
const METRICS: &str = "metric=~\"$metric\"";
const SITES: &str = "region=~\"$region\"";
const PAIR: &str = "metric, site, region";

pub(super) fn dashboard(board: &str) -> Value {
    let frame = Frame {
        uid: "bellwether-overview",
        title: "Overview",
        description: "Which sites need attention, on what, since when, and is it getting better?",
        board,
        page: ("The board", "/"),
        variables: vec![
            variable("region", "Region", "leading_site_info", &Choice::Any),
            variable("metric", "Metric", "leading_indicator_info", &Choice::Any),
        ],
        annotations: vec![onsets(OF)],
        from: "now-1y",
        refresh: "5m",
    };
    frame.with(vec![numbers(), vec![attention()], vec![over_time(), metrics().sized(12, 10)]])
}

fn numbers() -> Vec<Panel> {
    let sites = |pairs: &str| count(&format!("max by (site) ({pairs})"));
    let lagging_sites = sites(&format!("leading_lagging{{{OF}}} == 1"));
    let new = sites(&format!(
        "leading_lagging_since_timestamp_seconds{{{OF}}} > scalar(max(leading_as_of_timestamp_seconds)) - 28 * 86400"
    ));
    let worsening = sites(&format!("leading_course{{course=\"worsening\",{OF}}} == 1"));
    let silent = sites(&format!("leading_state{{state=\"silent\",{OF}}} == 1"));
    let judged = count(&format!(
        "\n  max by (site) (leading_state{{state=~\"ok|lagging\",{OF}}} == 1)\n  or max by (site) (leading_lagging{{{OF}}} == 1)\n"
    ));
    let all = format!("count(max by (site) (leading_site_info{{{SITES}}}))");
    let one = |query: String| vec![(query, "__auto")];
    vec![
        stat(
            "Sites lagging",
            "Sites that lag on one metric or more: by weeks of evidence, not by one bad week. One that lagged when it \
             went quiet still counts.",
            "none",
            &[(1.0, "red")],
            one(lagging_sites),
        ),
        stat(
            "Began in the last 4 weeks",
            "Of them, those with an onset in the last four weeks.",
            "none",
            &[(1.0, "red")],
            one(new),
        ),
        stat(
            "Sites worsening",
            "Sites whose last four weeks are worse than those before, on one metric or more, by more than chance.",
            "none",
            &[(1.0, "orange")],
            one(worsening),
        ),
        stat(
            "Sites silent",
            "Sites that sent nothing for one metric or more for two weeks while others did.",
            "none",
            &[(1.0, "purple")],
            one(silent),
        ),
        stat(
            "Sites judged",
            "Sites of which one metric or more can be called good or bad, now or when they went quiet, of all that \
             are shown. The others have too little to judge by.",
            "none",
            &[],
            vec![(judged, "judged"), (all, "of")],
        ),
        stat(
            "Values as of",
            "The evaluation clock: later data are not in the values.",
            "dateTimeAsIso",
            &[],
            one("max(leading_as_of_timestamp_seconds) * 1000".to_owned()),
        ),
    ]
}

/// Sites that lag or are silent, with all that is known of them.
fn attention() -> Panel {
    let silent = in_state("silent", OF);
    let of_them = |query: &str| format!("(\n{query}\n)\nand on (metric, site) (\n  {}\n  or {silent}\n)", lagging(OF));
    let of = |bound: &str| worst(&values(METRICS, SITES, "4w", bound), "metric, site, region, unit");
    let named = format!(
        "max by ({PAIR}) (\n  {}\n)\n* on (site) group_left (name) max by (site, name) (leading_site_info)",
        state(OF)
    );
    let owner = format!(
        "max by ({PAIR}, owner) (leading_state{{state=\"lagging\",{OF}}} * 0 + on (metric) group_left (owner) max by (metric, \
         owner) (leading_indicator_info{{{METRICS}}}))"
    );
    let mut columns = vec![
        Column::number("State", of_them(&named), "none", 0).mapped(states(), "color-background"),
        site_column(),
        Column::key("name", "Name"),
        Column::key("region", "Region"),
        metric_column(),
    ];
    columns.extend(judged(PAIR, OF, ["", "_lower", "_upper"].map(of), METRICS, of_them));
    columns.push(Column::word("Owner", "owner", of_them(&owner)));
    table(
        "Who needs attention",
        "Sites that lag or are silent, one row a site and metric. Values in the unit beside them; where a metric has \
         labels of its own, the worst. Target of a count: that of one week. n is what the bounds rest on; none where \
         everything was counted. Click a site for its weeks, or for its page with the reasons in words.",
        columns,
        "State",
    )
}

fn over_time() -> Panel {
    let by_metric = format!("topk(20, count by (metric) (max by (metric, site) (leading_lagging{{{OF}}} == 1)))");
    chart(
        "Sites lagging, by metric",
        "How many sites lag on each metric; the 20 metrics with most. Marks: when a site began to lag.",
        "none",
        vec![((by_metric, "{{metric}}"), Line::Thin)],
    )
    .sized(12, 10)
}

fn metrics() -> Panel {
    let declared = format!("max by (metric, direction, owner) (leading_indicator_info{{{METRICS}}})");
    let value = worst(&company(METRICS, "4w", ""), "metric, unit");
    let sites = |pairs: &str| format!("count by (metric) ({pairs})");
    let zero = |query: &str| format!("({query})\nor max by (metric) (leading_indicator_info{{{METRICS}}}) * 0");
    table(
        "Metric by metric",
        "The company's value, and how many sites lag and worsen, whichever way is better. Click a metric for all its \
         sites.",
        vec![
            metric_column(),
            Column::number("Sites lagging", zero(&sites(&lagging(OF))), "none", 0),
            Column::number(
                "Sites worsening",
                zero(&sites(&format!("max by (metric, site) (leading_course{{course=\"worsening\",{OF}}} == 1)"))),
                "none",
                0,
            ),
            Column::number("Company, 4 weeks", value, "none", 1),
            Column::key("unit", "Unit"),
            Column::word("Better is", "direction", declared),
            Column::key("owner", "Owner"),
            Column::day(
                "Last complete week",
                monday(&format!("min by (metric) (leading_week_start_timestamp_seconds{{{OF}}})")),
            ),
        ],
        "Sites lagging",
    )
}
