//! Query files' SELECTs over the lake → weekly parts → results in the lake → values.
//!
//! ```text
//!  lake ─views (current state)─► session ─evaluate─► PartRow … ─store─► lake ─► indicators::derive ─► Values
//!            ▲                                                    │
//!            └────────────── dirty (weeks that must be computed) ◄┘
//! ```
//!
//! Invariant: incremental equals full, whatever the order in which events arrived.

pub mod dates;
pub mod engine_words;
pub mod functions;
pub mod near;
pub mod session;
pub mod sql;
pub mod statement;
pub mod told;
pub mod unknown_tables;
pub mod unsupported;
pub mod views;
pub mod walk;

mod dirty;
mod edition;
mod evaluate;
mod freshness;
mod interruptible;
mod microseconds;
mod store;
mod tables;
mod telemetry;
mod totals;

pub use evaluate::{
    Computed, EvaluateError, Evaluated, QueryFailure, QueryRun, Work, compute, evaluate, reference_sites,
};
pub use freshness::Freshness;
pub use session::{Limits, session};
pub use sql::{Rows, SqlError, indicator_values, sql};
pub use store::{Refreshed, Results, StoreError, Stored, load};
pub use tables::Tables;
pub use telemetry::Telemetry;
pub use views::Views;
