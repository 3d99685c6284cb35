//! The first page: which sites need attention, on what, since when, how sure that is, which way it goes, and what changed.

use super::{
    chart::sparkline,
    filter::{Choice, Chosen, ChosenSite, Filter},
    layout::scroll,
    links,
};
use crate::health::Trouble;
use indicators::{
    Change, Course, Metric, SiteChange, State, Values, WindowKind,
    board::{Board, MetricCard, ReasonCard, Rollup, SiteCard, cells, words},
};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// What the page is made of.
pub(super) struct View<'a> {
    pub values: &'a Values,
    /// What the filter has left.
    pub chosen: &'a Chosen<'a>,
    /// Everything.
    pub whole: &'a Board,
    pub filter: &'a Filter,
    pub down: &'a BTreeMap<String, Trouble>,
}

pub(super) fn page(view: &View<'_>) -> Markup {
    let View { values, chosen, whole, filter, down } = view;
    let (quiet, told): (Vec<&Metric>, Vec<&Metric>) =
        chosen.metrics.iter().map(|metric| &***metric).partition(|metric| whole.is_quiet(metric));
    html! {
        h1 { (verdict(chosen, whole)) }
        p .soft { (words::as_of(whole)) }
        (troubles(down))
        (changed(&values.changes, chosen))
        (filters(filter, whole))
        (attention(chosen))
        (heat_map(chosen, &told, &quiet))
        (rollups(chosen, &told))
        (not_judged(chosen))
        p .soft { "As data: " a href={ (filter.link("", None)) (joiner(filter)) "format=json" } { "JSON" } ", "
            a href={ (filter.link("", None)) (joiner(filter)) "format=csv" } { "CSV" } "." }
    }
}

fn joiner(filter: &Filter) -> &'static str {
    if filter.link("", None).contains('?') { "&" } else { "?" }
}

