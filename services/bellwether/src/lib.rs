//! The program: command line, settings, wiring. Thin: what it wires lives in the other rooms.
//!
//! ```text
//!  arguments ─args─► cli ─► commands/NAME.rs ──► the other rooms
//!  bellwether.toml ┐           │
//!  environment ────┴─settings──┘        results ─► output ─► stdout        events ─► telemetry ─► stderr
//! ```
//!
//! Invariant: standard output holds results and nothing else, and the exit code is 0 (done), 1 (the work failed or a
//! check found something) or 2 (wrong usage or configuration).

pub mod args;
pub mod board;
pub mod built_in;
pub mod cli;
pub mod commands;
pub mod error_code;
pub mod evaluation;
pub mod failure;
pub mod lake_folder;
pub mod output;
pub mod progress;
pub mod retry;
pub mod rollout;
pub mod service;
pub mod services;
pub mod serving;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
pub mod week;
pub mod wiring;
