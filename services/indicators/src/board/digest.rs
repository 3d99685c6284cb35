//! What is told once a week: what changed since the week before, who lags and since when, who recovered, who is silent, and
//! what to talk about. Numbers of what is not shown (too few answers) are in none of it.

use super::{
    card::{MetricCard, ReasonCard},
    cells, headline,
    model::{Board, SiteCard},
    words,
};
use crate::{change::Change, outlook::Course, tally::Tally, values::State};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

/// The digest of a board, or of a part of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Digest {
    /// The evaluation clock.
    pub as_of: Timestamp,
    /// Monday of the last complete week.
    pub week: Option<Date>,
    /// How many sites are how.
    pub tally: Tally,
    /// The same in words.
    pub headline: String,
    /// What changed since the week before, what needs attention first.
    pub changed: Vec<Changed>,
    /// Who lags, in the order of the board.
    pub lagging: Vec<Lags>,
    /// Who is silent.
    pub silent: Vec<SilentSite>,
}

/// A change at a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Which.
    pub change: Change,
    /// Site id.
    pub site: String,
    /// What people call it.
    pub name: String,
    /// Metric name.
    pub metric: String,
    /// What people call it.
    pub title: String,
}

/// A site that lags in a metric, or did when it was heard of last.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lags {
    /// Site id.
    pub site: String,
    /// What people call it.
    pub name: String,
    /// Its region.
    pub region: Option<String>,
    /// Metric name.
    pub metric: String,
    /// What people call it.
    pub title: String,
    /// Its state: where it is not lagging, what it lagged in before is told.
    pub state: State,
    /// Why, a line each: `below 30 %, since 6 Apr 2026 (10 weeks), very sure (6.6)`.
    pub reasons: Vec<String>,
    /// Four weeks, in words; `None` where there is no value.
    pub value: Option<String>,
    /// The target, in words.
    pub target: Option<String>,
    /// Which way it is going.
    pub course: Option<Course>,
    /// What to talk about.
    pub talk: Vec<String>,
}

/// A site of which nothing is heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SilentSite {
    /// Site id.
    pub site: String,
    /// What people call it.
    pub name: String,
    /// Its region.
    pub region: Option<String>,
    /// In which metrics, as people call them; empty: in everything.
    pub metrics: Vec<String>,
}

impl Digest {
    /// Of a board.
    pub fn of(board: &Board) -> Self {
        let s = if board.tally.sites == 1 { "" } else { "s" };
        Self {
            as_of: board.as_of,
            week: board.last_week(),
            tally: board.tally,
            headline: format!("{} site{s}: {}", board.tally.sites, headline::counts(&board.tally)),
            changed: changed(board),
            lagging: lagging(board),
            silent: board.sites.iter().filter_map(SilentSite::of).collect(),
        }
    }

    /// Whether there is nothing to tell.
    pub fn is_quiet(&self) -> bool {
        self.changed.is_empty() && self.lagging.is_empty() && self.silent.is_empty()
    }

    /// The changes of a kind.
    pub fn of_kind(&self, change: Change) -> impl Iterator<Item = &Changed> {
        self.changed.iter().filter(move |changed| changed.change == change)
    }
}

fn changed(board: &Board) -> Vec<Changed> {
    let told = board.changes.iter().filter_map(|change| {
        let site = board.sites.iter().find(|site| site.site == change.site)?;
        let metric = board.metrics.iter().find(|metric| metric.name == change.metric)?;
        Some(Changed {
            change: change.change,
            site: site.site.clone(),
            name: site.label().to_owned(),
            metric: metric.name.clone(),
            title: words::title(metric),
        })
    });
    told.collect()
}

/// Those that lag now before those that did when they were heard of last, else in the board's order.
fn lagging(board: &Board) -> Vec<Lags> {
    let cards = board.sites.iter().flat_map(|site| site.metrics.iter().map(move |card| (site, card)));
    let mut cards: Vec<(&SiteCard, &MetricCard)> = cards.filter(|(_, card)| !card.reasons.is_empty()).collect();
    cards.sort_by_key(|(_, card)| card.state != State::Lagging);
    cards.into_iter().map(|(site, card)| Lags::of(site, card)).collect()
}

impl Lags {
    fn of(site: &SiteCard, card: &MetricCard) -> Self {
        let shown = |text: String| Some(text).filter(|text| text != "–");
        Self {
            site: site.site.clone(),
            name: site.label().to_owned(),
            region: site.region.clone(),
            metric: card.metric.clone(),
            title: words::title(&card.declared),
            state: card.state,
            reasons: card.reasons.iter().map(|reason| why(card, reason)).collect(),
            value: shown(cells::four_weeks(card)),
            target: shown(cells::target(card)),
            course: card.course,
            talk: card.talk.clone(),
        }
    }
}

fn why(card: &MetricCard, reason: &ReasonCard) -> String {
    let what = cells::why(card, reason);
    format!("{what}, since {}, {}", cells::since(reason, card.last_week), cells::sureness(reason))
}

impl SilentSite {
    fn of(site: &SiteCard) -> Option<Self> {
        let silent: Vec<&MetricCard> = site.metrics.iter().filter(|card| card.state == State::Silent).collect();
        let metrics = match site.is_silent_at_all() {
            true => Vec::new(),
            false => silent.iter().map(|card| words::title(&card.declared)).collect(),
        };
        (!silent.is_empty()).then(|| Self {
            site: site.site.clone(),
            name: site.label().to_owned(),
            region: site.region.clone(),
            metrics,
        })
    }
}
