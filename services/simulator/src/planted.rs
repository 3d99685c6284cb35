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
