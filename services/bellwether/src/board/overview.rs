//! Every site at a glance.

use super::table::{bold, needed, table, text, tied, tinted};
use comfy_table::Cell;
use indicators::{
    Course, Metric, State, WindowKind,
    board::{Board, MetricCard, Rollup, SiteCard, cells, words},
};
use std::sync::Arc;

/// One line a site, one column a metric; where they do not fit beside one another, in more tables than one.
pub(super) fn overview(board: &Board, metrics: &[Arc<Metric>], width: u16, colour: bool) -> Option<String> {
    if board.sites.is_empty() || metrics.is_empty() {
        return None;
    }
    let tables = fitting(board, metrics, width.into()).into_iter().map(|metrics| part(board, metrics, width, colour));
    Some(format!("All sites, last four weeks\n{}", tables.collect::<Vec<_>>().join("\n\n")))
}

/// The metrics in as many pieces as it takes to break no word.
fn fitting<'a>(board: &Board, metrics: &'a [Arc<Metric>], width: usize) -> Vec<&'a [Arc<Metric>]> {
    let sites = needed(board.sites.iter().map(SiteCard::label).chain(["Company"]));
    let regions = needed(board.sites.iter().filter_map(|site| site.region.as_deref()).chain(["Region"]));
    let (mut pieces, mut begin, mut used) = (Vec::new(), 0, sites + regions);
    for (at, metric) in metrics.iter().enumerate() {
        let cells = board.sites.iter().map(|site| cell(site, metric).map(|(text, _)| text).unwrap_or_default());
        let texts: Vec<String> =
            cells.chain([words::title(metric), company(board, metric).unwrap_or_default()]).collect();
        let need = needed(texts.iter().map(String::as_str));
        if at > begin && used + need > width {
            pieces.push(&metrics[begin..at]);
            (begin, used) = (at, sites + regions);
        }
        used += need;
    }
    pieces.push(&metrics[begin..]);
    pieces
}

fn part(board: &Board, metrics: &[Arc<Metric>], width: u16, colour: bool) -> String {
    let mut table = table(width, colour);
    let titles = metrics.iter().map(|metric| words::title(metric));
    table.set_header(["Site".to_owned(), "Region".to_owned()].into_iter().chain(titles).map(bold));
    for site in &board.sites {
        let mut row = vec![Cell::new(site.label()), Cell::new(site.region.as_deref().unwrap_or("–"))];
        let cells = metrics.iter().map(|metric| cell(site, metric));
        row.extend(cells.map(|cell| cell.map_or_else(|| Cell::new("–"), |(text, state)| tinted(text, state))));
        table.add_row(row);
    }
    let of_company: Vec<Option<String>> = metrics.iter().map(|metric| company(board, metric)).collect();
    if of_company.iter().any(Option::is_some) {
        let values = of_company.iter().map(|value| bold(value.as_deref().unwrap_or("–")));
        table.add_row([bold("Company"), Cell::new("")].into_iter().chain(values));
    }
    text(table)
}

/// The company in a metric, all sites pooled; by the labels of a query it has no one value.
fn company(board: &Board, metric: &Metric) -> Option<String> {
    let of = |rollup: &&Rollup| rollup.region.is_none() && rollup.metric == metric.name && rollup.labels.is_empty();
    let window = board.rollups.iter().find(of)?.windows.get(&WindowKind::FourWeeks)?;
    Some(tied(&cells::pooled(metric, window)).replace("\u{a0}(", " ("))
}

fn cell(site: &SiteCard, metric: &Metric) -> Option<(String, State)> {
    let card = site.metrics.iter().find(|card| card.metric == metric.name)?;
    Some((glance(card), card.state))
}

fn glance(card: &MetricCard) -> String {
    let sign = card.course.filter(|course| *course != Course::Steady).map_or("", words::sign);
    let value = || tied(format!("{} {sign}", cells::at_a_glance(card)).trim_end());
    let before = if card.reasons.is_empty() { "" } else { ", was lagging" };
    match card.state {
        State::Silent | State::Suppressed | State::NoData => words::state(card.state).to_owned() + before,
        State::Insufficient => format!("{} {}{before}", value(), words::state(card.state)),
        State::Lagging | State::Unjudged => format!("{} {}", value(), words::state(card.state)),
        State::Ok => value(),
    }
}
