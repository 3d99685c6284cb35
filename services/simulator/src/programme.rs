//! A programme that reaches sites in three waves, and what it does there: something that can be found by comparing them with
//! those that it has not reached.

use crate::{
    chance::{Chance, Purpose},
    plan::Plan,
    planted::{PlantedRollout, PlantedStart},
};
use jiff::civil::Date;

/// Weeks before the running one in which a wave of sites is reached.
const WAVES: [usize; 3] = [26, 20, 14];
/// Fewest sites of a wave, and never reached: with fewer nobody could tell.
const WAVE: usize = 6;
const WEEKS: usize = 44;

const NAME: &str = "remedy_reviews";
const METRIC: &str = "remedies_closed";
/// By how much the share of remedies that are closed in time grows.
const EFFECT: f64 = 0.12;

/// Where it began, and when.
#[derive(Debug)]
pub(crate) struct Programme {
    /// Monday of the week in which each site was reached.
    starts: Vec<Option<Date>>,
}

impl Programme {
    /// Among these sites; nowhere, where they are too few or the period is too short.
    pub(crate) fn draw(plan: &Plan, mut sites: Vec<usize>) -> Self {
        let mut starts = vec![None; plan.sites];
        let wave = sites.len() / 4;
        if wave >= WAVE && plan.weeks >= WEEKS {
            Chance::of(plan.seed, Purpose::Programme, 0, 0, 0).shuffle(&mut sites);
            for (reached, ago) in sites.chunks(wave).zip(WAVES) {
                reached.iter().for_each(|site| starts[*site] = Some(plan.monday(plan.running() - ago)));
            }
        }
        Self { starts }
    }

    /// What it adds to the share of remedies closed in time, of those that are due on a day.
    pub(crate) fn adds(&self, site: usize, due: Date) -> f64 {
        if self.starts[site].is_some_and(|start| start <= due) { EFFECT } else { 0.0 }
    }

    /// As it stands in the truth; the ids of the sites in their order.
    pub(crate) fn planted<'a>(&self, ids: impl Iterator<Item = &'a str>) -> Vec<PlantedRollout> {
        let started = ids.zip(&self.starts).filter_map(|(site, start)| Some((site, (*start)?)));
        let starts: Vec<_> = started.map(|(site, week)| PlantedStart { site: site.to_owned(), week }).collect();
        if starts.is_empty() {
            return Vec::new();
        }
        vec![PlantedRollout { rollout: NAME, metric: METRIC, effect: EFFECT, starts }]
    }
}
