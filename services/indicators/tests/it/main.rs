//! What the crate promises, from events to parts, over tables in memory and in a lake.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod calendar;
mod converging;
mod events;
mod failures;
mod field_time;
mod follow_through;
mod order;
mod prestart;
mod query_files;
mod query_places;
mod realdata;
mod runaway;
mod shown;
mod stored;
mod world;
mod writing;
