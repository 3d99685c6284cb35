//! The first page: which sites need attention, on what, since when, how sure that is, which way it goes, and what changed.

use super::{
    chart::sparkline,
    filter::{Choice, Filter},
    links,
};
use crate::health::Trouble;
use indicators::{
    Change, Course, Metric, SiteChange, State, Values, WindowKind,
    board::{Board, MetricCard, ReasonCard, Rollup, SiteCard, cells, words},
};
use maud::{Markup, html};
use std::{collections::BTreeMap, sync::Arc};

/// What the page is made of.
pub(super) struct View<'a> {
    pub values: &'a Values,
    /// What the filter has left.
    pub board: &'a Board,
    /// Everything.
    pub whole: &'a Board,
    pub filter: &'a Filter,
    pub down: &'a BTreeMap<String, Trouble>,
}

pub(super) fn page(view: &View<'_>) -> Markup {
    let View { values, board, whole, filter, down } = view;
    html! {
        h1 { (verdict(board, whole)) }
        p .soft { (words::as_of(whole)) }
        (troubles(down))
        (changed(&values.changes, board))
        (filters(filter, whole))
        (attention(board))
        (heat_map(board))
        (rollups(board))
        (not_judged(board))
        p .soft { "As data: " a href={ (filter.link("", None)) (joiner(filter)) "format=json" } { "JSON" } ", "
            a href={ (filter.link("", None)) (joiner(filter)) "format=csv" } { "CSV" } "." }
    }
}

fn joiner(filter: &Filter) -> &'static str {
    if filter.link("", None).contains('?') { "&" } else { "?" }
}

/// The first sentence.
fn verdict(board: &Board, whole: &Board) -> String {
    let lagging: Vec<&str> = board.sites.iter().filter(|site| site.any(State::Lagging)).map(SiteCard::label).collect();
    match lagging.as_slice() {
        [] if whole.sites.is_empty() => "No sites yet".to_owned(),
        [] if board.sites.is_empty() => "No site is chosen".to_owned(),
        [] => words::counts(&board.tally),
        [one] => format!("{one} lags"),
        [first, second] => format!("{first} and {second} lag"),
        [first, second, more @ ..] => format!("{first}, {second} and {} more lag", more.len()),
    }
}

/// What is down, since when and why; nothing where all is well.
pub(super) fn troubles(down: &BTreeMap<String, Trouble>) -> Markup {
    html! {
        @if !down.is_empty() {
            section .down role="alert" {
                h2 { "What is down" }
                ul {
                    @for (name, Trouble { since, failures, why, .. }) in down {
                        li {
                            strong { (name) } " since "
                            time datetime=(since) { (since.strftime("%-d %B %Y, %H:%M UTC")) }
                            ", tried " (failures) "×: " (why)
                        }
                    }
                }
                p .soft { "It is tried again by itself. What is shown is what was stored last." }
            }
        }
    }
}

/// What changed since the last complete week.
fn changed(changes: &[SiteChange], board: &Board) -> Markup {
    let of = |change: Change| -> Vec<(&SiteCard, &MetricCard)> {
        let card = |c: &SiteChange| {
            let site = board.sites.iter().find(|site| site.site == c.site)?;
            Some((site, site.metrics.iter().find(|card| card.metric == c.metric)?))
        };
        changes.iter().filter(|c| c.change == change).filter_map(card).collect()
    };
    html! {
        section aria-labelledby="changed" {
            h2 #changed { "Since the week before" }
            @if Change::ALL.into_iter().all(|change| of(change).is_empty()) {
                p { "No site began or ceased to lag, and none went silent." }
            }
            ul {
                @for change in Change::ALL {
                    @for (site, card) in of(change) {
                        li {
                            a href=(links::site(&site.site)) { (site.label()) } " " (words::change(change)) ": "
                            (words::title(&card.declared))
                        }
                    }
                }
            }
        }
    }
}

fn filters(filter: &Filter, whole: &Board) -> Markup {
    html! {
        nav .filters aria-label="Filter" {
            @for Choice { key, values, chosen } in filter.choices(whole) {
                @if values.len() > 1 || chosen.is_some() {
                    details open[chosen.is_some()] {
                        summary { (key) ": " (chosen.as_deref().unwrap_or("all")) }
                        a href=(filter.link(key, None)) aria-current=[chosen.is_none().then_some("true")] { "all" }
                        @for value in &values {
                            " · "
                            a href=(filter.link(key, Some(value)))
                                aria-current=[(chosen.as_ref() == Some(value)).then_some("true")] { (value) }
                        }
                    }
                }
            }
        }
    }
}

