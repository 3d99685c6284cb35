//! The pipeline on the embedded broker, record in to row out.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking, their helpers too"
)]

mod bad_records;
mod dead_letters;
mod flow;
mod groups;
mod positions;
mod publishing;
mod setbacks;
mod support;
mod walk;
