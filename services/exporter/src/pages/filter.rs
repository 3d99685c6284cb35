//! What a request asks for, of what is there: `?region=North&state=lagging`. Plain links set one thing and keep the others.

use super::links::encoded;
use indicators::{
    Metric, State,
    board::{Board, MetricCard, Rollup, SiteCard},
};
use serde::Deserialize;
use std::{collections::BTreeSet, sync::Arc};

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

/// What a filter has left, by reference: a board of a thousand sites is no small thing to copy.
pub(super) struct Chosen<'a> {
    pub sites: Vec<ChosenSite<'a>>,
    pub metrics: Vec<&'a Arc<Metric>>,
    pub rollups: Vec<&'a Rollup>,
}

/// A site, in the metrics that are left.
pub(super) struct ChosenSite<'a> {
    pub site: &'a SiteCard,
    pub metrics: Vec<&'a MetricCard>,
}

impl Choice {
    fn new<'a>(key: &'static str, values: impl Iterator<Item = &'a str>, chosen: &Option<String>) -> Self {
        let distinct: BTreeSet<&str> = values.collect();
        Self { key, values: distinct.into_iter().map(str::to_owned).collect(), chosen: chosen.clone() }
    }
}

impl Filter {
    /// The choices that a board offers, with what is chosen.
    pub fn choices(&self, board: &Board) -> Vec<Choice> {
        let metrics = || board.metrics.iter();
        let states = board.sites.iter().flat_map(|site| &site.metrics).map(|card| card.state.as_str());
        vec![
            Choice::new("region", board.sites.iter().filter_map(|site| site.region.as_deref()), &self.region),
            Choice::new("group", metrics().map(|metric| metric.group()), &self.group),
            Choice::new("metric", metrics().map(|metric| metric.name.as_str()), &self.metric),
            Choice::new("owner", metrics().map(|metric| metric.owner.as_str()), &self.owner),
            Choice::new("state", states, &self.state),
        ]
    }

    /// What is left of a board; an error says what is asked for and not there.
    pub fn choose<'a>(&self, board: &'a Board) -> Result<Chosen<'a>, String> {
        // A state is one of seven, whether a site is in it today or not: a link to "lagging" works on a good day too.
        let states: BTreeSet<String> = State::ALL.into_iter().map(|state| state.as_str().to_owned()).collect();
        for Choice { key, values, chosen } in self.choices(board) {
            let values = if key == "state" { &states } else { &values };
            if let Some(chosen) = chosen.filter(|chosen| !values.contains(chosen)) {
                let there = values.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                return Err(format!("no {key} is called “{chosen}”; there are: {there}"));
            }
        }
        let is_asked = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        let metric = |metric: &Metric| {
            is_asked(&self.metric, &metric.name)
                && is_asked(&self.group, metric.group())
                && is_asked(&self.owner, &metric.owner)
        };
        let card = |card: &&MetricCard| metric(&card.declared) && is_asked(&self.state, card.state.as_str());
        let region = |site: &&SiteCard| self.region.is_none() || site.region == self.region;
        let sites = board
            .sites
            .iter()
            .filter(region)
            .map(|site| ChosenSite { site, metrics: site.metrics.iter().filter(card).collect() });
        let metrics: Vec<_> = board.metrics.iter().filter(|declared| metric(declared)).collect();
        let rollup = |rollup: &&Rollup| {
            let here = self.region.is_none() || rollup.region == self.region || rollup.region.is_none();
            here && metrics.iter().any(|metric| metric.name == rollup.metric)
        };
        Ok(Chosen {
            sites: sites.filter(|site| !site.metrics.is_empty()).collect(),
            rollups: board.rollups.iter().filter(rollup).collect(),
            metrics,
        })
    }

    /// The same as a board of its own.
    pub fn apply(&self, board: &Board) -> Result<Board, String> {
        let chosen = self.choose(board)?;
        let site = |chosen: &ChosenSite<'_>| SiteCard {
            site: chosen.site.site.clone(),
            name: chosen.site.name.clone(),
            region: chosen.site.region.clone(),
            metrics: chosen.metrics.iter().copied().cloned().collect(),
            label: chosen.site.label.clone(),
        };
        let bad_rows =
            board.bad_rows.iter().filter(|row| chosen.metrics.iter().any(|metric| metric.name == row.metric));
        let promises = board.promises.iter();
        let promises = promises.filter(|card| chosen.metrics.iter().any(|metric| metric.name == card.refused.metric));
        Ok(Board {
            as_of: board.as_of,
            tally: board.tally,
            sites: chosen.sites.iter().map(site).collect(),
            rollups: chosen.rollups.iter().copied().cloned().collect(),
            changes: board.changes.clone(),
            bad_rows: bad_rows.cloned().collect(),
            promises: promises.cloned().collect(),
            metrics: chosen.metrics.iter().copied().cloned().collect(),
        })
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
