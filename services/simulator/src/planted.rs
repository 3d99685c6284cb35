//! What can be planted at a site, in the words of the board.

use jiff::civil::Date;
use serde::Serialize;

/// One planted (site, metric) pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PlantedState {
    /// Which metric.
    pub metric: &'static str,
    /// Raw site id.
    pub site: String,
    /// What the board must show at `as_of`.
    pub state: State,
    /// The reasons of lagging that must be among those shown.
    pub reasons: Vec<Reason>,
    /// Monday of the week in which it began.
    pub from: Date,
}

/// States that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Truly worse than the alarm, or truly falling.
    Lagging,
    /// Sends nothing.
    Silent,
    /// Too few people to show their answers.
    Suppressed,
}

/// Why a planted site lags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its true level is under the alarm.
    Below,
    /// Its true level fell.
    Falling,
}

/// Rows that cannot be: no value of the metric, and a fault that is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PlantedFault {
    /// Which metric.
    pub metric: &'static str,
    /// Raw site id.
    pub site: String,
    /// Monday of its week.
    pub week: Date,
}

/// A programme that reached some sites, and what it truly did there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlantedRollout {
    /// Its name.
    pub rollout: &'static str,
    /// The metric that it moved.
    pub metric: &'static str,
    /// By how much, from the first week on.
    pub effect: f64,
    /// The sites that it reached.
    pub starts: Vec<PlantedStart>,
}

/// A site that a programme reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlantedStart {
    /// Raw site id.
    pub site: String,
    /// Monday of the first week.
    pub week: Date,
}
