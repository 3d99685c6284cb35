//! Why a site is called lagging.

use jiff::civil::Date;
use serde::Serialize;

/// Why a site is called lagging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Truly worse than the threshold.
    Below,
    /// Worse than its peers by a tenth of the target.
    BehindPeers,
    /// Worse than it was, by a tenth of the target.
    Falling,
}

impl Reason {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Below, Self::BehindPeers, Self::Falling];
    /// The label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::BehindPeers => "behind_peers",
            Self::Falling => "falling",
        }
    }
    /// What it means, for the reference.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Below => "truly worse than `lagging.below`: on when its score reaches 5, off under 2.5",
            Self::BehindPeers => "truly worse than the other sites by a tenth of the target: the same scores",
            Self::Falling => "truly worse than it was itself, by a tenth of the target: on from 3.5",
        }
    }
}

/// One reason at one site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReasonValue {
    /// Which.
    pub reason: Reason,
    /// On at the site's last week with a value. In a state in which nothing is judged (silent, suppressed, no data,
    /// insufficient) it is carried: a site that goes quiet has not recovered.
    pub on: bool,
    /// Whether it could be judged: *falling* needs 4 values since and 13 before, *behind peers* needs peers.
    pub judged: bool,
    /// How near an alarm is; `None` before there is enough to judge, and where no split of *falling* counts.
    pub score: Option<f64>,
    /// Onset: Monday of the first week.
    pub since: Option<Date>,
    /// The onset may be earlier: the score has not been 0 in the year looked at.
    pub since_at_least: bool,
    /// Monday of the week that the verdict rests on: the site's last with a value. `None` without a verdict.
    pub last_week: Option<Date>,
    /// Where it is on: the site's level from its onset on.
    pub level: Option<f64>,
}