/// Every site and metric that somebody has to see to, lagging ones first.
fn attention(board: &Board) -> Markup {
    let is_rare = |card: &MetricCard| card.state == State::NoData && card.declared.is_rare() && card.reasons.is_empty();
    let needs =
        |card: &&MetricCard| !matches!(card.state, State::Ok | State::Unjudged) && !card.quiet && !is_rare(card);
    // That a site is silent is told once, beside what it lagged in when it was last heard of.
    let told_before = |site: &SiteCard| {
        let silent = is_silent(site);
        let first = site.metrics.iter().position(|card| needs(&card));
        move |(at, card): &(usize, &MetricCard)| {
            !silent || Some(*at) == first || !card.reasons.is_empty() || card.state == State::Suppressed
        }
    };
    let of_site = |site: &'_ SiteCard| -> Vec<usize> {
        let cards = site.metrics.iter().enumerate().filter(|(_, card)| needs(card));
        cards.filter(told_before(site)).map(|(at, _)| at).collect()
    };
    let mut cards: Vec<(&SiteCard, &MetricCard)> = board
        .sites
        .iter()
        .flat_map(|site| of_site(site).into_iter().map(move |at| (site, &site.metrics[at])))
        .collect();
    cards.sort_by_key(|(_, card)| card.attention());
    html! {
        section aria-labelledby="attention" {
            h2 #attention { "Needs attention" }
            @if cards.is_empty() {
                p { "Nothing that is judged." }
            } @else {
                div .scroll tabindex="0" role="region" aria-labelledby="attention" {
                    table {
                        thead {
                            tr {
                                th scope="col" { "Site" } th scope="col" { "Metric" } th scope="col" { "State and why" }
                                th scope="col" { "Since" } th scope="col" { "How sure" } th scope="col" { "4 weeks" }
                                th .wide scope="col" { "95 % range" } th scope="col" { "Target" } th scope="col" { "Now" }
                                th .wide scope="col" { "On target in" } th .wide scope="col" { "Half a year" }
                            }
                        }
                        tbody {
                            @for (index, (site, card)) in cards.iter().enumerate() {
                                (row(site, card, index == 0 || cards[index - 1].0.site != site.site))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Silent in all core metrics that anybody sends, or in everything where there is no such metric.
fn is_silent(site: &SiteCard) -> bool {
    site.is_silent(|card| card.declared.group.is_none()) || site.is_silent(|_| true)
}

fn row(site: &SiteCard, card: &MetricCard, first: bool) -> Markup {
    let everything = card.state == State::Silent && card.reasons.is_empty() && is_silent(site);
    html! {
        tr .first[first] {
            th scope="row" {
                a href=(links::site(&site.site)) { (site.label()) }
                @if let Some(region) = &site.region { br; span .soft { (region) } }
            }
            td {
                @if everything { "everything" } @else {
                    a href=(links::metric(&card.metric)) { (words::title(&card.declared)) }
                }
            }
            td { (why(card)) }
            td .number { (lines(card, |reason| cells::since(reason, card.last_week))) }
            td .number { (lines(card, cells::sureness)) }
            @if everything { td { "–" } td .wide { "–" } td { "–" } } @else {
                td .number { (cells::four_weeks(card)) }
                td .wide { (cells::range(card)) }
                td .number { (cells::target(card)) }
            }
            td .number { (course(card.course)) }
            td .words .wide { (card.assurance.map_or("–", words::assurance)) }
            td .wide { @if !everything { (spark(card)) } }
        }
    }
}

/// The state, and the reasons a line each.
fn why(card: &MetricCard) -> Markup {
    let told = |reason: &ReasonCard| match card.state {
        State::Lagging => words::reason(&card.declared, reason.reason),
        _ => cells::carried(&card.declared, reason),
    };
    html! {
        @if card.state != State::Lagging { (pill(card.state)) " " }
        @for (index, reason) in card.reasons.iter().enumerate() {
            @if index > 0 { br; }
            span .pill .lagging { (told(reason)) }
        }
    }
}

fn lines(card: &MetricCard, told: impl Fn(&ReasonCard) -> String) -> Markup {
    html! {
        @for (index, reason) in card.reasons.iter().enumerate() {
            @if index > 0 { br; }
            (told(reason))
        }
        @if card.reasons.is_empty() { "–" }
    }
}

/// A state as a word in its colour.
pub(super) fn pill(state: State) -> Markup {
    html! { span class={ "pill " (state.as_str()) } { (words::state(state)) } }
}

/// Which way it goes, as a sign and a word.
pub(super) fn course(course: Option<Course>) -> Markup {
    html! {
        @match course {
            None => "–",
            Some(course @ Course::Worsening) => span .worse { (words::course(course)) },
            Some(course @ (Course::Improving | Course::Recovering)) => span .better { (words::course(course)) },
            Some(course @ Course::Steady) => (words::course(course)),
        }
    }
}

/// The sparkline of a card.
pub(super) fn spark(card: &MetricCard) -> Markup {
    let title = words::title(&card.declared);
    let told = format!("{title}, half a year, now {}", cells::four_weeks(card));
    sparkline(&card.history, card.last_week, card.target, &told)
}

/// One row a site, one column a metric.
fn heat_map(board: &Board) -> Markup {
    let (quiet, told): (Vec<&Arc<Metric>>, Vec<_>) = board.metrics.iter().partition(|metric| board.is_quiet(metric));
    html! {
        section aria-labelledby="all" {
            h2 #all { "All sites, last four weeks" }
            div .scroll tabindex="0" role="region" aria-labelledby="all" {
                table .heat {
                    thead {
                        tr {
                            th scope="col" { "Site" }
                            @for metric in &told {
                                th scope="col" { a href=(links::metric(&metric.name)) { (words::title(metric)) } }
                            }
                        }
                    }
                    tbody {
                        @for site in &board.sites {
                            tr {
                                th scope="row" { a href=(links::site(&site.site)) { (site.label()) } }
                                @for metric in &told { (cell(site, metric)) }
                            }
                        }
                    }
                }
            }
            @if !quiet.is_empty() {
                p .soft {
                    "No events yet (of no site a value in 13 weeks): "
                    (quiet.iter().map(|metric| words::spaced(&metric.name)).collect::<Vec<_>>().join(", "))
                }
            }
        }
    }
}

fn cell(site: &SiteCard, metric: &Arc<Metric>) -> Markup {
    let Some(card) = site.metrics.iter().find(|card| card.metric == metric.name) else { return html! { td { "–" } } };
    let told = match card.state {
        State::Ok => String::new(),
        state => format!(" {}", words::state(state)),
    };
    html! {
        td class=(card.state.as_str()) {
            @if card.windows.0.contains_key(&WindowKind::FourWeeks) { (cells::at_a_glance(card)) }
            (told)
            @if let Some(course) = card.course.filter(|course| *course != Course::Steady) { " " (words::sign(course)) }
        }
    }
}

/// Regions and the company.
fn rollups(board: &Board) -> Markup {
    let regions: std::collections::BTreeSet<&str> =
        board.rollups.iter().filter_map(|rollup| rollup.region.as_deref()).collect();
    let value = |region: Option<&str>, metric: &Metric| {
        let of = |r: &&Rollup| r.region.as_deref() == region && r.metric == metric.name && r.labels.is_empty();
        let window = board.rollups.iter().find(of)?.windows.get(&WindowKind::FourWeeks)?;
        Some(cells::pooled(metric, window))
    };
    let row = |name: &str, region: Option<&str>| {
        html! {
            tr {
                th scope="row" { (name) }
                @for metric in board.metrics.iter().filter(|metric| !board.is_quiet(metric)) {
                    td .number { (value(region, metric).unwrap_or_else(|| "–".to_owned())) }
                }
            }
        }
    };
    html! {
        section aria-labelledby="regions" {
            h2 #regions { "Regions and the company, last four weeks" }
            div .scroll tabindex="0" role="region" aria-labelledby="regions" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Region" }
                            @for metric in board.metrics.iter().filter(|metric| !board.is_quiet(metric)) {
                                th scope="col" { (words::title(metric)) }
                            }
                        }
                    }
                    tbody {
                        @for region in regions { (row(region, Some(region))) }
                        (row("Company", None))
                    }
                }
            }
        }
    }
}

/// What is not judged yet, by what is lacking.
fn not_judged(board: &Board) -> Markup {
    let mut lacking: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for card in board.sites.iter().flat_map(|site| &site.metrics).filter(|card| card.state == State::Unjudged) {
        if let Some(told) = &card.lacking {
            *lacking.entry((words::title(&card.declared), &told.words)).or_default() += 1;
        }
    }
    html! {
        @if !lacking.is_empty() {
            section {
                h2 { "Not judged" }
                ul {
                    @for ((metric, told), sites) in &lacking {
                        li { (metric) " (" (sites) (if *sites == 1 { " site" } else { " sites" }) "): " (told) }
                    }
                }
            }
        }
    }
}