/// The first sentence.
fn verdict(chosen: &Chosen<'_>, whole: &Board) -> String {
    let lags = |site: &&ChosenSite<'_>| site.metrics.iter().any(|card| card.state == State::Lagging);
    let lagging: Vec<&str> = chosen.sites.iter().filter(lags).map(|site| site.site.label()).collect();
    match lagging.as_slice() {
        [] if whole.sites.is_empty() => "No sites yet".to_owned(),
        [] if chosen.sites.is_empty() => "No site is chosen".to_owned(),
        [] => words::counts(&whole.tally),
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
fn changed(changes: &[SiteChange], chosen: &Chosen<'_>) -> Markup {
    let of = |change: Change| -> Vec<(&SiteCard, &MetricCard)> {
        let card = |c: &SiteChange| {
            let site = chosen.sites.iter().find(|site| site.site.site == c.site)?;
            Some((site.site, *site.metrics.iter().find(|card| card.metric == c.metric)?))
        };
        changes.iter().filter(|c| c.change == change).filter_map(card).collect()
    };
    html! {
        section aria-labelledby="changed" {
            h2 #changed { "Since the week before" }
            @if Change::ALL.into_iter().all(|change| of(change).is_empty()) {
                p { (words::NOTHING_CHANGED) }
            }
            ul {
                @for change in Change::ALL {
                    @for (site, card) in of(change) {
                        li {
                            a href=(links::site(&site.site)) { (site.label()) } " " (words::change(change)) ": "
                            a href=(links::card(&site.site, &card.metric)) { (words::title(&card.declared)) }
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

/// As many rows as somebody reads; the choices above lead to the others.
const ROWS: usize = 200;

/// Every site and metric that somebody has to see to, lagging ones first.
fn attention(chosen: &Chosen<'_>) -> Markup {
    let mut cards: Vec<(&SiteCard, &MetricCard)> =
        chosen.sites.iter().flat_map(|site| to_see_to(site).map(|card| (site.site, card))).collect();
    cards.sort_by_key(|(_, card)| card.attention());
    let more = cards.len().saturating_sub(ROWS);
    cards.truncate(ROWS);
    let table = html! {
        table .attention {
            thead {
                tr {
                    th scope="col" { "Site" } th scope="col" { "Metric" } th scope="col" { "State and why" }
                    th .wide scope="col" { "Since" } th .wide scope="col" { "How sure" } th scope="col" { "4 weeks" }
                    th scope="col" { "95 % range" } th scope="col" { "Target" } th scope="col" { "Now" }
                    th scope="col" { "On target in" } th scope="col" { "Half a year" }
                }
            }
            tbody {
                @for (index, (site, card)) in cards.iter().enumerate() {
                    (row(site, card, index == 0 || cards[index - 1].0.site != site.site))
                }
            }
        }
    };
    html! {
        section aria-labelledby="attention" {
            h2 #attention { "Needs attention" }
            @if cards.is_empty() { p { "Nothing that is judged." } } @else { (scroll("Sites that need attention", &table)) }
            @if more > 0 { p { "And " (more) " more: choose a region, a metric or a state above to see them." } }
        }
    }
}

/// Of a site. That it is silent is told once, beside what it lagged in when it was last heard of.
fn to_see_to<'a>(site: &ChosenSite<'a>) -> impl Iterator<Item = &'a MetricCard> {
    let silent = site.site.is_silent_at_all();
    let needs: Vec<&MetricCard> = site.metrics.iter().copied().filter(|card| needs_attention(card)).collect();
    let told = move |(at, card): &(usize, &MetricCard)| {
        !silent || *at == 0 || !card.reasons.is_empty() || card.state == State::Suppressed
    };
    needs.into_iter().enumerate().filter(told).map(|(_, card)| card)
}

fn needs_attention(card: &MetricCard) -> bool {
    let is_rare = card.state == State::NoData && card.declared.is_rare() && card.reasons.is_empty();
    !matches!(card.state, State::Ok | State::Unjudged) && !card.quiet && !is_rare
}

/// On a narrow screen each cell says for itself what it is.
fn row(site: &SiteCard, card: &MetricCard, first: bool) -> Markup {
    let everything = card.state == State::Silent && card.reasons.is_empty() && site.is_silent_at_all();
    html! {
        tr .first[first] {
            th scope="row" {
                a href=(links::site(&site.site)) { (site.label()) }
                @if let Some(region) = &site.region { " " span .soft { (region) } }
            }
            td .metric {
                @if everything { "everything" } @else {
                    a href=(links::card(&site.site, &card.metric)) { (words::title(&card.declared)) }
                }
            }
            td .why { (why(card)) }
            @if card.reasons.is_empty() { td .none { "–" } td .none { "–" } } @else {
                td .number .wide { (lines(card, |reason| cells::since(reason, card.last_week))) }
                td .number .wide { (lines(card, cells::sureness)) }
            }
            @if everything { td .none { "–" } td .none { "–" } td .none { "–" } } @else {
                td .number data-label="4 weeks" { (cells::four_weeks(card)) }
                td .range data-label="95 % range" { (cells::range(card)) }
                td .number data-label="target" { (cells::target(card)) }
            }
            td .number .none[card.course.is_none()] data-label="now" { (course(card.course)) }
            td .words .none[card.assurance.is_none()] data-label="on target in" {
                (card.assurance.map_or("–", words::assurance))
            }
            td .picture .none[everything] { @if !everything { (spark(card)) } }
        }
    }
}

/// The state, and the reasons a line each: with since when and how sure where there are no columns for that.
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
            span .aside { " since " (cells::since(reason, card.last_week)) ", " (cells::sureness(reason)) }
        }
    }
}

fn lines(card: &MetricCard, told: impl Fn(&ReasonCard) -> String) -> Markup {
    html! {
        @for (index, reason) in card.reasons.iter().enumerate() {
            @if index > 0 { br; }
            (told(reason))
        }
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
fn heat_map(chosen: &Chosen<'_>, told: &[&Metric], quiet: &[&Metric]) -> Markup {
    let table = html! {
        table .heat {
            thead {
                (groups_above(told))
                tr {
                    th scope="col" { "Site" }
                    @for metric in told {
                        th scope="col" { a href=(links::metric(&metric.name)) { (words::title(metric)) } }
                    }
                }
            }
            tbody {
                @for site in &chosen.sites {
                    tr {
                        th scope="row" { a href=(links::site(&site.site.site)) { (site.site.label()) } }
                        @for metric in told { (cell(site, metric)) }
                    }
                }
            }
        }
    };
    html! {
        section aria-labelledby="all" {
            h2 #all { "All sites, last four weeks" }
            (scroll("All sites by metric", &table))
            @if !quiet.is_empty() {
                p .soft {
                    "No events yet (of no site a value in 13 weeks): "
                    (quiet.iter().map(|metric| words::spaced(&metric.name)).collect::<Vec<_>>().join(", "))
                }
            }
        }
    }
}

/// The headings of the groups above their metrics; nothing where there is one group alone.
fn groups_above(metrics: &[&Metric]) -> Markup {
    let groups: Vec<_> = grouped(metrics).collect();
    html! {
        @if groups.len() > 1 {
            tr {
                td {}
                @for (name, group) in &groups { th scope="colgroup" colspan=(group.len()) { (name) } }
            }
        }
    }
}

/// Metrics in the order of every list, by group with its name.
pub(super) fn grouped<'a, 'b>(metrics: &'b [&'a Metric]) -> impl Iterator<Item = (String, &'b [&'a Metric])> {
    let groups = metrics.chunk_by(|one, next| one.group == next.group);
    groups.map(|group| (group.first().map_or_else(String::new, |metric| words::spaced(metric.group())), group))
}

fn cell(site: &ChosenSite<'_>, metric: &Metric) -> Markup {
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

/// Regions and the company: one row a metric, because there are fewer regions.
fn rollups(chosen: &Chosen<'_>, told: &[&Metric]) -> Markup {
    let regions: BTreeSet<&str> = chosen.rollups.iter().filter_map(|rollup| rollup.region.as_deref()).collect();
    let places: Vec<Option<&str>> = regions.into_iter().map(Some).chain([None]).collect();
    let value = |region: Option<&str>, metric: &Metric| {
        let of = |r: &&&Rollup| r.region.as_deref() == region && r.metric == metric.name && r.labels.is_empty();
        let window = chosen.rollups.iter().find(of)?.windows.get(&WindowKind::FourWeeks)?;
        Some(cells::pooled(metric, window))
    };
    let groups: Vec<_> = grouped(told).collect();
    let table = html! {
        table .regions {
            thead {
                tr {
                    th scope="col" { "Metric" }
                    @for place in &places { th scope="col" { (place.unwrap_or("Company")) } }
                }
            }
            @for (name, group) in &groups {
                tbody {
                    @if groups.len() > 1 { tr .group { th scope="rowgroup" colspan=(places.len() + 1) { (name) } } }
                    @for metric in *group {
                        tr {
                            th scope="row" { a href=(links::metric(&metric.name)) { (words::title(metric)) } }
                            @for place in &places {
                                td .number { (value(*place, metric).unwrap_or_else(|| "–".to_owned())) }
                            }
                        }
                    }
                }
            }
        }
    };
    html! {
        section aria-labelledby="regions" {
            h2 #regions { "Regions and the company, last four weeks" }
            (scroll("Regions and the company by metric", &table))
        }
    }
}

/// What is not judged yet, by what is lacking.
fn not_judged(chosen: &Chosen<'_>) -> Markup {
    let mut lacking: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for card in chosen.sites.iter().flat_map(|site| &site.metrics).filter(|card| card.state == State::Unjudged) {
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
