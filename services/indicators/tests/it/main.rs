//! What the crate promises, from events to parts, over tables in memory and in a lake.

mod calendar;
mod events;
mod field_time;
