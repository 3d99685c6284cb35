//! Query files' SELECTs over the lake → weekly parts → results in the lake → values.
//!
//! One evaluation, step by step:
//!
//! 1. `refresh/mod.rs:evaluate_and_store` goes through all of it, and begins again where others stored results meanwhile.
//! 2. `store/mod.rs:catch_up` reads the results that others stored, `promises/mod.rs:keep` records what query files promise to
//!    those who answered.
//! 3. `tables.rs:latest` pins every stream's table at its latest version.
//! 4. `views/mod.rs:open` reads the reference tables; the views show the tables' current state, week by week.
//! 5. `dirty/mod.rs:work` finds the weeks of each metric that have to be computed.
//! 6. `evaluate/mod.rs:compute` reads the rows of these weeks once, in stretches that fit into memory.
//! 7. `evaluate/metric.rs:over` runs each metric's query over a stretch: `statement/mod.rs` parses and plans it, in a session
//!    of `session/mod.rs` with the functions of `functions/`.
//! 8. `evaluate/parts.rs:add` makes weekly parts of its rows.
//! 9. `evaluate/refusals.rs:refuse` fails the metrics that have too many series or bad rows, or sums that leave their type.
//! 10. `store/changes.rs:records` finds which rows differ from those stored.
//! 11. `refresh/showing.rs:due_publications` adds what may be shown now of metrics with privacy.
//! 12. `store/mod.rs:commit` writes both, with the marks that say what they were computed from.
//! 13. `store/load.rs:recent_values` derives the values that are shown.
//!
//! Beside that, `evaluate/mod.rs:evaluate` computes everything and stores nothing, and `sql/` answers people's queries.
//!
//! Invariant: incremental equals full, whatever the order in which events arrived.

pub mod functions;
pub mod messages;
pub mod session;
pub mod sql;
pub mod statement;
pub mod views;

mod dirty;
mod evaluate;
mod look_ahead;
mod promises;
mod refresh;
mod store;
mod tables;
mod telemetry;

pub use evaluate::{
    Computed, EvaluateError, Evaluated, QueryFailure, QueryRun, Work, compute, evaluate, reference_sites,
};
pub use look_ahead::look_ahead;
pub use promises::{foreseen, promised};
pub use refresh::{Refreshed, Results};
pub use session::{Limits, session};
pub use sql::{Rows, SqlError, indicator_values, sql};
pub use store::{StoreError, Stored, load};
pub use tables::{Freshness, Tables};
pub use telemetry::Telemetry;
pub use views::Views;
