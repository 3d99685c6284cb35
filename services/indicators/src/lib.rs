//! The core, pure: what a metric is, its weekly parts, and everything that follows from them. No I/O, no clock of its own.
//!
//! ```text
//!  Metric (definition) ─┐
//!  PartRow … (parts) ───┼─derive─► Values ──► exporter, board
//!  sites, as_of ────────┘
//! ```
//!
//! Invariant: `derive` is a pure function of metrics, parts, sites, activity, publications and the clock.
//!
//! What `derive` makes of one row, a week in which 3 of 8 commitments were kept:
//!
//! ```
//! use indicators::{Activity, Direction, Kind, Metric, PartRow, Severity, Site, State, Uncertainty, WindowKind};
//! use indicators::derive::{Input, derive};
//! use std::{collections::{BTreeMap, BTreeSet}, sync::Arc};
//!
//! let metric = Metric {
//!     help: "Share of commitments that were kept".to_owned(),
//!     target: Some(0.8),
//!     uncertainty: Uncertainty::Wilson,
//!     owner: "learning".to_owned(),
//!     streams: BTreeSet::from(["training_events".to_owned()]),
//!     ..Metric::new("kept", Kind::Ratio, Direction::Higher)
//! };
//! let billion = 1_000_000_000; // parts have 9 digits after the point
//! let part = PartRow {
//!     metric: "kept".to_owned(),
//!     week: "2026-06-01".parse()?,
//!     site: "leeds".to_owned(),
//!     labels: BTreeMap::new(),
//!     numerator: 3 * billion,
//!     denominator: 8 * billion,
//!     sum_squares: None,
//!     logged: None,
//!     expected: None,
//!     respondents: None,
//! };
//! let input = Input {
//!     as_of: "2026-06-10T12:00:00Z".parse()?,
//!     sites: &[Site::unknown("leeds")],
//!     parts: &[part],
//!     activity: &Activity::default(),
//!     publications: &[],
//!     bad: &[],
//! };
//! let values = derive(&[Arc::new(metric)], &input);
//! let leeds = values.metric("kept").and_then(|kept| kept.judgement("leeds")).ok_or("no such site")?;
//! let week = leeds.windows[&WindowKind::Week];
//! // Without an alarm there is nothing to judge by.
//! assert_eq!((leeds.state, week.value, week.sample_size), (State::Unjudged, 0.375, Some(8.0)));
//! assert!(week.lower.is_some_and(|lower| (0.136..0.137).contains(&lower)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod board;
pub mod calendar;
pub mod clock;
pub mod derive;
pub mod promises;
pub mod week_set;

mod bad_row;
mod change;
mod changes;
mod definition;
mod families;
mod lacking;
mod outlook;
mod part_columns;
mod parts;
mod reason;
mod tally;
mod totals;
mod values;

pub use bad_row::{BadRow, Why};
pub use change::{Change, SiteChange};
pub use changes::changes;
pub use definition::{CORE, Direction, Kind, Lagging, Metric, Privacy, SILENCE, Severity, Uncertainty};
pub use families::{Amount, FAMILIES, Family, LEAD_FAMILIES, RESERVED_LABELS, Reading, families_of};
pub use lacking::Lacking;
pub use outlook::{Assurance, Course};
pub use part_columns::{PART_COLUMNS, PartColumn};
pub use parts::{Activity, Decimal9, Decimal18, Labels, PartRow, Published, Site};
pub use reason::{Reason, ReasonValue};
pub use tally::Tally;
pub use totals::Totals;
pub use values::{Judgement, MetricValues, Scope, Series, SitesIn, State, Values, Window, WindowKind};
