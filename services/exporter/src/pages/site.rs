//! One site: each metric as a picture, with its reasons as sentences, how near other alarms are, and what to talk about.

use super::{
    board::{course, pill, spark},
    chart::{Chart, weekly},
    content::{Others, Quartiles},
    layout::scroll,
    links,
};
use indicators::{
    Direction, Reason, State, WindowKind,
    board::{MetricCard, ReasonCard, SiteCard, cells, words},
};
use jiff::civil::Date;
use maud::{Markup, html};

pub(super) fn page(site: &SiteCard, quartiles: &Quartiles) -> Markup {
    let mut cards: Vec<&MetricCard> = site.metrics.iter().filter(|card| !card.quiet).collect();
    cards.sort_by_key(|card| card.attention());
    let (first, rest): (Vec<&MetricCard>, Vec<&MetricCard>) = cards.into_iter().partition(|card| is_first(card));
    let others = |card: &MetricCard| quartiles.get(&card.metric).map_or(&[][..], Vec::as_slice);
    html! {
        h1 { (site.label()) }
        p .lead { (summary(site)) }
        // Told once, and not by each metric again.
        @if let Some(told) = words::explanation(State::Silent).filter(|_| site.is_silent_at_all()) {
            p { (pill(State::Silent)) " in everything: " (told) "." }
        }
        @if let Some(region) = &site.region { p .soft { "Region " (region) } }
        @if !first.is_empty() {
            h2 { "Needs attention" }
            (legend())
            div .cards { @for card in &first { (open(site, card, others(card))) } }
        }
        @if !rest.is_empty() {
            h2 { "Everything else" }
            @if first.is_empty() { (legend()) }
            div .rows { @for card in &rest { (closed(site, card, others(card))) } }
        }
    }
}

/// Whether a metric is shown at once, and not when somebody asks for it.
fn is_first(card: &MetricCard) -> bool {
    matches!(card.state, State::Lagging | State::Silent) || !card.reasons.is_empty()
}

/// What is what in the charts.
fn legend() -> Markup {
    html! {
        p .soft .legend {
            "In a chart: " span .key .key-value {} " this site by week, " span .key .key-bounds {} " its 95 % range, "
            span .key .key-median {} " the middle site, " span .key .key-others {} " the middle half of all sites."
        }
    }
}

fn summary(site: &SiteCard) -> String {
    let of = |state: State| -> Vec<String> {
        let cards = site.metrics.iter().filter(|card| card.state == state);
        cards.map(|card| words::title(&card.declared).to_lowercase()).collect()
    };
    let (lagging, on_track) = (of(State::Lagging), of(State::Ok).len());
    let rest = site.metrics.len() - lagging.len() - on_track;
    let mut said = vec![match lagging.as_slice() {
        [] => "Lags on nothing that is judged".to_owned(),
        names => format!("Lags on {}", names.join(", ")),
    }];
    said.push(format!("{on_track} on track"));
    if rest > 0 {
        said.push(format!("{rest} without a verdict"));
    }
    said.join("; ") + "."
}

fn open(site: &SiteCard, card: &MetricCard, others: &[(Date, Others)]) -> Markup {
    let title = words::title(&card.declared);
    html! {
        section id=(links::anchor(&card.metric)) class={ "card " (card.state.as_str()) } aria-label=(title) {
            h3 { a href=(links::metric(&card.metric)) { (title) } " " (pill(card.state)) }
            (told(site, card, others))
        }
    }
}

/// A line that opens.
fn closed(site: &SiteCard, card: &MetricCard, others: &[(Date, Others)]) -> Markup {
    html! {
        details id=(links::anchor(&card.metric)) class={ "card " (card.state.as_str()) } {
            summary {
                h3 { (words::title(&card.declared)) } " " (pill(card.state)) " "
                span .now { (level(card)) }
                (spark(card))
            }
            (told(site, card, others))
            p { a href=(links::metric(&card.metric)) { "What it measures, and all sites" } }
        }
    }
}

/// `47 % of 45 %`: the four weeks, and the target where there is something to hold against it.
fn level(card: &MetricCard) -> String {
    let valued = card.windows.0.contains_key(&WindowKind::FourWeeks) && card.target.is_some();
    let target = if valued { format!(" of {}", cells::target(card)) } else { String::new() };
    cells::four_weeks(card) + &target
}

