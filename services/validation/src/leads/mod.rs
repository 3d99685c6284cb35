//! Does it lead? Each indicator against each outcome.
//!
//! The rule: both less their site and week effects, the indicator less each site's own straight line too (sites that get
//! better at everything, each at its own pace, are no evidence); the score at lags 0 to 12, over what chance makes of it when
//! each site's series is moved in a circle; p of the strongest lag by the same moves; false discovery held over all pairs. It
//! *leads* only when the strongest lag is 1 or more, and no lag at which the outcome comes first, or together, is stronger.

mod band;
mod checks;
mod circle;
mod contrast;
mod curve;
mod discovery;
mod judge;
mod power;
mod question;
mod report;
mod request;
mod score;
mod sentence;
mod trend;

pub use band::Band;
pub use contrast::{Contrast, CountGroup, Difference, Garwood, RateRatio, ScoreGroup, garwood, rate_ratio, welch};
pub use discovery::adjusted;
pub use judge::judge;
pub(crate) use power::gap;
pub(crate) use question::{Followed, Habit, Question};
pub use report::{Check, CheckName, Finding, LagEffect, Pair, Power, Report, Strength, Verdict};
pub use request::{Indicator, Measured, Outcome, Request, Rule, Unaskable};
pub(crate) use trend::without_trends;
