//! What can change at a site from one week to the next.

use serde::Serialize;

/// What changed at a site in a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A reason is on, and none was.
    StartedToLag,
    /// Silent, and was heard of before.
    WentSilent,
    /// No reason is on any more, and the site is judged.
    Recovered,
    /// Heard of, and was silent before.
    HeardAgain,
}

impl Change {
    /// All four, what needs attention first.
    pub const ALL: [Self; 4] = [Self::StartedToLag, Self::WentSilent, Self::Recovered, Self::HeardAgain];
}

/// A change with its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SiteChange {
    /// Which; sorts first.
    pub change: Change,
    /// Site id.
    pub site: String,
    /// Metric name.
    pub metric: String,
}
