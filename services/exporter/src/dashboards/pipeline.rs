//! *Pipeline health*: can the values be trusted, and what is down?

use super::{
    parts::{Choice, Frame, Line, Panel, chart, in_words, stat, timeline, variable},
    queries::count,
    table::{Column, table},
    wording::yes_no,
};
use serde_json::Value;

const OF: &str = "job=~\"$job\",instance=~\"$instance\"";

pub(super) fn dashboard(board: &str) -> Value {
    let frame = Frame {
        uid: "bellwether-pipeline",
        title: "Pipeline health",
        description: "Whether the data behind the other dashboards can be trusted, and what is down.",
        board,
        page: ("Data health", "/data"),
        variables: vec![
            variable("job", "Job", "bellwether_build_info", &Choice::Any),
            variable("instance", "Instance", "bellwether_build_info{job=~\"$job\"}", &Choice::Any),
        ],
        annotations: Vec::new(),
        from: "now-24h",
        refresh: "1m",
    };
    frame.with(vec![
        numbers(),
        vec![services().sized(12, 8), newest_events()],
        vec![lag(), rows()],
        vec![dead_letters(), commits()],
        vec![metric_queries()],
    ])
}

fn numbers() -> Vec<Panel> {
    let one = |query: String| vec![(query, "__auto")];
    let partitions =
        format!("sum({{__name__=~\"bellwether_partition_(stopped|waiting|withheld)\",{OF}}}) or vector(0)");
    vec![
        in_words(
            stat(
                "Ready",
                "Whether the values that are served are recent enough, as /-/ready says. If not: look at what is down below.",
                "none",
                &[],
                one(format!("min(bellwether_ready{{{OF}}})")),
            ),
            &yes_no(),
        ),
        stat(
            "Values published",
            "How long ago, by the machine's clock. If it grows, the evaluation is stalled.",
            "s",
            &[(900.0, "yellow"), (3600.0, "red")],
            one(format!("time() - max(bellwether_published_timestamp_seconds{{{OF}}})")),
        ),
        stat(
            "Services down",
            "Services that failed and are tried again.",
            "none",
            &[(1.0, "red")],
            one(count(&format!("bellwether_service_up{{{OF}}} == 0"))),
        ),
        stat(
            "Partitions not read",
            "Stopped, waiting, or held by another member of the consumer group.",
            "none",
            &[(1.0, "red")],
            one(partitions),
        ),
        stat(
            "Queries failing",
            "Metrics whose query failed when it last ran; their last values stay.",
            "none",
            &[(1.0, "red")],
            one(count(&format!("bellwether_query_success{{{OF}}} == 0"))),
        ),
        stat(
            "Query files with faults",
            "Files that are not used until they are corrected; the last good set is.",
            "none",
            &[(1.0, "red")],
            one(count(&format!("bellwether_query_faults{{{OF}}} > 0"))),
        ),
    ]
}

fn services() -> Panel {
    let up = format!("min by (job, instance, service) (bellwether_service_up{{{OF}}})");
    timeline(
        "Services that work",
        "Each service fails and recovers alone.",
        yes_no(),
        vec![(up, "{{instance}} {{service}}")],
    )
}

fn newest_events() -> Panel {
    let age = format!(
        "scalar(max(leading_as_of_timestamp_seconds{{{OF}}})) - max by (stream) (bellwether_last_event_timestamp_seconds{{{OF}}})"
    );
    chart(
        "Age of the newest event",
        "By stream: from when it was recorded at its source to the clock of the evaluation. One that grows is no longer sent, or \
         not ingested.",
        "s",
        vec![((age, "{{stream}}"), Line::Thin)],
    )
    .sized(12, 8)
}

fn lag() -> Panel {
    let lag = format!("sum by (topic) (bellwether_consumer_lag{{{OF}}})");
    chart(
        "Records not read yet",
        "By topic: between what is committed to the lake and the topic's end.",
        "short",
        vec![((lag, "{{topic}}"), Line::Thin)],
    )
    .sized(12, 8)
}

fn rows() -> Panel {
    let rows = format!("sum by (stream) (rate(bellwether_ingested_rows_total{{{OF}}}[$__rate_interval]))");
    chart("Rows ingested", "By stream, a second.", "wps", vec![((rows, "{{stream}}"), Line::Thin)]).sized(12, 8)
}

fn dead_letters() -> Panel {
    let letters =
        format!("sum by (stream, reason) (increase(bellwether_dead_letters_total{{{OF}}}[$__rate_interval]))");
    chart(
        "Dead letters",
        "Records that were refused, by stream and reason. They wait in the dead-letter topic to be sent again.",
        "none",
        vec![((letters, "{{stream}}: {{reason}}"), Line::Thin)],
    )
    .sized(12, 8)
}

fn commits() -> Panel {
    let slowest = format!(
        "histogram_quantile(0.95, sum by (le) (rate(bellwether_commit_seconds_bucket{{{OF}}}[$__rate_interval])))"
    );
    chart(
        "Time to commit",
        "95 of 100 commits to the lake took no longer. It grows with a slow or a nearly full disk.",
        "s",
        vec![((slowest, "95 of 100"), Line::Thin)],
    )
    .sized(12, 8)
}

fn metric_queries() -> Panel {
    let of = |family: &str| format!("max by (metric) ({family}{{{OF}}})");
    let worked = format!("min by (metric) (bellwether_query_success{{{OF}}})");
    table(
        "Queries",
        "One row a metric: whether its query worked last time, how long it took, and when it last succeeded.",
        vec![
            Column::key("metric", "Metric"),
            Column::number("Worked", worked, "none", 0).mapped(yes_no(), "color-text"),
            Column::number("Took", of("bellwether_query_seconds"), "s", 1),
            Column::number("Rows", of("bellwether_query_rows"), "none", 0),
            Column::number(
                "Last success",
                format!("time() - {}", of("bellwether_query_last_success_timestamp_seconds")),
                "s",
                0,
            ),
            Column::number("Rows without a value", of("leading_bad_rows"), "none", 0),
        ],
        "Took",
    )
    .sized(24, 10)
}
