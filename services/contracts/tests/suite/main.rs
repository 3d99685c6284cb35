//! Contracts from the outside: fixtures of schema files, records one by one, and ten thousand of them against the
//! `jsonschema` crate.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests fail by panicking"
)]

mod cells;
mod differential;
mod envelopes;
mod every_fault;
mod fields;
mod fixtures;
mod garbage;
mod generator;
mod oracle;
mod records;
