//! What the evaluation and the workbench promise, from query files and events to parts, over tables in memory and in a lake.
//!
//! One program for both, because almost every test begins with a query file and ends with its rows: those of `writing/` are
//! about the query files themselves (what is refused, where, in which words), those of `evaluating/` about what is computed
//! of them by the crate `evaluation`, which the workbench stands on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod events;
mod world;

#[path = "evaluating/bad_rows.rs"]
mod bad_rows;
#[path = "evaluating/calendar.rs"]
mod calendar;
#[path = "evaluating/failures.rs"]
mod failures;
#[path = "evaluating/field_time.rs"]
mod field_time;
#[path = "evaluating/follow_through.rs"]
mod follow_through;
#[path = "evaluating/freshness.rs"]
mod freshness;
#[path = "evaluating/local_time.rs"]
mod local_time;
#[path = "evaluating/order.rs"]
mod order;
#[path = "evaluating/overflow.rs"]
mod overflow;
#[path = "evaluating/prestart.rs"]
mod prestart;
#[path = "evaluating/promises.rs"]
mod promises;
#[path = "evaluating/rates.rs"]
mod rates;
#[path = "evaluating/realdata.rs"]
mod realdata;
#[path = "evaluating/references.rs"]
mod references;
#[path = "evaluating/runaway.rs"]
mod runaway;
#[path = "evaluating/shown.rs"]
mod shown;
#[path = "evaluating/six_metrics/mod.rs"]
mod six_metrics;
#[path = "evaluating/stored.rs"]
mod stored;

#[path = "writing/catalogue.rs"]
mod catalogue;
#[path = "writing/converging.rs"]
mod converging;
#[path = "writing/joins.rs"]
mod joins;
#[path = "writing/query_files.rs"]
mod query_files;
#[path = "writing/query_places.rs"]
mod query_places;
#[path = "writing/writing.rs"]
mod writing;
