//! Whether the data can be trusted: freshness by stream, lag, dead letters, failing queries, the last evaluation. Read from
//! the program's own metrics, so that the page and the alerts on them cannot disagree.

use super::{board::troubles, promises};
use crate::health::Trouble;
use indicators::board::{Board, words};
use jiff::Timestamp;
use maud::{Markup, html};
use prometheus::proto::{Metric, MetricFamily, MetricType};
use std::collections::BTreeMap;

/// How the numbers of a family are read.
#[derive(Clone, Copy)]
enum Reads {
    Number,
    Seconds,
    /// Unix time, told as how long ago.
    Ago,
    /// The same, by the evaluation clock: events have their own time.
    Before,
    /// Only those above 0.
    Outstanding,
    YesNo,
}

/// What is shown, in this order.
const SHOWN: [(&str, &str, Reads); 12] = [
    ("bellwether_last_event_timestamp_seconds", "Newest event before the last evaluation, by stream", Reads::Before),
    ("bellwether_last_ingested_timestamp_seconds", "Last rows written, by stream", Reads::Ago),
    ("bellwether_broker_reachable", "Broker reachable", Reads::YesNo),
    ("bellwether_consumer_lag", "Records not read yet, by partition", Reads::Outstanding),
    ("bellwether_partition_stopped", "Partitions that stopped", Reads::Outstanding),
    ("bellwether_dead_letters_total", "Dead letters since the start, by reason", Reads::Outstanding),
    ("bellwether_unknown_site_events", "Events of sites that no record names", Reads::Number),
    ("bellwether_query_success", "Queries that worked", Reads::YesNo),
    ("bellwether_query_last_success_timestamp_seconds", "Last success of a query", Reads::Ago),
    ("bellwether_query_seconds", "Seconds that a query took", Reads::Seconds),
    ("bellwether_service_up", "Services that work", Reads::YesNo),
    ("bellwether_published_timestamp_seconds", "Values published", Reads::Ago),
];

pub(super) fn page(
    board: Option<&Board>,
    not_ready: Option<&str>,
    families: &[MetricFamily],
    down: &BTreeMap<String, Trouble>,
    now: Timestamp,
) -> Markup {
    let as_of = board.map_or(now, |board| board.as_of);
    let family = |name: &str| families.iter().find(|family| family.name() == name);
    html! {
        h1 { (if down.is_empty() && not_ready.is_none() { "The data are coming in" } else { "The data need attention" }) }
        @if let Some(board) = board { p .soft { (words::as_of(board)) } }
        @if let Some(told) = not_ready { p .down { "Not ready: " (told) "." } }
        (troubles(down))
        @if let Some(board) = board { (promises::section(board)) }
        @for (name, title, reads) in SHOWN {
            @if let Some(family) = family(name).filter(|family| !family.get_metric().is_empty()) {
                section {
                    h2 { (title) }
                    @let shown: Vec<&Metric> = family.get_metric().iter().filter(|m| is_shown(value(family, m), reads)).collect();
                    @if shown.is_empty() { p { "None." } }
                    table .narrow {
                        tbody {
                            @for metric in shown {
                                tr {
                                    th scope="row" { (labels(metric)) }
                                    td .number { (told(value(family, metric), reads, now, as_of)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn labels(metric: &Metric) -> String {
    let labels: Vec<String> = metric.get_label().iter().map(|label| label.value().to_owned()).collect();
    if labels.is_empty() { "all".to_owned() } else { labels.join(", ") }
}

fn value(family: &MetricFamily, metric: &Metric) -> f64 {
    match family.get_field_type() {
        MetricType::COUNTER => metric.get_counter().get_value(),
        _ => metric.get_gauge().get_value(),
    }
}

fn is_shown(value: f64, reads: Reads) -> bool {
    !matches!(reads, Reads::Outstanding) || value > 0.0
}

fn told(value: f64, reads: Reads, now: Timestamp, as_of: Timestamp) -> String {
    match reads {
        Reads::Number | Reads::Outstanding => format!("{value:.0}"),
        Reads::Seconds => format!("{value:.2} s"),
        Reads::YesNo => (if value > 0.0 { "yes" } else { "no" }).to_owned(),
        Reads::Ago => ago(now.as_duration().as_secs_f64() - value),
        Reads::Before => ago(as_of.as_duration().as_secs_f64() - value).replace("ago", "before"),
    }
}

/// `3 minutes ago`
fn ago(seconds: f64) -> String {
    let (count, unit) = match seconds {
        s if s < 0.0 => return "in the future".to_owned(),
        s if s < 120.0 => (s, "seconds"),
        s if s < 7_200.0 => (s / 60.0, "minutes"),
        s if s < 172_800.0 => (s / 3_600.0, "hours"),
        s => (s / 86_400.0, "days"),
    };
    format!("{count:.0} {unit} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_how_long_ago() {
        let said =
            [(-1.0, "in the future"), (4.0, "4 seconds ago"), (600.0, "10 minutes ago"), (259_200.0, "3 days ago")];
        for (seconds, words) in said {
            assert_eq!(ago(seconds), words);
        }
    }
}
