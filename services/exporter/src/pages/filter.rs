//! What a request asks for, of what is there: `?region=North&state=lagging`. Plain links set one thing and keep the others.

use super::links::encoded;
use indicators::{
    Metric, State,
    board::{Board, MetricCard},
};
use serde::Deserialize;
use std::collections::BTreeSet;

/// As what a page is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Json,
    Csv,
}

/// The query of a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    pub region: Option<String>,
    pub group: Option<String>,
    pub metric: Option<String>,
    pub owner: Option<String>,
    pub state: Option<String>,
    pub format: Option<Format>,
}

/// One thing to filter by: its key, and what there is.
pub(super) struct Choice {
    pub key: &'static str,
    pub values: BTreeSet<String>,
    pub chosen: Option<String>,
}

impl Filter {
    /// The choices that a board offers, with what is chosen.
    pub fn choices(&self, board: &Board) -> Vec<Choice> {
        let metrics = || board.metrics.iter();
        let states = board.sites.iter().flat_map(|site| &site.metrics).map(|card| card.state.as_str().to_owned());
        let choice = |key, values, chosen: &Option<String>| Choice { key, values, chosen: chosen.clone() };
        vec![
            choice("region", board.sites.iter().filter_map(|site| site.region.clone()).collect(), &self.region),
            choice("group", metrics().map(|metric| metric.group().to_owned()).collect(), &self.group),
            choice("metric", metrics().map(|metric| metric.name.clone()).collect(), &self.metric),
            choice("owner", metrics().map(|metric| metric.owner.clone()).collect(), &self.owner),
            choice("state", states.collect(), &self.state),
        ]
    }

    /// What is left of a board; an error says what is asked for and not there.
    pub fn apply(&self, board: &Board) -> Result<Board, String> {
        // A state is one of seven, whether a site is in it today or not: a link to "lagging" works on a good day too.
        let states: BTreeSet<String> = State::ALL.into_iter().map(|state| state.as_str().to_owned()).collect();
        for Choice { key, values, chosen } in self.choices(board) {
            let values = if key == "state" { &states } else { &values };
            if let Some(chosen) = chosen.filter(|chosen| !values.contains(chosen)) {
                let there = values.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                return Err(format!("no {key} is called “{chosen}”; there are: {there}"));
            }
        }
        let mut left = board.clone();
        let is_asked = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        let metric = |metric: &Metric| {
            is_asked(&self.metric, &metric.name)
                && is_asked(&self.group, metric.group())
                && is_asked(&self.owner, &metric.owner)
        };
        left.metrics.retain(|declared| metric(declared));
        let card = |card: &MetricCard| metric(&card.declared) && is_asked(&self.state, card.state.as_str());
        left.sites.retain(|site| self.region.is_none() || site.region == self.region);
        left.sites.iter_mut().for_each(|site| site.metrics.retain(card));
        left.sites.retain(|site| !site.metrics.is_empty());
        left.rollups.retain(|rollup| left.metrics.iter().any(|metric| metric.name == rollup.metric));
        left.rollups.retain(|rollup| self.region.is_none() || rollup.region == self.region || rollup.region.is_none());
        left.bad_rows.retain(|row| left.metrics.iter().any(|metric| metric.name == row.metric));
        Ok(left)
    }

    /// The same page with one thing chosen otherwise; `None`: not at all.
    pub fn link(&self, key: &str, value: Option<&str>) -> String {
        let chosen = [
            ("region", &self.region),
            ("group", &self.group),
            ("metric", &self.metric),
            ("owner", &self.owner),
            ("state", &self.state),
        ];
        let chosen = chosen.into_iter().filter_map(|(name, chosen)| {
            let chosen = if name == key { value } else { chosen.as_deref() };
            chosen.map(|chosen| format!("{name}={}", encoded(chosen)))
        });
        format!("/?{}", chosen.collect::<Vec<_>>().join("&")).trim_end_matches('?').to_owned()
    }
}
