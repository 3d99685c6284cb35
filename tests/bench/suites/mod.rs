//! What is measured: each suite adds its lines to the report.

mod catalogue;
mod check;
mod covered;
mod full;
mod refresh;
mod scrape;

use crate::{
    child::{self, Outcome},
    place::{Place, Who},
    report::Report,
    spec::Spec,
};

pub const ALL: [&str; 6] = ["covered", "scrape", "check", "full", "catalogue", "refresh"];

/// Runs one suite. `millions` of rows are those of the suites over lakes.
pub async fn run(suite: &str, place: &Place, millions: &[i64], rounds: usize, report: &mut Report) {
    match suite {
        "covered" => covered::run(place, rounds, report),
        "scrape" => scrape::run(place, report),
        "check" => check::run(place, rounds, report),
        "full" => full::run(place, millions, rounds, report).await,
        "catalogue" => catalogue::run(place, millions, rounds, report).await,
        "refresh" => refresh::run(place, millions, report).await,
        other => panic!("no such suite: {other}; there are {ALL:?}"),
    }
}

/// One measurement of one participant.
fn measure(place: &Place, who: Who, mode: &str, spec: &Spec) -> Outcome {
    let file = place.data.join("tmp/spec.json");
    spec.write(&file);
    let log = place.data.join(format!("{}-{mode}.log", who.name()));
    let outcome = child::run(&mut place.command(who, mode, &file), place.bounds(), &log);
    eprintln!("{mode} {} {}: {}", spec.lake.display(), who.name(), told(&outcome));
    outcome
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(line) => line.to_string(),
        Outcome::Failed(why) => format!("no figure: {why}"),
    }
}
