//! Did the programme work? Sites that it reached, before and after, against sites that it had not reached yet.
//!
//! Group-time effects for staggered starts, without covariates (Callaway and Sant'Anna 2021, "Difference-in-differences
//! with multiple time periods", Journal of Econometrics 225): for sites that started in period g and each period t, the
//! change since the period before g, less that of the controls. Before g, the change since the period before t, which
//! is about 0 when the trends are parallel. Errors come from each site's influence, so they are clustered by site.

mod aggregate;
mod dip;
mod group_time;
mod pre_trend;
mod programme;
mod sentence;
mod small;

pub use dip::Dip;
pub use group_time::{Controls, GroupTime};
pub use pre_trend::PreTrend;
pub use programme::{
    BlockEffect, Group, GroupBlock, Programme, ProgrammeFinding, ProgrammeReport, Unmeasurable, programmes,
};
pub use sentence::number;

use crate::Grid;
use crate::leads::Band;
use crate::numbers::quantile;
use crate::wild::strongest;
use aggregate::{Aggregate, by_event, dynamic, simple};
use group_time::{Blocks, Found, group_times};
use pre_trend::{of_cells, of_events};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use small::Spread;

/// Sites that a group, and the controls of a period, have to have.
const SITES: usize = 5;

/// p of equal trends before the start under which nothing is claimed.
const LEVEL: f64 = 0.05;

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

/// An effect, in the outcome's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error, clustered by site.
    pub error: f64,
    /// 95 % interval; wider than 1.96 errors, by the number of sites in the smallest group.
    pub interval: Band,
}

/// The effect so many periods after the start; before it, what should be 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventEffect {
    /// Periods since the start; negative before it.
    pub event: isize,
    /// The effect of that period alone.
    pub effect: Effect,
    /// Band that holds the whole event study with 95 %.
    pub simultaneous: Band,
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

fn event_study(found: &Found, events: &[(isize, Aggregate)], draws: usize, seed: u64) -> Vec<EventEffect> {
    let influences: Vec<Vec<f64>> = events.iter().map(|(_, aggregate)| aggregate.influence.clone()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let wide = quantile(&mut strongest(&influences, draws, &mut rng), 0.95);
    let spreads: Vec<Spread> = events.iter().map(|(_, aggregate)| Spread::of(aggregate, &found.starts)).collect();
    // Of an effect that fewer sites tell than of the others, the band is no narrower than its own interval.
    let shown = |((event, _), spread): (&(isize, Aggregate), &Spread)| EventEffect {
        event: *event,
        effect: spread.effect(),
        simultaneous: spread.band(wide.max(spread.critical())),
    };
    events.iter().zip(&spreads).map(shown).collect()
}
