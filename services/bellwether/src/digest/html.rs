//! The digest as a page: what is mailed. Styles stand at the elements, because mail programs drop others; nothing is loaded.

use super::told::{TALKED, TOLD, Told, numbers};
use indicators::{
    Change, State,
    board::{Changed, Lags, SilentSite, words},
};
use maud::{DOCTYPE, Markup, html};

const BODY: &str = "margin:0;padding:24px 12px;background:#fbfaf7;color:#1c2430;\
                    font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const PAGE: &str = "max-width:640px;margin:0 auto";
const TITLE: &str = "font-size:22px;line-height:1.25;margin:0 0 4px";
const LEAD: &str = "font-size:18px;margin:0 0 4px";
const SOFT: &str = "color:#556070;font-size:14px;margin:0";
const HEADING: &str = "font-size:16px;margin:28px 0 8px;padding-bottom:4px;border-bottom:1px solid #d9d6cd";
const LIST: &str = "margin:0;padding-left:20px";
const CARD: &str = "background:#ffffff;border:1px solid #d9d6cd;border-left:4px solid #a83e00;border-radius:4px;\
                    padding:10px 14px;margin:0 0 10px";
const CARRIED: &str = "background:#ffffff;border:1px solid #d9d6cd;border-left:4px solid #8a8f98;border-radius:4px;\
                       padding:10px 14px;margin:0 0 10px";
const LINE: &str = "margin:2px 0 0";
const TALK: &str = "margin:8px 0 0;padding:8px 10px;background:#e6f1f8;border-radius:4px";
const LINK: &str = "color:#0b5a8a";

impl Told {
    /// As a page.
    pub fn html(&self) -> String {
        of(self)
    }
}

fn of(told: &Told) -> String {
    let digest = &told.digest;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (told.title()) }
            }
            body style=(BODY) {
                div style=(PAGE) {
                    h1 style=(TITLE) { (told.title()) }
                    p style=(LEAD) { strong { (digest.headline) } }
                    p style=(SOFT) { "As of " (digest.as_of.strftime("%A %-d %B %Y, %H:%M UTC").to_string()) }
                    h2 style=(HEADING) { "Since the week before" }
                    (changed(told))
                    @if !digest.lagging.is_empty() {
                        h2 style=(HEADING) { "Who lags" }
                        @for (at, lags) in digest.lagging.iter().take(TOLD).enumerate() { (card(told, lags, at < TALKED)) }
                        (more(digest.lagging.len()))
                    }
                    @if !digest.silent.is_empty() {
                        h2 style=(HEADING) { "Silent" }
                        ul style=(LIST) { @for silent in digest.silent.iter().take(TOLD) { (silent_site(told, silent)) } }
                        (more(digest.silent.len()))
                    }
                    @if let Some(url) = &told.url {
                        p style="margin:28px 0 0" { a href={ (url) "/" } style=(LINK) { "All sites, with every number" } }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn changed(told: &Told) -> Markup {
    let line = |changed: &Changed| {
        html! { li { (link(told, &changed.site, &changed.name)) " " (words::change(changed.change)) ": " (changed.title) } }
    };
    let changes = || Change::ALL.into_iter().flat_map(|change| told.digest.of_kind(change));
    html! {
        @if told.digest.changed.is_empty() {
            p style=(LINE) { (words::NOTHING_CHANGED) }
        } @else {
            ul style=(LIST) { @for change in changes().take(TOLD) { (line(change)) } }
            (more(told.digest.changed.len()))
        }
    }
}

fn card(told: &Told, lags: &Lags, talked: bool) -> Markup {
    let now = lags.state == State::Lagging;
    html! {
        div style=(if now { CARD } else { CARRIED }) {
            p style="margin:0" {
                strong { (link(told, &lags.site, &lags.name)) " · " (lags.title) }
                @if let Some(region) = &lags.region { span style="color:#556070" { " · " (region) } }
            }
            @if !now { p style=(LINE) { "Not judged now: " (words::state(lags.state)) } }
            @for reason in &lags.reasons { p style=(LINE) { (words::capital(reason)) } }
            p style="margin:2px 0 0;color:#556070" { (numbers(lags)) }
            @if talked { @for said in &lags.talk { p style=(TALK) { "To talk about: " (said) } } }
        }
    }
}

fn silent_site(told: &Told, silent: &SilentSite) -> Markup {
    html! {
        li {
            (link(told, &silent.site, &silent.name)) ": "
            @if silent.metrics.is_empty() { "everything" } @else { (silent.metrics.join(", ")) }
        }
    }
}

fn more(all: usize) -> Markup {
    html! { @if all > TOLD { p style=(SOFT) { "and " (all - TOLD) " more" } } }
}

fn link(told: &Told, site: &str, name: &str) -> Markup {
    match told.site(site) {
        Some(url) => html! { a href=(url) style=(LINK) { (name) } },
        None => html! { (name) },
    }
}
