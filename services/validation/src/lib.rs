//! Do these indicators lead, and did the programme work? Pure statistics: values in, a report out.
//!
//! ```text
//!  Indicator ┐                                     ┌ curve, checks, contrast, power
//!            ├─ Request ─► judge (pair by pair) ───┤
//!  Outcome   ┘      rests ─► score ─► circle ─► p ─┴─► false discovery over all pairs ─► Report
//!
//!  values, who started when ─► rollout ─► group-time effects ─► event study, pre-trend, overall effect
//! ```
//!
//! Invariant: no I/O and no clock. The same request and seed give the same report, on any number of cores.
//!
//! Two sites that do the opposite of each other say nothing yet, and the report says so:
//!
//! ```
//! use validation::{Finding, Grid, Indicator, Measured, Outcome, Request, Rule, judge};
//!
//! let share = Grid::of(2, 60, |site, week| if (week / 3 + site) % 2 == 0 { 0.3 } else { 0.5 });
//! let ones = Grid::of(2, 60, |_, _| 1.0);
//! let request = Request {
//!     sites: vec!["north".to_owned(), "south".to_owned()],
//!     indicators: vec![Indicator {
//!         name: "field_time".to_owned(),
//!         title: "time in the field".to_owned(),
//!         values: share,
//!         weights: ones.clone(),
//!         step: 0.1,
//!         step_said: "10 points".to_owned(),
//!         lower_is_better: false,
//!     }],
//!     outcomes: vec![Outcome {
//!         name: "incidents".to_owned(),
//!         title: "recordable incidents".to_owned(),
//!         placebo: false,
//!         measured: Measured::Count { events: Grid::of(2, 60, |site, week| f64::from((site + week) % 7 == 0)), exposure: ones },
//!     }],
//!     rule: Rule::default(),
//!     seed: 1,
//! };
//! let report = judge(&request)?;
//! assert_eq!(report.pairs[0].finding, Finding::CannotTell);
//! assert!(report.pairs[0].sentence.ends_with("6 sites are needed, 2 say anything."));
//! # Ok::<(), validation::Unaskable>(())
//! ```

#![expect(clippy::cast_precision_loss, reason = "counts of sites, weeks and observations are far below 2^52")]

pub mod effects;
mod grid;
mod leads;
pub mod numbers;
mod parallel;
pub mod rollout;
pub mod study;
mod wild;

pub use grid::{Grid, Misshapen};
pub use leads::{
    Band, Check, CheckName, Contrast, CountGroup, Difference, Finding, Garwood, Indicator, LagEffect, Measured,
    Outcome, Pair, Power, RateRatio, Report, Request, Rule, ScoreGroup, Strength, Unaskable, Verdict, adjusted,
    garwood, judge, rate_ratio, welch,
};
