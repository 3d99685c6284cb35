//! The program: command line, settings, and what it makes of the other rooms.
//!
//! ```text
//!  arguments ───────► cli ──► commands/NAME ──► contracts · lake · ingest · indicators · exporter · simulator · …
//!  bellwether.toml ┐             │
//!  environment ────┴─► settings ─┘    results ─► output ─► stdout      events, progress ─► logging ─► stderr
//! ```
//!
//! | to find | look in |
//! | --- | --- |
//! | what a command does | `commands/NAME.rs` or `commands/NAME/` |
//! | a setting, its type and its message | `settings/` |
//! | what the settings name, ready to be used (contracts, metrics, limits, keys, clients) | `configured.rs` |
//! | evaluating a lake, once | `evaluation.rs` |
//! | evaluating again and again while query files change | `rollout/` |
//! | what `run`, `ingest` and `indicators` keep running, and how that is tried again | `services.rs`, `retry.rs` |
//! | the board | `board/` |
//! | the weekly digest, and that it is sent once | `digest/` |
//! | how much room the lake's disk has | `disk.rs` |
//! | tables, JSON and CSV | `output/` |
//! | exit codes and messages of failures, and the codes that lead to their pages | `failure.rs`, `error_code.rs` |
//!
//! Invariant: standard output holds results and nothing else, and the exit code is 0 (done), 1 (the work failed or a
//! check found something) or 2 (wrong usage or configuration).

pub mod board;
pub mod cli;
pub mod commands;
mod configured;
mod digest;
mod disk;
pub mod error_code;
mod evaluation;
pub mod failure;
pub mod logging;
pub mod output;
mod retry;
mod rollout;
mod services;
pub mod settings;
#[cfg(test)]
mod worlds;
