//! The union of ten million intervals in a hundred thousand groups.

use super::measure;
use crate::{
    child::Outcome,
    own::write_intervals,
    place::{Place, Who},
    report::Report,
};
use std::path::Path;

const WAYS: [(Who, &str); 8] = [
    (Who::Bellwether, "covered_seconds"),
    (Who::Peer("chdb"), "interval_length_sum"),
    (Who::Peer("duckdb"), "running_maximum"),
    (Who::Peer("duckdb"), "gaps_and_islands"),
    (Who::Bellwether, "running_maximum"),
    (Who::Bellwether, "gaps_and_islands"),
    (Who::Peer("polars"), "running_maximum"),
    (Who::Peer("polars"), "gaps_and_islands"),
];

pub fn run(place: &Place, rounds: usize, report: &mut Report) {
    let everybody = place.everybody();
    let ways = WAYS.iter().filter(|(who, _)| everybody.contains(who));
    let mut outcomes: Vec<(String, Vec<Outcome>)> =
        ways.clone().map(|(who, way)| (format!("{} {way}", who.name()), Vec::new())).collect();
    let spec = place.spec(Path::new(""), 0, Who::Bellwether);
    if !spec.intervals.exists() {
        write_intervals(&spec.intervals);
    }
    for _ in 0..rounds {
        for ((who, way), (_, outcomes)) in ways.clone().zip(&mut outcomes) {
            let mut spec = spec.clone();
            spec.variant = (*way).to_owned();
            outcomes.push(measure(place, *who, "covered", &spec));
        }
    }
    let found = |outcomes: &[Outcome]| match outcomes.last() {
        Some(Outcome::Done(line)) => Some((line["groups"].as_i64(), line["micros"].as_i64())),
        _ => None,
    };
    let ours = outcomes.first().and_then(|(_, outcomes)| found(outcomes));
    for (who, outcomes) in outcomes {
        let note = if found(&outcomes) == ours { "same results" } else { "DIFFERENT RESULTS" };
        report.add("covered seconds, 10 M intervals", &who, outcomes, note);
    }
}
