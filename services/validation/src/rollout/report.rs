//! What a programme did, as people read it: weeks by name, blocks of weeks, one sentence.

use super::{Dip, Effect, PreTrend};
use crate::leads::Band;
use serde::{Deserialize, Serialize};

/// What a programme did to one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgrammeReport {
    /// Name of the programme.
    pub rollout: String,
    /// Name of the metric.
    pub metric: String,
    /// The answer.
    pub finding: ProgrammeFinding,
    /// The answer in words that a leader understands.
    pub sentence: String,
    /// What a number of it is.
    pub unit: String,
    /// True where less of it is better.
    pub lower_is_better: bool,
    /// Weeks looked at together.
    pub weeks_together: usize,
    /// Weeks from the start on that are in the effect, at the most.
    pub weeks_since: usize,
    /// Mean over all group-time effects from the start on, by the number of sites in the group. None when refused.
    pub effect: Option<Effect>,
    /// Two-sided p of no effect; none when refused.
    pub p: Option<f64>,
    /// p adjusted for all programmes and metrics looked at.
    pub adjusted: Option<f64>,
    /// The change that could be seen with a probability of 80 %; none when refused.
    pub could_be_seen: Option<f64>,
    /// Level of the reached sites in the block before their start.
    pub before: Option<f64>,
    /// By how much the sites not reached moved in the same weeks.
    pub untouched: Option<Effect>,
    /// Effect by weeks since the start.
    pub events: Vec<BlockEffect>,
    /// Each group's effect in each block.
    pub cells: Vec<GroupBlock>,
    /// Whether the trends were parallel before the start.
    pub pre_trend: Option<PreTrend>,
    /// Whether reached sites were at a low of their own before the start; none where too few weeks tell.
    pub dip: Option<Dip>,
    /// The sites that started in the same week, and whether they could be compared.
    pub groups: Vec<Group>,
    /// Sites that were never reached.
    pub never_reached: usize,
    /// Why nothing is claimed; empty when it is.
    pub refused: Vec<String>,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgrammeFinding {
    /// It moved the metric the way that is better.
    Better,
    /// It moved it the other way.
    Worse,
    /// No sign that it moved it.
    NotShown,
    /// Nothing can be claimed from these data.
    Refused,
}

/// The effect in a block of weeks, counted from the start; before it, what should be 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockEffect {
    /// First week of the block: 0 is the week of the start.
    pub from_week: isize,
    /// Its last week.
    pub to_week: isize,
    /// The estimate.
    pub estimate: f64,
    /// Its standard error, clustered by site.
    pub error: f64,
    /// 95 % interval of this block alone.
    pub interval: Band,
    /// Band that holds the whole event study with 95 %.
    pub simultaneous: Band,
}

/// The effect on the sites that started in one week, in one block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupBlock {
    /// The week in which they started.
    pub start: String,
    /// First week of the block.
    pub week: String,
    /// The change of the group less that of the controls.
    pub estimate: f64,
    /// Its standard error.
    pub error: f64,
    /// Sites of the group with values.
    pub reached: usize,
    /// Controls with values.
    pub controls: usize,
}

/// Sites that started in the same week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// That week; none where it lies outside of those measured.
    pub start: Option<String>,
    /// How many they are.
    pub sites: usize,
    /// Weeks from the start on in which they are compared.
    pub weeks: usize,
    /// Why they are not.
    pub why_not: Option<String>,
}