fn told(site: &SiteCard, card: &MetricCard, others: &[(Date, Others)]) -> Markup {
    html! {
        @for reason in &card.reasons { p { (sentence(card, reason, others)) } }
        @for said in &card.talk { p .talk { "To talk about: " (said) } }
        @let known = card.state == State::Silent && site.is_silent_at_all();
        @if let Some(told) = words::explanation(card.state).filter(|_| !known) { p { (words::capital(told)) "." } }
        @if let Some(lacking) = &card.lacking { p .soft { "Not judged: " (lacking.words) "." } }
        (near(card))
        @if !card.history.is_empty() { (chart(site, card, others)) (numbers(card)) }
        (facts(card))
    }
}

/// `Below 30 % since 2 March 2026 (12 weeks): 24 % over these weeks; target 45 %, the middle site 41 %.`
fn sentence(card: &MetricCard, reason: &ReasonCard, others: &[(Date, Others)]) -> String {
    let value = |value| words::value(&card.declared, value);
    let what = words::capital(&match card.state {
        State::Lagging => words::reason(&card.declared, reason.reason),
        _ => cells::carried(&card.declared, reason),
    });
    let level = reason.level.map(|level| format!(": {} over these weeks", value(level))).unwrap_or_default();
    let target = card.target.map(|target| format!("target {}", value(target)));
    let middle = others.last().map(|(_, others)| format!("the middle site {}", value(others.median)));
    let compared: Vec<String> = target.into_iter().chain(middle).collect();
    let compared = if compared.is_empty() { String::new() } else { format!("; {}", compared.join(", ")) };
    format!(
        "{what} since {}{level}{compared}. {}.",
        cells::since(reason, card.last_week),
        words::capital(&cells::sureness(reason))
    )
}

/// The alarms that are off and more than half-way on.
fn near(card: &MetricCard) -> Markup {
    let near = Reason::ALL.into_iter().filter(|reason| !card.reasons.iter().any(|on| on.reason == *reason));
    let near = near.filter_map(|reason| {
        let (score, on) = (card.scores.of(reason)?, words::on_at(reason));
        (score >= on / 2.0)
            .then(|| format!("Near an alarm: {} (evidence {score:.1} of {on})", words::reason(&card.declared, reason)))
    });
    html! {
        @if matches!(card.state, State::Ok | State::Lagging) {
            @for told in near { p .soft { (told) "." } }
        }
    }
}

fn chart(site: &SiteCard, card: &MetricCard, others: &[(Date, Others)]) -> Markup {
    let onset = |reason: &ReasonCard| Some((reason.since?, words::reason(&card.declared, reason.reason)));
    let onsets: Vec<(Date, String)> = card.reasons.iter().filter_map(onset).collect();
    let told = format!(
        "{} at {} by week over a year, now {} over four weeks, target {}",
        words::title(&card.declared),
        site.label(),
        cells::four_weeks(card),
        cells::target(card)
    );
    weekly(&Chart {
        weeks: &card.history,
        last: card.last_week,
        others,
        target: card.target,
        alarm: card.declared.lagging.map(|lagging| lagging.below),
        onsets: &onsets,
        told,
        metric: &card.declared,
    })
}

/// The chart in numbers.
fn numbers(card: &MetricCard) -> Markup {
    let value = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| words::tenths(&card.declared, value));
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "Week from" } th scope="col" { "Value" } th scope="col" { "Lower" }
                    th scope="col" { "Upper" }
                }
            }
            tbody {
                @for (week, window) in card.history.iter().rev() {
                    tr {
                        th scope="row" { (words::date(*week)) }
                        td .number { (value(Some(window.value))) }
                        td .number { (value(window.lower)) }
                        td .number { (value(window.upper)) }
                    }
                }
            }
        }
    };
    html! {
        details {
            summary { "The weeks in numbers" }
            (scroll(&format!("The weeks of {} in numbers", words::title(&card.declared)), &table))
        }
    }
}

fn facts(card: &MetricCard) -> Markup {
    let better = if card.declared.direction == Direction::Higher { "higher" } else { "lower" };
    let quarter = card.windows.0.get(&WindowKind::ThirteenWeeks);
    html! {
        dl .facts {
            div { dt { "Four weeks" } dd { (cells::four_weeks(card)) } }
            div { dt { "95 % range" } dd { (cells::range(card)) } }
            div { dt { "13 weeks" } dd { (quarter.map_or_else(|| "–".to_owned(), |w| words::value(&card.declared, w.value))) } }
            div { dt { "Target (" (better) " is better)" } dd { (cells::target(card)) } }
            div { dt { "Now" } dd { (course(card.course)) } }
            div { dt { "On target in" } dd { (card.assurance.map_or("–", words::assurance)) } }
        }
    }
}
