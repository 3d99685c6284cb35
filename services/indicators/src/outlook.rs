//! What a leader is told beside the state: which way a site is going, and how often it will meet its target as it is.

use serde::Serialize;
use statrs::function::erf::erfc;

/// Which way a site is going in a metric: its last four weeks against those of the quarter before them, and at a site that
/// lags against those since its earliest onset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// Worse by more than chance, and by 5 % of the target or more.
    Worsening,
    /// No change that can be told from chance and matters.
    Steady,
    /// Better, as above.
    Improving,
    /// Lags, and the evidence of every reason is weaker than it was four values ago.
    Recovering,
}

impl Course {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Worsening, Self::Steady, Self::Improving, Self::Recovering];
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worsening => "worsening",
            Self::Steady => "steady",
            Self::Improving => "improving",
            Self::Recovering => "recovering",
        }
    }
    /// What it means, for the reference.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Worsening => {
                "the last 4 weeks are worse than the quarter before them (where it lags: than the weeks since it does), \
                 by 5 % of the target and 2 standard errors or more"
            }
            Self::Steady => "neither",
            Self::Improving => "the same for better",
            Self::Recovering => "it lags, and the score of every reason is lower by 1 or more than four values ago",
        }
    }
}

/// In how many weeks a site meets its target, at the level and the noise that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// Four of five or more.
    Most,
    /// Between.
    Some,
    /// One of five or less.
    HardlyAny,
}

impl Assurance {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Most, Self::Some, Self::HardlyAny];
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Most => "most",
            Self::Some => "some",
            Self::HardlyAny => "hardly_any",
        }
    }
    /// What it means, for the reference.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Most => "it meets its target in four weeks of five or more, at its present level and noise",
            Self::Some => "in fewer, and in more than one of five",
            Self::HardlyAny => "in one of five or fewer",
        }
    }
    /// Of a share of weeks.
    pub fn of(share: f64) -> Self {
        match share {
            most if most >= 0.8 => Self::Most,
            few if few <= 0.2 => Self::HardlyAny,
            _ => Self::Some,
        }
    }
}

/// Share of weeks that lie `above` or higher, in standard deviations of a normal distribution; where nothing varies, all or
/// none.
pub(crate) fn share_above(above: f64) -> f64 {
    0.5 * erfc(above / std::f64::consts::SQRT_2)
}
