//! The board as a page for a terminal, to be read on a Monday morning.

use super::{
    Board, MetricCard, SiteCard, bad_rows,
    model::{self, ReasonCard},
    words,
};
use crate::output::styled;
use comfy_table::{Attribute, Cell, Color, Table};
use indicators::{State, WindowKind};

/// From this width on there is room for region, bounds and trend.
const WIDE: u16 = 150;

/// The whole page: header, what needs attention, every site at a glance, what the words mean.
pub fn page(board: &Board, width: u16, colour: bool) -> String {
    let mut sections = vec![headline(board)];
    sections.extend(attention(board, width, colour));
    sections.extend(overview(board, width, colour));
    sections.extend(bad_rows::section(board));
    sections.push(legend(board));
    sections.join("\n\n")
}

fn headline(board: &Board) -> String {
    let lagging = board.sites.iter().filter(|s| s.any(State::Lagging)).count();
    let silent = board.sites.iter().filter(|s| s.is_silent()).count();
    let dark = board.sites.iter().filter(|s| s.is_dark()).count();
    let as_of = board.as_of.strftime("%A %-d %B %Y, %H:%M UTC");
    let week = board.sites.iter().flat_map(|s| &s.metrics).map(|m| m.last_week).max();
    let week = week.map(|w| format!("; last complete week: from {}", words::date(w))).unwrap_or_default();
    let sites = board.sites.len();
    let tail = match (lagging, silent, dark) {
        (0, 0, 0) => "none lags, none is silent".to_owned(),
        (l, s, 0) => format!("{l} {}, {s} silent", if l == 1 { "lags" } else { "lag" }),
        (l, s, d) => format!("{l} {}, {s} silent, {d} without any value", if l == 1 { "lags" } else { "lag" }),
    };
    format!("Leading indicators as of {as_of}{week}\n{sites} {}: {tail}", if sites == 1 { "site" } else { "sites" })
}

/// Every site and metric that is not on track, lagging ones first.
fn attention(board: &Board, width: u16, colour: bool) -> Option<String> {
    let mut rows: Vec<(&SiteCard, &MetricCard)> = board
        .sites
        .iter()
        .flat_map(|s| s.metrics.iter().map(move |m| (s, m)))
        .filter(|(s, m)| m.state != State::Ok && (!s.is_silent() || m.metric == s.metrics[0].metric))
        .collect();
    // The sort is stable: within a state the sites keep the board's order.
    rows.sort_by_key(|(_, m)| model::attention(m.state));
    if rows.is_empty() {
        return None;
    }
    let wide = width >= WIDE;
    let mut table = table(width, colour);
    let mut header = vec![
        "Site",
        "Region",
        "Metric",
        "4 weeks",
        "95 % range",
        "Target",
        "Why",
        "Since (Monday)",
        "How sure",
        "Trend",
    ];
    if !wide {
        header.retain(|h| !["Region", "95 % range", "Trend"].contains(h));
    }
    table.set_header(header.into_iter().map(bold));
    for (site, card) in rows {
        table.add_rows(attention_rows(site, card, wide));
    }
    Some(format!("Needs attention\n{}", table.trim_fmt()))
}

/// One row a reason, so that each stays beside its date however narrow the columns are; the site's own numbers are in
/// the first.
fn attention_rows(site: &SiteCard, card: &MetricCard, wide: bool) -> Vec<Vec<Cell>> {
    if card.state != State::Lagging || card.reasons.is_empty() {
        let told = [words::state(card.state).to_owned(), String::new(), String::new()];
        return vec![attention_row(Some(site), card, wide, told)];
    }
    let told =
        |r: &ReasonCard| [words::reason(&card.declared, r.reason), words::since(r, card.last_week), words::sureness(r)];
    let row = |(i, r): (usize, &ReasonCard)| attention_row((i == 0).then_some(site), card, wide, told(r));
    card.reasons.iter().enumerate().map(row).collect()
}

fn attention_row(site: Option<&SiteCard>, card: &MetricCard, wide: bool, told: [String; 3]) -> Vec<Cell> {
    let [why, since, sure] = told;
    // A silent site's other metrics say nothing more: one line stands for all of them.
    let silent = site.is_some_and(SiteCard::is_silent);
    let has_value = site.is_some() && !silent && card.windows.0.contains_key(&WindowKind::FourWeeks);
    let of_site = |text: String| if site.is_some() { text } else { String::new() };
    let of_value = |text: String| if has_value { text } else { String::new() };
    let metric = if silent { "everything".to_owned() } else { words::title(&card.declared) };
    let target = if silent { String::new() } else { words::target(card) };
    let value = if silent { String::new() } else { of_site(words::four_weeks(card)) };
    let region = site.map_or("", |s| s.region.as_deref().unwrap_or("–"));
    let cells = [
        (true, Cell::new(site.map_or("", SiteCard::label))),
        (wide, Cell::new(region)),
        (true, Cell::new(of_site(metric))),
        (true, tinted(value, card.state)),
        (wide, Cell::new(of_value(words::range(card)))),
        (true, Cell::new(of_site(target))),
        (true, tinted(why, card.state)),
        (true, Cell::new(since)),
        (true, Cell::new(sure)),
        (wide, Cell::new(of_value(words::trend(card)))),
    ];
    cells.into_iter().filter_map(|(shown, cell)| shown.then_some(cell)).collect()
}

/// One line a site, one column a metric.
fn overview(board: &Board, width: u16, colour: bool) -> Option<String> {
    if board.sites.is_empty() || board.metrics.is_empty() {
        return None;
    }
    let mut table = table(width, colour);
    let titles = board.metrics.iter().map(|m| words::title(m));
    table.set_header(["Site".to_owned(), "Region".to_owned()].into_iter().chain(titles).map(bold));
    for site in &board.sites {
        let mut row = vec![Cell::new(site.label()), Cell::new(site.region.as_deref().unwrap_or("–"))];
        for metric in &board.metrics {
            let card = site.metrics.iter().find(|c| c.metric == metric.name);
            row.push(card.map_or_else(|| Cell::new("–"), |c| tinted(glance(c), c.state)));
        }
        table.add_row(row);
    }
    Some(format!("All sites, last four weeks\n{}", table.trim_fmt()))
}

fn glance(card: &MetricCard) -> String {
    let value = || format!("{} {}", words::four_weeks(card), words::arrow(card)).trim_end().to_owned();
    match card.state {
        State::Silent | State::Suppressed | State::NoData => words::state(card.state).to_owned(),
        State::Insufficient | State::Lagging => format!("{} {}", value(), words::state(card.state)),
        State::Ok => value(),
    }
}

fn legend(board: &Board) -> String {
    let mut lines = vec!["What the words mean".to_owned()];
    for metric in &board.metrics {
        let target = metric.target.map(|t| format!(" (target {})", words::value(metric, t))).unwrap_or_default();
        lines.push(format!("  {}: {}{target}", words::title(metric), metric.help));
    }
    let shown = |state: &State| board.sites.iter().any(|s| s.any(*state));
    for state in State::ALL.into_iter().filter(shown) {
        lines.extend(words::explanation(state).map(|text| format!("  {}: {text}", words::state(state))));
    }
    if shown(&State::Lagging) {
        lines.push(format!("  how sure: {}", words::scores()));
    }
    lines.join("\n")
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
        State::Suppressed | State::NoData => cell.fg(Color::DarkGrey),
        State::Ok => cell,
    }
}
