//! Weeks that are withheld because more was promised to those who answered than a query file asks for.

use super::links;
use indicators::{
    Metric,
    board::{Board, PromiseCard, words},
};
use maud::{Markup, html};

/// Of one metric, for those who look for its weeks; nothing where its file keeps to what was promised.
pub(super) fn of(metric: &Metric, board: &Board) -> Markup {
    html! {
        @for card in board.promises.iter().filter(|card| card.refused.metric == metric.name) {
            section {
                h2 { "Withheld, as was promised" }
                (told(card))
            }
        }
    }
}

/// Of all metrics.
pub(super) fn section(board: &Board) -> Markup {
    let title = |card: &PromiseCard| {
        let metric = board.metrics.iter().find(|metric| metric.name == card.refused.metric);
        metric.map_or_else(|| card.refused.metric.clone(), |metric| words::title(metric))
    };
    html! {
        @if !board.promises.is_empty() {
            section {
                h2 { "Query files that ask for fewer people than were promised" }
                @for card in &board.promises {
                    h3 { a href=(links::metric(&card.refused.metric)) { (title(card)) } }
                    (told(card))
                }
            }
        }
    }
}

fn told(card: &PromiseCard) -> Markup {
    let refused = &card.refused;
    let weeks = if refused.weeks == 1 { "1 week".to_owned() } else { format!("{} weeks", refused.weeks) };
    html! {
        p {
            "In " (weeks) " of those that are shown, rows of fewer than " (refused.promised) " people are withheld, "
            "though the query file asks for " (refused.declared) ". What a works council can be told:"
        }
        blockquote { p { (card.words) } }
        p .soft { "bellwether lake promises lists what was promised of which answers." }
    }
}
