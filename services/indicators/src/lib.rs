//! Leading indicators: query files → weekly parts → everything that is derived from them.
//!
//! ```text
//!  queries/*.sql ─query─► Metric ┐
//!                                ├─evaluate─► PartRow … ─store─► lake ─derive─► Values ──► exporter, board
//!  lake ─views (current state)───┘
//! ```
//!
//! Invariant: `derive` is a pure function of metrics, parts, sites, activity, publications and the clock; it does no I/O.
//!
//! What `derive` makes of one row, a week in which 3 of 8 commitments were kept:
//!
//! ```
//! use indicators::{Activity, Direction, Kind, Metric, PartRow, Site, State, Uncertainty, WindowKind};
//! use indicators::derive::{Input, derive};
//! use std::{collections::{BTreeMap, BTreeSet}, sync::Arc};
//!
//! let metric = Metric {
//!     name: "kept".to_owned(),
//!     help: "Share of commitments that were kept".to_owned(),
//!     kind: Kind::Ratio,
//!     per: 1,
//!     unit: None,
//!     labels: vec!["site".to_owned()],
//!     target: Some(0.8),
//!     direction: Direction::Higher,
//!     uncertainty: Uncertainty::Wilson,
//!     lagging: None,
//!     horizon_back: 0,
//!     horizon_ahead: 0,
//!     coverage: None,
//!     privacy: None,
//!     owner: "learning".to_owned(),
//!     sql: String::new(), // only `evaluate` needs it
//!     streams: BTreeSet::from(["training_events".to_owned()]),
//!     reads: BTreeMap::new(), // only `evaluate` needs it
//!     fingerprint: 0,
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

mod bad_row;
mod calendar;
mod calls;
mod converge;
mod dates;
mod definition;
mod dirty;
mod edition;
mod engine_words;
mod evaluate;
mod families;
mod freshness;
mod functions;
mod impure;
mod interruptible;
mod lacking;
mod microseconds;
mod parts;
mod preview;
mod query_file;
mod query_test;
mod session;
mod sql;
mod statement;
mod store;
mod tables;
mod tally;
mod telemetry;
mod told;
mod totals;
mod unknown_tables;
mod unsupported;
mod values;
mod views;
mod walk;
mod week_set;

pub mod derive;
pub mod near;
pub mod reference;

pub use bad_row::{BadRow, Why};
pub use converge::{ConvergeError, Converged, Difference, converge};
pub use definition::{Direction, Kind, Lagging, Metric, Privacy, Uncertainty};
pub use evaluate::{EvaluateError, Evaluated, QueryFailure, QueryRun, evaluate};
pub use families::{FAMILIES, Family, families_of};
pub use freshness::Freshness;
pub use lacking::Lacking;
pub use parts::{Activity, Decimal9, Decimal18, PartRow, Published, Site};
pub use preview::{Explained, PreviewError, TableRead, Wanted, explain, preview};
pub use query_file::{
    Fault, KEYS, Key, Listing, PART_COLUMNS, PartColumn, Presence, QueryFileError, QuerySet, RESERVED_LABELS, Shape,
    check_queries, doubts, find_queries, find_readable, load_queries, name_fault, read_queries, text_of,
};
pub use query_test::{QueryTest, TestFailure, Tested};
pub use session::{Limits, session};
pub use sql::{Rows, SqlError, indicator_values, sql};
pub use store::{Refreshed, Results, StoreError, Stored, load};
pub use tables::Tables;
pub use tally::Tally;
pub use telemetry::Telemetry;
pub use values::{
    Judgement, MetricValues, Reason, ReasonValue, Scope, Series, SitesIn, State, Values, Window, WindowKind,
};
pub use views::Views;
