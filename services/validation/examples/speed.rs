//! How long a large organisation takes: `cargo run --release -p validation --example speed`. 2,000 sites, 104 weeks, 25
//! indicators, 3 outcomes.

use std::io::Write;
use validation::study::Scenario;
use validation::{Indicator, Outcome, Request, Rule, judge};

const SITES: usize = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scenario = Scenario { sites: SITES, per_week: 0.1, ..Scenario::PLANTED };
    let named = |seed: u64| {
        let (indicator, outcome) = scenario.organisation(seed);
        let (indicator_name, outcome_name) = (format!("indicator-{seed}"), format!("outcome-{seed}"));
        (Indicator { name: indicator_name, ..indicator }, Outcome { name: outcome_name, ..outcome })
    };
    let (indicators, mut outcomes): (Vec<_>, Vec<_>) = (0..25).map(named).unzip();
    outcomes.truncate(3);
    let sites = (1..=SITES).map(|site| format!("site-{site}")).collect();
    let request = Request { sites, indicators, outcomes, rule: Rule::default(), seed: 1 };
    let start = std::time::Instant::now();
    let report = judge(&request)?;
    let found = report.pairs.iter().filter(|pair| pair.leads_by_rule).count();
    writeln!(std::io::stdout(), "{} pairs in {:.1} s, {found} lead", report.tested, start.elapsed().as_secs_f64())?;
    Ok(())
}
