//! A rollout in periods of one length, without the words and weeks of a programme.

use super::aggregate::{Aggregate, by_event, dynamic, simple};
use super::event_study::event_study;
use super::group_time::{Blocks, SITES, group_times};
use super::pre_trend::{LEVEL, of_cells, of_events};
use super::small::Spread;
use super::{Controls, Effect, EventEffect, GroupTime, PreTrend};
use crate::Grid;
use serde::{Deserialize, Serialize};

/// A programme that reached sites at different times.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// The outcome, site × period (periods of one length: weeks, or several weeks together); NaN is a hole.
    pub values: Grid,
    /// The period in which each site was reached, from 0 on; `None` if never.
    pub starts: Vec<Option<usize>>,
    /// Whom the reached sites are compared with.
    pub controls: Controls,
    /// Draws of the bootstrap behind the event study's simultaneous band.
    pub draws: usize,
    /// Makes the draws repeatable.
    pub seed: u64,
}

/// What a rollout did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutReport {
    /// Mean over all group-time effects from the start on, by the number of sites in the group. None when refused.
    pub overall: Option<Effect>,
    /// Mean over the event study's effects from the start on. None when refused.
    pub by_length: Option<Effect>,
    /// Effect by periods since the start.
    pub events: Vec<EventEffect>,
    /// Each group's effect in each period.
    pub cells: Vec<GroupTime>,
    /// Whether the trends were parallel before the start.
    pub pre_trend: Option<PreTrend>,
    /// Sites that were compared.
    pub sites: usize,
    /// Sites left out because they were reached before, or in, the first period.
    pub reached_before: usize,
    /// Why nothing is claimed; empty when it is.
    pub refused: Vec<String>,
}

/// What cannot be a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRollout {
    /// Another number of starts than sites.
    #[error("{starts} starts for {sites} sites: give one for each, none where it was never reached")]
    Starts {
        /// Starts given.
        starts: usize,
        /// Rows of the values.
        sites: usize,
    },
    /// No site was reached within the periods, or none is left to compare with.
    #[error("no site was reached after the first period while others were not: there is nothing to compare")]
    NothingToCompare,
}

/// The effects of a rollout, with an overall effect unless there is a reason to refuse one.
///
/// # Errors
/// [`NoRollout`] when there is nothing to compare.
pub fn rollout(asked: &Rollout) -> Result<RolloutReport, NoRollout> {
    let (starts, sites) = (asked.starts.len(), asked.values.sites());
    if starts != sites {
        return Err(NoRollout::Starts { starts, sites });
    }
    let value = |row: usize, period: usize| asked.values.at(row, period);
    let found = group_times(&Blocks::single(&asked.values, &asked.starts, asked.controls, &value));
    if found.cells.iter().all(|cell| !cell.is_after()) {
        return Err(NoRollout::NothingToCompare);
    }
    let events = by_event(&found);
    let pre_trend = of_cells(&found).or_else(|| of_events(&events, found.sites));
    let refused = refusals(&found.cells, pre_trend.as_ref());
    let unless_refused = |a: Aggregate| refused.is_empty().then(|| Spread::of(&a, &found.starts).effect());
    Ok(RolloutReport {
        overall: unless_refused(simple(&found)),
        by_length: unless_refused(dynamic(&events)),
        events: event_study(&found, &events, asked.draws, asked.seed),
        pre_trend,
        sites: found.sites,
        reached_before: sites - found.sites,
        cells: found.cells,
        refused,
    })
}

fn refusals(cells: &[GroupTime], pre_trend: Option<&PreTrend>) -> Vec<String> {
    let mut refused = Vec::new();
    for cell in cells.iter().filter(|cell| cell.is_after() && cell.period == cell.group) {
        if cell.reached < SITES || cell.controls < SITES {
            refused.push(format!(
                "{} sites reached in period {} against {} not reached: {SITES} of each are needed",
                cell.reached, cell.group, cell.controls
            ));
        }
    }
    match pre_trend {
        None => refused.push("whether the trends were parallel before the start cannot be tested: more sites, or periods before it, are needed".to_owned()),
        Some(test) if test.p < LEVEL => {
            refused.push(format!("reached and other sites differed in trend before the start already (p = {:.4})", test.p));
        }
        Some(_) => {}
    }
    refused
}
