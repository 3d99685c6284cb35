//! The simulated organisation from outside: what it sends, and whether its truth is true.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking, in their helpers too")]

mod arrival;
mod cast;
mod catalogue;
mod contracts;
mod files;
mod particulars;
mod truth;

use simulator::{Plan, Simulation, simulate};
use std::sync::OnceLock;

/// A count as a real number.
pub fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// A year of twenty sites; simulated once.
pub fn twenty() -> &'static Simulation {
    static TWENTY: OnceLock<Simulation> = OnceLock::new();
    TWENTY.get_or_init(|| simulate(&Plan { sites: 20, weeks: 52, ..Plan::default() }).unwrap())
}

/// A year of forty sites; simulated once.
pub fn forty() -> &'static Simulation {
    static FORTY: OnceLock<Simulation> = OnceLock::new();
    FORTY.get_or_init(|| simulate(&Plan { sites: 40, weeks: 52, ..Plan::default() }).unwrap())
}

/// A small organisation over half a year; simulated once.
pub fn small() -> &'static Simulation {
    static SMALL: OnceLock<Simulation> = OnceLock::new();
    SMALL.get_or_init(|| simulate(&Plan { seed: 3, ..Plan::default() }).unwrap())
}
