//! What is planted is found, and a wrong conclusion is hard to reach.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]
#![expect(clippy::cast_precision_loss, reason = "a test has few sites and weeks")]

mod fooled;
mod found;
mod told;

use validation::study::Scenario;
use validation::{Grid, Indicator, Measured, Outcome, Pair, Report, Request, Rule, judge};

/// Organisations that each way of fooling is tried on.
const SEEDS: std::ops::Range<u64> = 0..6;

fn request(indicators: Vec<Indicator>, outcomes: Vec<Outcome>, seed: u64) -> Request {
    let sites = (1..=indicators[0].values.sites()).map(|site| format!("site-{site}")).collect();
    Request { sites, indicators, outcomes, rule: Rule::default(), seed }
}

fn judged(indicators: Vec<Indicator>, outcomes: Vec<Outcome>, seed: u64) -> Report {
    judge(&request(indicators, outcomes, seed)).unwrap()
}

fn pair(indicator: Indicator, outcome: Outcome, seed: u64) -> Pair {
    judged(vec![indicator], vec![outcome], seed).pairs.remove(0)
}

fn planted(scenario: Scenario, seed: u64) -> Pair {
    let (indicator, outcome) = scenario.organisation(seed);
    pair(indicator, outcome, seed)
}

/// The grid with each cell changed.
fn changed(grid: &Grid, cell: impl Fn(usize, usize, f64) -> f64) -> Grid {
    Grid::of(grid.sites(), grid.weeks(), |site, week| cell(site, week, grid.at(site, week)))
}

/// The grids of a count.
fn count(outcome: &Outcome) -> (&Grid, &Grid) {
    let Measured::Count { events, exposure } = &outcome.measured else { panic!("a score") };
    (events, exposure)
}

fn with_events(outcome: &Outcome, events: Grid) -> Outcome {
    let measured = Measured::Count { events, exposure: count(outcome).1.clone() };
    Outcome { measured, ..outcome.clone() }
}
