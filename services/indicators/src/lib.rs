//! Leading indicators: query files → weekly parts → everything that is derived from them.
//!
//! ```text
//!  queries/*.sql ─query─► Metric ┐
//!                                ├─evaluate─► PartRow … ─store─► lake ─derive─► Values ──► exporter, board
//!  lake ─views (current state)───┘
//! ```
//!
//! Invariant: `derive` is a pure function of metrics, parts, sites, activity, publications and the clock; it does no I/O.

mod calendar;
mod definition;
mod evaluate;
mod functions;
mod interruptible;
mod parts;
mod query_file;
mod session;
mod sql;
mod statement;
mod store;
mod tables;
mod telemetry;
mod values;
mod views;

pub mod derive;

pub use definition::{Direction, Kind, Lagging, Metric, Privacy, Uncertainty};
pub use evaluate::{EvaluateError, Evaluated, QueryFailure, QueryRun, evaluate};
pub use parts::{Activity, Decimal9, Decimal18, PartRow, Published, Site};
pub use query_file::{Fault, OWN_FAMILIES, QueryFileError, RESERVED_LABELS, load_queries, read_queries};
pub use session::{Limits, session};
pub use sql::{Rows, SqlError, sql};
pub use store::{Saved, StoreError, Stored, is_current, load, save};
pub use tables::Tables;
pub use telemetry::Telemetry;
pub use values::{Judgement, MetricValues, Reason, ReasonValue, Scope, Series, State, Values, Window, WindowKind};
pub use views::Views;
