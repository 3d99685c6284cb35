//! The frame of every page: no script, nothing from elsewhere, readable without a style sheet.

use maud::{DOCTYPE, Markup, html};

/// A page with its title. Everything that is put into it is escaped.
pub(super) fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Bellwether" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
            }
            body {
                a .skip href="#content" { "Skip to the content" }
                header .top {
                    a .home href="/" { "Bellwether" }
                    nav aria-label="Pages" {
                        a href="/" { "Sites" }
                        a href="/indicators" { "Metrics" }
                        a href="/data" { "Data health" }
                    }
                }
                main #content { (content) }
                footer {
                    p {
                        "Leading indicators of every site, week by week. Version " (env!("CARGO_PKG_VERSION")) ". For machines: "
                        a href="/metrics" { "/metrics" } ", " a href="/-/ready" { "/-/ready" } ", "
                        a href="/-/healthy" { "/-/healthy" } "."
                    }
                }
            }
        }
    }
}

/// What may be wider than the screen: it scrolls by itself, with the keyboard too, and is told apart by its name.
pub(super) fn scroll(name: &str, content: &Markup) -> Markup {
    html! { div .scroll tabindex="0" role="region" aria-label=(name) { (content) } }
}

/// What there is before the first evaluation.
pub(super) fn waiting(title: &str) -> Markup {
    html! {
        h1 { (title) }
        p role="status" { "No values yet: the first evaluation has not finished." }
    }
}

/// What a request asked for that is not there, and what is.
pub(super) fn missing(told: &str, there: &[String]) -> Markup {
    html! {
        h1 { "Not found" }
        p { (told) }
        @if !there.is_empty() {
            p { "There are:" }
            ul { @for name in there { li { (name) } } }
        }
    }
}
