//! Leading indicators: query files → weekly parts → everything that is derived from them.
//!
//! ```text
//!  queries/*.sql ─query─► Metric ┐
//!                                ├─evaluate─► PartRow … ─store─► lake ─derive─► Values ──► exporter, board
//!  lake ─views (current state)───┘
//! ```
//!
//! Invariant: `derive` is a pure function of metrics, parts, sites, activity, publications and the clock; it does no I/O.

mod definition;
mod parts;
mod values;

pub mod derive;

pub use definition::{Direction, Kind, Lagging, Metric, Privacy, Uncertainty};
pub use parts::{Activity, Decimal9, Decimal18, PartRow, Published, Site};
pub use values::{Judgement, MetricValues, Reason, ReasonValue, Scope, Series, State, Values, Window, WindowKind};
