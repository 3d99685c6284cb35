//! What is answered: plain values, to be written as a table, as JSON, or on a page.

use super::{Band, Contrast};
use serde::{Deserialize, Serialize};

/// All pairs that were tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Number of pairs tested: what the share of false discoveries is held over.
    pub tested: usize,
    /// Share of false claims among the claims, at the most.
    pub false_discovery: f64,
    /// Each indicator with each outcome, in the order they were given.
    pub pairs: Vec<Pair>,
}

/// One indicator and one outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Name of the indicator.
    pub indicator: String,
    /// Name of the outcome.
    pub outcome: String,
    /// The answer.
    pub finding: Finding,
    /// True when the rule alone says so, whatever the checks say.
    pub leads_by_rule: bool,
    /// The answer in words that a leader understands.
    pub sentence: String,
    /// The strongest lag from 0 on, in weeks; none when nothing could be estimated.
    pub lag: Option<usize>,
    /// Its score: estimate over error.
    pub score: f64,
    /// The strongest score of those at which the outcome comes first, or both together.
    pub reverse_score: f64,
    /// How often chance alone makes a lag as strong.
    pub p: f64,
    /// p adjusted for all pairs tested.
    pub adjusted: f64,
    /// Effect at the strongest lag with its simultaneous interval.
    pub strength: Option<Strength>,
    /// The effect at each lag that could be estimated.
    pub curve: Vec<LagEffect>,
    /// What else could explain it, each with a verdict.
    pub checks: Vec<Check>,
    /// The best quarter of sites against the rest; none with too few sites or nothing measured.
    pub contrast: Option<Contrast>,
    /// The smallest change that the rule would find in these data with a probability of 80 %, as a share of the outcome's
    /// level between the best quarter of site-weeks and the rest.
    pub could_be_seen: Option<f64>,
    /// What it would take to see a change.
    pub power: Vec<Power>,
    /// Sites with values of both.
    pub sites: usize,
    /// Weeks with values of both.
    pub weeks: usize,
    /// Site-weeks with values of both.
    pub observations: usize,
    /// Why nothing could be estimated, when that is so.
    pub why: Option<String>,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It leads, and every check holds.
    Leads,
    /// The rule says that it leads, but a check fails.
    Doubtful,
    /// No sign of it, where a difference of 37 % would have been seen.
    NotShown,
    /// The data cannot tell.
    CannotTell,
}

/// The effect of one step of the indicator that many weeks later: a rate ratio (counts) or points (scores).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LagEffect {
    /// Weeks between indicator and outcome.
    pub lag: usize,
    /// Rate ratio, or points.
    pub estimate: f64,
    /// 95 % interval of this lag alone.
    pub pointwise: Band,
    /// Band that holds the whole curve with 95 %.
    pub simultaneous: Band,
}

/// How strongly it leads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strength {
    /// Rate ratio, or points, per step.
    pub estimate: f64,
    /// Simultaneous 95 % interval: the strongest of many lags overstates its effect.
    pub interval: Band,
}

/// Another explanation, looked into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Which.
    pub name: CheckName,
    /// Whether the finding stands it.
    pub verdict: Verdict,
    /// The figure behind the verdict (see [`CheckName`]).
    pub value: Option<f64>,
    /// One line: what was found.
    pub said: String,
}

/// The explanations that are looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// One site carries it. Value: the weakest score without a site.
    OneSite,
    /// All sites were hit by the same. Value: p with all sites moved by one number of weeks.
    SharedShocks,
    /// It also moves what it cannot move. Value: p for the placebo, the smallest times their number.
    Placebo,
    /// Too few sites for the usual error. Value: score with the jackknife's error.
    FewSites,
    /// Too few events. Value: number of events.
    RareEvents,
    /// Nobody logged where things went wrong. Value: share of weeks missing.
    MissingWeeks,
    /// A hidden common cause. Value: E-value of the interval's end nearer to none.
    HiddenCause,
    /// One site is most of the data. Value: its share of the exposure.
    DominatingSite,
    /// Sites came, went, or became one. Value: number of sites that changed.
    ChangedSites,
    /// The habit rose where the outcome had been worst: regression to the mean. Value: p of that.
    ChosenSites,
    /// Both drift over many months. Value: score on moves within a quarter of a year.
    SlowMoves,
    /// It is counted otherwise from some week on. Value: by how much its level jumps at all sites.
    ChangedDefinition,
}

/// Whether a finding stands a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does.
    Holds,
    /// With a reservation.
    Caution,
    /// It does not.
    Fails,
    /// Could not be looked into.
    NotRun,
}

/// What a change of the outcome takes to be seen with a probability of 80 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Power {
    /// The change, as a share of the outcome's level, between the best quarter of site-weeks and the rest.
    pub change: f64,
    /// True when the data at hand suffice.
    pub suffices: bool,
    /// Further weeks at today's sites and rates.
    pub more_weeks: usize,
    /// Further sites like today's, watched for as long.
    pub more_sites: usize,
}
