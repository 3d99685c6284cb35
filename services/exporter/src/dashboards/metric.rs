//! *Metric*: how do the sites do on it, and where is it nearest to an alarm?

use super::{
    parts::{
        Choice, Column, Frame, Line, Panel, assurances, chart, colour, courses, onsets, reasons, site_column, stacked,
        stat, states, sureness, table, variable,
    },
    queries::{company, count, foremost_reason, in_unit, lagging, monday, state, urgency, values, worst},
};
use serde_json::Value;

const OF: &str = "metric=\"$metric\",region=~\"$region\"";
const METRIC: &str = "metric=\"$metric\"";
const SITES: &str = "region=~\"$region\"";

pub(super) fn dashboard(board: &str) -> Value {
    let frame = Frame {
        uid: "bellwether-metric",
        title: "Metric",
        description: "One metric at all sites: who lags on it, who is near an alarm, and how the company does.",
        board,
        page: ("Its page on the board", "/indicators/${metric:percentencode}"),
        variables: vec![
            variable("metric", "Metric", "leading_indicator_info", &Choice::One),
            variable("region", "Region", "leading_site_info", &Choice::Any),
        ],
        annotations: vec![onsets(OF)],
        from: "now-1y",
        refresh: "5m",
    };
    frame.with(vec![numbers(), vec![sites()], vec![nearest(), by_state()]])
}

fn numbers() -> Vec<Panel> {
    let declared = |by: &str| format!("max by ({by}) (leading_indicator_info{{{METRIC}}})");
    let value = format!("max by (unit) ({})", worst(&company(METRIC, "4w", ""), "metric, unit"));
    let judged =
        format!("max by (site) (leading_state{{state=~\"ok|lagging\",{OF}}} == 1) or max by (site) ({})", lagging(OF));
    vec![
        table(
            "What it is",
            "As its query file declares it. Its page on the board has the definition and the SQL.",
            vec![
                Column::key("kind", "Kind"),
                Column::word("Better is", "direction", declared("kind, direction, uncertainty, group, owner")),
                Column::key("uncertainty", "Bounds by"),
                Column::key("group", "Group"),
                Column::key("owner", "Owner"),
            ],
            "Kind",
        )
        .sized(12, 4),
        stat(
            "Company, last 4 weeks",
            "All sites pooled, in the metric's own unit. Where the metric has labels of its own, the worst of its values.",
            "none",
            &[],
            vec![(value, "{{unit}}")],
        ),
        stat(
            "Sites lagging",
            "Sites that lag on it, or did when they went quiet.",
            "none",
            &[(1.0, "red")],
            vec![(count(&format!("max by (site) ({})", lagging(OF))), "__auto")],
        ),
        stat(
            "Sites judged",
            "Sites that can be called good or bad on it, of all that are shown.",
            "none",
            &[],
            vec![(count(&judged), "judged"), (format!("count(max by (site) (leading_site_info{{{SITES}}}))"), "of")],
        ),
    ]
}

fn sites() -> Panel {
    let value = |bound: &str| {
        format!("max by (site, unit) ({})", worst(&values(METRIC, SITES, "4w", bound), "metric, site, unit"))
    };
    let target = format!("max by (site, unit) ({})", in_unit(&format!("leading_target{{{OF}}}"), METRIC));
    let since = monday(&format!("min by (site) (leading_lagging_since_timestamp_seconds{{{OF}}})"));
    let named = format!(
        "max by (site, region) (\n  {}\n)\n* on (site) group_left (name) max by (site, name) (leading_site_info)",
        state(OF)
    );
    table(
        "Site by site",
        "One row a site, most urgent first. Where the metric has labels of its own, the worst of a site's values. \
         Target of a count: that of one week. n is what the bounds rest on; none where everything was counted. Click \
         a site for its weeks.",
        vec![
            Column::number("State", named, "none", 0).mapped(states(), "color-background"),
            site_column(),
            Column::key("name", "Name"),
            Column::key("region", "Region"),
            Column::key("reason", "Reason").told(vec![reasons()]),
            Column::number("How sure", format!("max by (site, reason) ({})", foremost_reason(OF)), "none", 1)
                .told(sureness()),
            Column::day("Since", since),
            Column::word("Going", "course", format!("max by (site, course) (leading_course{{{OF}}} == 1)"))
                .mapped(courses(), "color-text"),
            Column::word(
                "Meets its target",
                "assurance",
                format!("max by (site, assurance) (leading_assurance{{{OF}}} == 1)"),
            )
            .mapped(assurances(), "color-text"),
            Column::number("Last 4 weeks", value(""), "none", 1),
            Column::number("Lower bound", value("_lower"), "none", 1),
            Column::number("Upper bound", value("_upper"), "none", 1),
            Column::number("Target", target, "none", 1),
            Column::key("unit", "Unit"),
            Column::number("n", format!("min by (site) (leading_sample_size{{window=\"4w\",{OF}}})"), "none", 0),
            Column::day(
                "Last complete week",
                monday(&format!("max by (site) (leading_week_start_timestamp_seconds{{{OF}}})")),
            ),
        ],
        "State",
    )
}

/// Few lines: of hundreds of sites nobody reads any.
fn nearest() -> Panel {
    // The scores at the end of what is looked at choose the sites, so that no line breaks off.
    let chosen = format!("topk(8, max by (site) (leading_lagging_score{{{OF}}} @ end()))");
    let value = worst(&values(METRIC, SITES, "week", ""), "metric, site, unit");
    let sites = format!("max by (site, unit) ({value})\nand on (site) {chosen}");
    let company = |bound: &str| format!("max by (unit) ({})", worst(&company(METRIC, "week", bound), "metric, unit"));
    let target = format!("max by (unit) ({})", in_unit(&format!("leading_target{{{OF}}}"), METRIC));
    chart(
        "The eight sites nearest to an alarm",
        "The last complete week's value, as it was known then; where the metric has labels of its own, the worst. \
         Dashed: the target (the highest, where sites have their own). Thick: the whole company, dotted its 95 % \
         bounds. Marks: when a site began to lag.",
        "none",
        vec![
            ((sites, "{{site}} {{unit}}"), Line::Thin),
            ((target, "target {{unit}}"), Line::Dashed),
            ((company(""), "company {{unit}}"), Line::Thick),
            ((company("_lower"), "lower bound {{unit}}"), Line::Dotted),
            ((company("_upper"), "upper bound {{unit}}"), Line::Dotted),
        ],
    )
    .sized(12, 11)
}

fn by_state() -> Panel {
    let count = format!("count by (state) (max by (site, state) (leading_state{{{OF}}} == 1))");
    let panel =
        chart("Sites by state", "How many sites were called what.", "none", vec![((count, "{{state}}"), Line::Thin)]);
    stacked(panel, urgency().into_iter().map(|(state, _)| (state.as_str(), colour(state)))).sized(12, 11)
}
