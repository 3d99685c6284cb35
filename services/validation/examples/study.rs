//! The planted-truth study: `cargo run --release -p validation --example study -- --seeds 200`. Prints one line for each
//! kind of organisation, and for each kind of programme; about a second for 200 of most of them.

use std::io::Write;
use validation::study::{HEADER, ROLLOUT_HEADER, planted, rollout_study, scenarios, study};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seeds = seeds(&std::env::args().skip(1).collect::<Vec<_>>())?;
    let mut out = std::io::stdout();
    writeln!(out, "{HEADER}")?;
    for scenario in scenarios() {
        writeln!(out, "{}", study(&scenario, seeds))?;
    }
    writeln!(out, "\n{ROLLOUT_HEADER}")?;
    for programme in planted() {
        writeln!(out, "{}", rollout_study(&programme, seeds))?;
    }
    Ok(())
}

fn seeds(arguments: &[String]) -> Result<u64, String> {
    match arguments {
        [] => Ok(200),
        [flag, seeds] if flag == "--seeds" => {
            seeds.parse().ok().filter(|seeds| *seeds > 0).ok_or(format!("--seeds {seeds}: give a whole number above 0"))
        }
        _ => Err("usage: study [--seeds N]".to_owned()),
    }
}
