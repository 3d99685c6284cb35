//! One metric: what it means, how it is computed, and how all sites are in it.

use super::{
    board::{course, grouped, pill, spark},
    layout::scroll,
    leads, links, promises,
};
use indicators::{
    Metric, WindowKind,
    board::{Board, MetricCard, Rollup, SiteCard, cells, words},
};
use maud::{Markup, html};
use prometheus::proto::MetricFamily;

/// All metrics.
pub(super) fn list(board: &Board) -> Markup {
    let metrics: Vec<&Metric> = board.metrics.iter().map(|metric| &**metric).collect();
    let groups: Vec<_> = grouped(&metrics).collect();
    html! {
        h1 { "Metrics" }
        table .list {
            thead {
                tr {
                    th scope="col" { "Metric" } th scope="col" { "What it measures" } th scope="col" { "Target" }
                    th .wide scope="col" { "Owner" }
                }
            }
            @for (name, group) in &groups {
                tbody {
                    @if groups.len() > 1 { tr .group { th scope="rowgroup" colspan="4" { (name) } } }
                    @for metric in *group {
                        tr {
                            th scope="row" { a href=(links::metric(&metric.name)) { (words::title(metric)) } }
                            td { (metric.help) }
                            td .number { (target(metric)) }
                            td .wide { (metric.owner) }
                        }
                    }
                }
            }
        }
    }
}

fn target(metric: &Metric) -> String {
    metric.target.map_or_else(|| "–".to_owned(), |target| words::value(metric, target))
}

pub(super) fn page(metric: &Metric, board: &Board, families: &[MetricFamily]) -> Markup {
    let card = |site: &'_ SiteCard| site.metrics.iter().position(|card| card.metric == metric.name);
    let mut cards: Vec<(&SiteCard, &MetricCard)> =
        board.sites.iter().filter_map(|site| Some((site, &site.metrics[card(site)?]))).collect();
    cards.sort_by_key(|(_, card)| card.attention());
    html! {
        h1 { (words::title(metric)) }
        p .lead { (metric.help) }
        (definition(metric))
        (promises::of(metric, board))
        (leads::of(metric, board, families))
        (pooled(metric, board))
        h2 { "All sites" }
        (scroll("All sites", &sites(&cards)))
        details {
            summary { "How it is computed" }
            pre tabindex="0" { code { (metric.sql) } }
        }
    }
}

fn sites(cards: &[(&SiteCard, &MetricCard)]) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "Site" } th scope="col" { "State" } th scope="col" { "4 weeks" }
                    th .wide scope="col" { "95 % range" } th .wide scope="col" { "13 weeks" } th .wide scope="col" { "Target" }
                    th scope="col" { "Now" } th .wide scope="col" { "On target in" } th scope="col" { "Half a year" }
                }
            }
            tbody {
                @for (site, card) in cards { (row(site, card)) }
            }
        }
    }
}

fn definition(metric: &Metric) -> Markup {
    let streams = metric.streams.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    html! {
        dl .facts {
            div { dt { "Kind" } dd { (metric.kind.meaning()) } }
            div { dt { "Target" } dd { (target(metric)) ", " (metric.direction.meaning()) } }
            @if let Some(lagging) = metric.lagging {
                div {
                    dt { "Alarm" }
                    dd { "truly worse than " (words::value(metric, lagging.below)) " by the evidence of " (lagging.weeks) " weeks or more" }
                }
            }
            div { dt { "How sure" } dd { (metric.uncertainty.meaning()) } }
            div { dt { "Measured from" } dd { (streams) } }
            div { dt { "Owner" } dd { (metric.owner) } }
            @if let Some(privacy) = metric.privacy {
                div { dt { "Privacy" } dd { "shown from " (privacy.minimum) " respondents a week on" } }
            }
        }
    }
}

fn pooled(metric: &Metric, board: &Board) -> Markup {
    let rollups = || board.rollups.iter().filter(|rollup| rollup.metric == metric.name);
    let name = |rollup: &Rollup| {
        let labels = rollup.labels.iter().map(|(name, value)| format!(", {name} {value}")).collect::<String>();
        rollup.region.as_deref().unwrap_or("Company").to_owned() + &labels
    };
    let value = |rollup: &Rollup, kind| {
        rollup.windows.get(&kind).map_or_else(|| "–".to_owned(), |window| cells::pooled(metric, window))
    };
    let table = html! {
        table .narrow {
            thead { tr { th scope="col" { "Region" } th scope="col" { "4 weeks" } th scope="col" { "13 weeks" } } }
            tbody {
                @for rollup in rollups() {
                    tr {
                        th scope="row" { (name(rollup)) }
                        td .number { (value(rollup, WindowKind::FourWeeks)) }
                        td .number { (value(rollup, WindowKind::ThirteenWeeks)) }
                    }
                }
            }
        }
    };
    html! {
        h2 { "Regions and the company" }
        (scroll("Regions and the company", &table))
    }
}

fn row(site: &SiteCard, card: &MetricCard) -> Markup {
    let quarter = card.windows.0.get(&WindowKind::ThirteenWeeks);
    html! {
        tr {
            th scope="row" { a href=(links::card(&site.site, &card.metric)) { (site.label()) } }
            td { (pill(card.state)) }
            td .number { (cells::four_weeks(card)) }
            td .number .wide { (cells::range(card)) }
            td .number .wide { (quarter.map_or_else(|| "–".to_owned(), |w| words::value(&card.declared, w.value))) }
            td .number .wide { (cells::target(card)) }
            td { (course(card.course)) }
            td .wide { (card.assurance.map_or("–", words::assurance)) }
            td { (spark(card)) }
        }
    }
}
