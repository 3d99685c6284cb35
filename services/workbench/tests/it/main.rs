//! What the crate promises, from events to parts, over tables in memory and in a lake.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod bad_rows;
mod calendar;
mod converging;
mod events;
mod failures;
mod field_time;
mod follow_through;
mod freshness;
mod local_time;
mod order;
mod overflow;
mod prestart;
mod query_files;
mod query_places;
mod rates;
mod realdata;
mod references;
mod runaway;
mod shown;
mod six_metrics;
mod stored;
mod world;
mod writing;
