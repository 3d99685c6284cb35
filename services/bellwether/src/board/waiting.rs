//! What is not judged, and from when on it will be: nothing that anybody has to see to, so a line a metric at most.

use super::{Board, words};
use indicators::{Metric, State};
use std::{collections::BTreeMap, sync::Arc};

/// So many sites are named.
const NAMED: usize = 3;

/// The section, where something of these metrics has a value that is not judged.
pub(super) fn waiting(board: &Board, metrics: &[Arc<Metric>]) -> Option<String> {
    let mut sections = vec!["Not judged".to_owned()];
    for metric in metrics {
        let mut lacking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for site in &board.sites {
            let cards = site.metrics.iter().filter(|card| card.metric == metric.name && card.state == State::Unjudged);
            for words in cards.filter_map(|card| card.lacking.as_ref()) {
                lacking.entry(&words.words).or_default().push(site.label());
            }
        }
        let line =
            |(words, sites): (&str, Vec<&str>)| format!("  {} ({}): {words}", words::title(metric), named(&sites));
        sections.extend(lacking.into_iter().map(line));
    }
    (sections.len() > 1).then(|| sections.join("\n"))
}

fn named(sites: &[&str]) -> String {
    if sites.len() > NAMED { format!("{} sites", sites.len()) } else { sites.join(", ") }
}
