//! End to end: what the README and the design claim, on a real broker and a real Prometheus.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "that is how a test fails, in its helpers too"
)]

mod alerting;
mod alerting_faults;
mod alerting_year;
mod arrows;
mod backfill;
mod board;
mod catalogue;
mod circles;
mod dead_letters;
mod deploying;
mod digest;
mod documented;
mod exactness;
mod faults;
mod histories;
mod one_build;
mod parts;
mod produce;
mod programme;
mod prometheus;
mod reaching;
mod realdata;
mod rollout;
mod seed7;
mod seeds;
mod setbacks;
mod skipping;
mod transactions;
mod waiting;
mod walks;
mod wrong_input;
