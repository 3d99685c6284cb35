//! The effect of one regressor beside a site and a week effect, for counts (Poisson) and for scores (linear).
//!
//! A good site and a season are not a good habit: both effects are taken out, so only what a site does differently in a
//! week from its own level and from what all sites do that week speaks.

mod errors;
mod exponential;
mod linear;
mod poisson;
mod projection;
mod sample;
mod tally;

pub use errors::{Jackknife, jackknife};
pub use linear::linear;
pub(crate) use poisson::expected;
pub use poisson::poisson;
pub(crate) use projection::centre;
pub use sample::Sample;

use serde::{Deserialize, Serialize};

/// An estimated effect and what its errors are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Change of the outcome (its logarithm, for counts) per unit of the regressor.
    pub estimate: f64,
    /// Each site's score at the estimate (their sum is 0); 0 for sites that were left out.
    pub scores: Vec<f64>,
    /// Each site's Σ weight · regressor², the regressor less both its effects.
    pub informations: Vec<f64>,
    /// By how much the estimate changes when each site is left out, to the first order.
    pub steps: Vec<f64>,
    /// Sites in the fit, the clusters.
    pub sites: usize,
    /// Weeks in the fit.
    pub weeks: usize,
    /// Cells in the fit.
    pub observations: usize,
    /// Sites with cells that cannot say anything: not a single event, or one week alone.
    pub left_out: Vec<usize>,
}

impl Fit {
    /// The information of all sites together: what an error is divided by.
    pub fn information(&self) -> f64 {
        self.informations.iter().sum()
    }

    /// Each site's part of the estimate's error (its score over the information).
    pub fn influence(&self) -> impl Iterator<Item = f64> + '_ {
        let information = self.information();
        self.scores.iter().map(move |score| score / information)
    }
}

/// A fit by either model.
pub type Fitted = Result<Fit, Unfit>;

/// Which model an outcome asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Counts over an exposure: [`poisson`].
    Poisson,
    /// Scores: [`linear`].
    Linear,
}

impl Model {
    /// The fit of `sample` by this model.
    ///
    /// # Errors
    /// [`Unfit`], which says what the sample lacks.
    pub fn fit(self, sample: &Sample) -> Fitted {
        match self {
            Self::Poisson => poisson(sample),
            Self::Linear => linear(sample),
        }
    }
}

/// Why no effect can be estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Fewer than two sites or weeks are left.
    #[error("fewer than two sites, or two weeks, have values of both")]
    TooFew,
    /// The regressor is the same but for site and week.
    #[error("it never differs from its site's and its week's usual level")]
    Constant,
    /// The estimate runs away: the regressor tells events from none without exception.
    #[error("the events are so few that they would fit an effect of any size")]
    Separated,
}
