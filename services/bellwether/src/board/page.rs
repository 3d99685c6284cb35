//! The board as a page for a terminal, to be read on a Monday morning.

use super::paragraphs::{bad_rows, changed, headline, legend, waiting};
use crate::output::styled;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, Table};
use indicators::{
    Course, Metric, State, WindowKind,
    board::{Board, MetricCard, ReasonCard, Rollup, SiteCard, cells, words},
};
use std::sync::Arc;

/// From this width on there is room for region, bounds and course.
const WIDE: u16 = 150;
/// From this width on there is room for a date in one line.
const DATES: u16 = 100;
/// The column of the dates.
const SINCE: &str = "Since (Monday)";

/// The whole page: header; what needs attention and every site at a glance, of the core metrics and then group by group;
/// what the words mean.
pub fn page(board: &Board, width: u16, colour: bool) -> String {
    let (told, quiet): (Vec<_>, Vec<_>) = board.metrics.iter().cloned().partition(|metric| !board.is_quiet(metric));
    let mut sections = vec![headline(board)];
    sections.extend(changed(board));
    for metrics in told.chunk_by(|one, next| one.group == next.group) {
        sections.extend(metrics.iter().find_map(|metric| metric.group.as_deref()).map(heading));
        sections.extend(attention(board, metrics, width, colour));
        sections.extend(waiting(board, metrics));
        sections.extend(overview(board, metrics, width, colour));
    }
    sections.extend(bad_rows(board));
    sections.extend(without_events(&quiet));
    sections.extend(super::promises::section(board));
    sections.push(legend(board, &told));
    sections.join("\n\n")
}

fn heading(group: &str) -> String {
    let title = words::spaced(group);
    format!("{title}\n{}", "=".repeat(title.chars().count()))
}

/// The metrics of which nobody sends what they count, in a line.
fn without_events(quiet: &[Arc<Metric>]) -> Option<String> {
    let names: Vec<String> = quiet.iter().map(|metric| words::spaced(&metric.name)).collect();
    let heading = "No events yet (of no site a value in 13 weeks)";
    (!names.is_empty()).then(|| format!("{heading}\n  {}", names.join(", ")))
}

/// Every site and metric of these that somebody has to see to, lagging ones first. What only needs time stands elsewhere.
fn attention(board: &Board, metrics: &[Arc<Metric>], width: u16, colour: bool) -> Option<String> {
    let wide = width >= WIDE;
    let group = metrics.iter().find_map(|metric| metric.group.as_deref());
    let of_sites = board.sites.iter().flat_map(|site| attention_of(site, group, wide));
    let mut rows: Vec<(usize, Vec<Vec<Cell>>)> = of_sites.filter(|(_, rows)| !rows.is_empty()).collect();
    // The sort is stable: within a state the sites keep the board's order.
    rows.sort_by_key(|(attention, _)| *attention);
    if rows.is_empty() {
        return None;
    }
    let mut table = table(width, colour);
    let mut header =
        vec!["Site", "Region", "Metric", "4 weeks", "95 % range", "Target", "Why", SINCE, "How sure", "Now"];
    if !wide {
        header.retain(|h| !["Region", "95 % range", "Now"].contains(h));
    }
    let since = header.iter().position(|title| *title == SINCE);
    table.set_header(header.into_iter().map(bold));
    table.add_rows(rows.into_iter().flat_map(|(_, rows)| rows));
    if let Some(dates) = since.and_then(|at| table.column_mut(at)).filter(|_| width >= DATES) {
        dates.set_constraint(ColumnConstraint::ContentWidth);
    }
    Some(format!("Needs attention\n{}", table.trim_fmt()))
}

/// The rows of a site in a group, each block with the attention that it needs: one a metric, or one of all where all are
/// silent. That a site is silent in everything is said once, with the core metrics.
fn attention_of(site: &SiteCard, group: Option<&str>, wide: bool) -> Vec<(usize, Vec<Vec<Cell>>)> {
    let here = |card: &MetricCard| card.declared.group.as_deref() == group;
    let is_core = |card: &MetricCard| card.declared.group.is_none();
    let cards = || site.metrics.iter().filter(|card| !card.quiet && here(card));
    if let Some(first) = cards().next().filter(|_| site.is_silent(here)) {
        let said = group.is_some() && site.is_silent(is_core);
        let silent = (!said).then(|| attention_row(Of::All(site), first, wide, state_said(first)));
        let before = cards().flat_map(|card| reason_rows(said.then_some(site), card, wide));
        let attention = cards().map(MetricCard::attention).min().unwrap_or_default();
        return vec![(attention, silent.into_iter().chain(before).collect())];
    }
    cards().map(|card| (card.attention(), card_rows(site, card, wide))).collect()
}

/// One row a reason, so that each stays beside its date however narrow the columns are; the site's own numbers are in
/// the first. Where nothing is judged the state comes before what is carried.
fn card_rows(site: &SiteCard, card: &MetricCard, wide: bool) -> Vec<Vec<Cell>> {
    match card.state {
        State::Ok | State::Unjudged => Vec::new(),
        // Where events are rare a month without a value is nothing to see to; what the site lagged in before is.
        State::NoData if card.declared.is_rare() => reason_rows(Some(site), card, wide),
        State::Lagging => reason_rows(Some(site), card, wide),
        State::Silent | State::Suppressed | State::NoData | State::Insufficient => {
            let state = attention_row(Of::Metric(Some(site)), card, wide, state_said(card));
            let rest = card.reasons.iter().map(|r| attention_row(Of::Same, card, wide, reason_said(card, r)));
            std::iter::once(state).chain(rest).collect()
        }
    }
}

