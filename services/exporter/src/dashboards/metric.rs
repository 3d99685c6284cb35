//! *Metric*: how do the sites do on it, and where is it nearest to an alarm?

use super::{
    parts::{Choice, Frame, Line, Panel, chart, onsets, stacked, stat, variable},
    queries::{company, count, in_unit, lagging, monday, state, urgency, values, worst},
    table::{Column, judged, site_column, table},
    wording::{colour, states},
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
    let of = |bound: &str| worst(&values(METRIC, SITES, "4w", bound), "metric, site, unit");
    let values = ["", "_lower", "_upper"].map(|bound| format!("max by (site, unit) ({})", of(bound)));
    let named = format!(
        "max by (site, region) (\n  {}\n)\n* on (site) group_left (name) max by (site, name) (leading_site_info)",
        state(OF)
    );
    let mut columns = vec![
        Column::number("State", named, "none", 0).mapped(states(), "color-background"),
        site_column(),
        Column::key("name", "Name"),
        Column::key("region", "Region"),
    ];
    columns.extend(judged("site", OF, values, METRIC, str::to_owned));
    let last_week = monday(&format!("max by (site) (leading_week_start_timestamp_seconds{{{OF}}})"));
    columns.push(Column::day("Last complete week", last_week));
    table(
        "Site by site",
        "One row a site, most urgent first. Where the metric has labels of its own, the worst of a site's values. \
         Target of a count: that of one week. n is what the bounds rest on; none where everything was counted. Click \
         a site for its weeks.",
        columns,
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
