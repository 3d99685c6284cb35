//! Metrics that keep to a promise which their query file falls short of.

use crate::promises::Refused;
use serde::Serialize;

/// A minimum that is refused.
#[derive(Debug, Clone, Serialize)]
pub struct PromiseCard {
    /// Metric, what its file says, what was promised, of weeks before which Monday, by whom and since when, and how many of
    /// them are shown.
    #[serde(flatten)]
    pub refused: Refused,
    /// What a works council can be told.
    pub words: String,
}

impl From<Refused> for PromiseCard {
    fn from(refused: Refused) -> Self {
        Self { words: refused.for_those_measured(), refused }
    }
}