fn reason_rows(site: Option<&SiteCard>, card: &MetricCard, wide: bool) -> Vec<Vec<Cell>> {
    let of = |i| if i == 0 { Of::Metric(site) } else { Of::Same };
    card.reasons.iter().enumerate().map(|(i, r)| attention_row(of(i), card, wide, reason_said(card, r))).collect()
}

fn state_said(card: &MetricCard) -> [String; 3] {
    [words::state(card.state).to_owned(), String::new(), String::new()]
}

fn reason_said(card: &MetricCard, reason: &ReasonCard) -> [String; 3] {
    let why = match card.state {
        State::Lagging => words::reason(&card.declared, reason.reason),
        _ => cells::carried(&card.declared, reason),
    };
    [why, cells::since(reason, card.last_week), cells::sureness(reason)]
}

/// What the first cells of a row are about.
#[derive(Clone, Copy)]
enum Of<'a> {
    /// All metrics of a silent site.
    All(&'a SiteCard),
    /// One metric, with the site where the row above is another one's.
    Metric(Option<&'a SiteCard>),
    /// What the row above is about.
    Same,
}

fn attention_row(of: Of<'_>, card: &MetricCard, wide: bool, said: [String; 3]) -> Vec<Cell> {
    let [why, since, sure] = said;
    let (site, metric) = match of {
        Of::All(site) => (Some(site), false),
        Of::Metric(site) => (site, true),
        Of::Same => (None, false),
    };
    let has_value = metric && card.windows.0.contains_key(&WindowKind::FourWeeks);
    let of_metric = |text: String| if metric { text } else { String::new() };
    let of_value = |text: String| if has_value { text } else { String::new() };
    let title =
        if matches!(of, Of::All(_)) { "everything".to_owned() } else { of_metric(words::title(&card.declared)) };
    let row = [
        (true, Cell::new(site.map_or("", SiteCard::label))),
        (wide, Cell::new(site.map_or("", |s| s.region.as_deref().unwrap_or("–")))),
        (true, Cell::new(title)),
        (true, tinted(of_metric(cells::four_weeks(card)), card.state)),
        (wide, Cell::new(of_value(cells::range(card)))),
        (true, Cell::new(of_metric(cells::target(card)))),
        (true, tinted(why, card.state)),
        (true, Cell::new(since)),
        (true, Cell::new(sure)),
        (wide, Cell::new(of_value(cells::course(card)))),
    ];
    row.into_iter().filter_map(|(shown, cell)| shown.then_some(cell)).collect()
}

/// One line a site, one column a metric.
fn overview(board: &Board, metrics: &[Arc<Metric>], width: u16, colour: bool) -> Option<String> {
    if board.sites.is_empty() || metrics.is_empty() {
        return None;
    }
    let mut table = table(width, colour);
    let titles = metrics.iter().map(|m| words::title(m));
    table.set_header(["Site".to_owned(), "Region".to_owned()].into_iter().chain(titles).map(bold));
    for site in &board.sites {
        let mut row = vec![Cell::new(site.label()), Cell::new(site.region.as_deref().unwrap_or("–"))];
        for metric in metrics {
            let card = site.metrics.iter().find(|c| c.metric == metric.name);
            row.push(card.map_or_else(|| Cell::new("–"), |c| tinted(glance(c), c.state)));
        }
        table.add_row(row);
    }
    if let Some(company) = company(board, metrics) {
        table.add_row(company);
    }
    Some(format!("All sites, last four weeks\n{}", table.trim_fmt()))
}

/// The company in each metric, all sites pooled; by the labels of a query it has no one value.
fn company(board: &Board, metrics: &[Arc<Metric>]) -> Option<Vec<Cell>> {
    let value = |metric: &Arc<Metric>| {
        let of = |r: &&Rollup| r.region.is_none() && r.metric == metric.name && r.labels.is_empty();
        let window = board.rollups.iter().find(of)?.windows.get(&WindowKind::FourWeeks)?;
        Some(cells::pooled(metric, window))
    };
    let values: Vec<Option<String>> = metrics.iter().map(value).collect();
    let row = values.iter().map(|value| bold(value.as_deref().unwrap_or("–")));
    values.iter().any(Option::is_some).then(|| [bold("Company"), Cell::new("")].into_iter().chain(row).collect())
}

fn glance(card: &MetricCard) -> String {
    let sign = card.course.filter(|course| *course != Course::Steady).map_or("", words::sign);
    let value = || format!("{} {sign}", cells::at_a_glance(card)).trim_end().to_owned();
    let before = if card.reasons.is_empty() { "" } else { ", was lagging" };
    match card.state {
        State::Silent | State::Suppressed | State::NoData => words::state(card.state).to_owned() + before,
        State::Insufficient => format!("{} {}{before}", value(), words::state(card.state)),
        State::Lagging | State::Unjudged => format!("{} {}", value(), words::state(card.state)),
        State::Ok => value(),
    }
}

fn table(width: u16, colour: bool) -> Table {
    let mut table = styled(Some(width));
    if colour {
        table.enforce_styling()
    } else {
        table.force_no_tty()
    };
    table
}

fn bold(text: impl ToString) -> Cell {
    Cell::new(text).add_attribute(Attribute::Bold)
}

fn tinted(text: String, state: State) -> Cell {
    let cell = Cell::new(text);
    match state {
        State::Lagging => cell.fg(Color::Red),
        State::Silent | State::Insufficient => cell.fg(Color::Yellow),
        State::Suppressed | State::NoData | State::Unjudged => cell.fg(Color::DarkGrey),
        State::Ok => cell,
    }
}
