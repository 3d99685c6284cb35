//! The table of what somebody has to see to: the same facts whatever the width, beside or below one another.

use super::table::{bold, table, text, tied, tied_but_brackets, tinted};
use comfy_table::Cell;
use indicators::{
    Metric, State, WindowKind,
    board::{Board, MetricCard, ReasonCard, SiteCard, cells, words},
};
use std::sync::Arc;

/// From this width on every fact has a column of its own.
const WIDE: u16 = 150;
const BESIDE: [&str; 10] =
    ["Site", "Region", "Metric", "4 weeks", "95 % range", "Target", "Why", "Since (Monday)", "How sure", "Now"];
const BELOW: [&str; 5] = ["Site", "Metric", "4 weeks", "Why", "Since (Monday)"];

/// Every site and metric of these that somebody has to see to, lagging ones first. What only needs time stands elsewhere.
pub(super) fn attention(board: &Board, metrics: &[Arc<Metric>], width: u16, colour: bool) -> Option<String> {
    let group = metrics.iter().find_map(|metric| metric.group.as_deref());
    let of_sites = board.sites.iter().flat_map(|site| attention_of(site, group));
    let mut blocks: Vec<(usize, Vec<Row>)> = of_sites.filter(|(_, rows)| !rows.is_empty()).collect();
    // The sort is stable: within a state the sites keep the board's order.
    blocks.sort_by_key(|(attention, _)| *attention);
    if blocks.is_empty() {
        return None;
    }
    let rows = blocks.into_iter().flat_map(|(_, rows)| rows);
    let mut table = table(width, colour);
    if width >= WIDE {
        table.set_header(BESIDE.map(|title| bold(tied(title))));
        table.add_rows(rows.map(Row::beside));
    } else {
        table.set_header(BELOW.map(|title| bold(tied_but_brackets(title))));
        table.add_rows(rows.map(Row::below));
    }
    Some(format!("Needs attention\n{}", text(table)))
}

/// The rows of a site in a group, each block with the attention that it needs: one a metric, or one of all where all are
/// silent. That a site is silent in everything is said once, with the core metrics.
fn attention_of(site: &SiteCard, group: Option<&str>) -> Vec<(usize, Vec<Row>)> {
    let here = |card: &MetricCard| card.declared.group.as_deref() == group;
    let is_core = |card: &MetricCard| card.declared.group.is_none();
    let cards = || site.metrics.iter().filter(|card| !card.quiet && here(card));
    let several = cards().nth(1).is_some() || group.is_some() && site.is_silent(is_core);
    if let Some(first) = cards().next().filter(|_| several && site.is_silent(here)) {
        let said = group.is_some() && site.is_silent(is_core);
        let silent = (!said).then(|| Row::of(Of::All(site), first, state_said(first)));
        let before = cards().flat_map(|card| reason_rows(said.then_some(site), card));
        let attention = cards().map(MetricCard::attention).min().unwrap_or_default();
        return vec![(attention, silent.into_iter().chain(before).collect())];
    }
    cards().map(|card| (card.attention(), card_rows(site, card))).collect()
}

/// One row a reason, so that each stays beside its date however narrow the columns are; the site's own numbers are in
/// the first. Where nothing is judged the state comes before what is carried.
fn card_rows(site: &SiteCard, card: &MetricCard) -> Vec<Row> {
    match card.state {
        State::Ok | State::Unjudged => Vec::new(),
        // Where events are rare a month without a value is nothing to see to; what the site lagged in before is.
        State::NoData if card.declared.is_rare() => reason_rows(Some(site), card),
        State::Lagging => reason_rows(Some(site), card),
        State::Silent | State::Suppressed | State::NoData | State::Insufficient => {
            let state = Row::of(Of::Metric(Some(site)), card, state_said(card));
            let rest = card.reasons.iter().map(|reason| Row::of(Of::Same, card, reason_said(card, reason)));
            std::iter::once(state).chain(rest).collect()
        }
    }
}

fn reason_rows(site: Option<&SiteCard>, card: &MetricCard) -> Vec<Row> {
    let of = |at| if at == 0 { Of::Metric(site) } else { Of::Same };
    let reasons = card.reasons.iter().enumerate();
    reasons.map(|(at, reason)| Row::of(of(at), card, reason_said(card, reason))).collect()
}

fn state_said(card: &MetricCard) -> [String; 3] {
    [words::state(card.state).to_owned(), String::new(), String::new()]
}

fn reason_said(card: &MetricCard, reason: &ReasonCard) -> [String; 3] {
    [cells::why(card, reason), cells::since(reason, card.last_week), cells::sureness(reason)]
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

/// What a row says; empty where it says nothing.
struct Row {
    site: String,
    region: String,
    metric: String,
    value: String,
    range: String,
    target: String,
    why: String,
    since: String,
    sure: String,
    course: String,
    state: State,
}

impl Row {
    fn of(of: Of<'_>, card: &MetricCard, said: [String; 3]) -> Self {
        let [why, since, sure] = said;
        let (site, metric) = match of {
            Of::All(site) => (Some(site), false),
            Of::Metric(site) => (site, true),
            Of::Same => (None, false),
        };
        let has_value = metric && card.windows.0.contains_key(&WindowKind::FourWeeks);
        let of_metric = |text: String| if metric { text } else { String::new() };
        let of_value = |text: String| if has_value { text } else { String::new() };
        let everything = matches!(of, Of::All(_));
        Self {
            site: site.map_or_else(String::new, |site| site.label().to_owned()),
            region: site.map_or_else(String::new, |site| site.region.as_deref().unwrap_or("–").to_owned()),
            metric: if everything { "everything".to_owned() } else { of_metric(words::title(&card.declared)) },
            value: of_metric(cells::four_weeks(card)),
            range: of_value(cells::range(card)),
            target: of_metric(cells::target(card)),
            why,
            since,
            sure,
            course: of_value(cells::course(card)),
            state: card.state,
        }
    }

    /// A column a fact.
    fn beside(self) -> Vec<Cell> {
        let state = self.state;
        let plain = |text: &str| Cell::new(tied(text));
        vec![
            Cell::new(&self.site),
            Cell::new(&self.region),
            Cell::new(&self.metric),
            tinted(tied(&self.value), state),
            plain(&self.range),
            plain(&self.target),
            tinted(self.why, state),
            plain(&self.since),
            plain(&self.sure),
            plain(&self.course),
        ]
    }

    /// What belongs to it below a fact.
    fn below(self) -> Vec<Cell> {
        let target = if self.target.is_empty() { String::new() } else { format!("target {}", self.target) };
        let course = if self.course == "–" { String::new() } else { self.course };
        let region = if self.region == "–" { String::new() } else { self.region };
        vec![
            Cell::new(lines([self.site, region])),
            Cell::new(self.metric),
            tinted(lines([tied(&self.value), self.range.replace(", ", ",\n"), tied(&target)]), self.state),
            tinted(lines([self.why, tied(&course)]), self.state),
            Cell::new(lines([tied_but_brackets(&self.since), tied(&self.sure)])),
        ]
    }
}

fn lines<const N: usize>(texts: [String; N]) -> String {
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}
