//! `bellwether query check` of two hundred query files.

use crate::{
    child::Outcome,
    place::{Place, Who},
    report::Report,
};
use serde_json::json;
use std::{path::Path, process::Command, time::Instant};

const QUERIES: usize = 200;

pub fn run(place: &Place, rounds: usize, report: &mut Report) {
    let folder = place.data.join("queries");
    write(&folder);
    let outcomes = (0..rounds.max(5)).map(|_| check(place, &folder)).collect();
    report.add("query check, 200 queries", Who::Bellwether.name(), outcomes, "wall time of the whole command");
}

fn check(place: &Place, folder: &Path) -> Outcome {
    let mut command = Command::new(&place.program);
    let start = Instant::now();
    let output = command.args(["query", "check"]).arg(folder).current_dir(end_to_end::root()).output().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    match output.status.success() {
        true => Outcome::Done(json!({"seconds": seconds})),
        false => Outcome::Failed(String::from_utf8_lossy(&output.stdout).chars().take(300).collect()),
    }
}

/// The shipped queries again and again, each under a name and with a target of its own.
fn write(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).unwrap();
    let shipped = end_to_end::root().join("queries");
    let names = ["field_time", "learning_follow_through", "prestart_quality"];
    for number in 0..QUERIES {
        let name = names[number % names.len()];
        let text = std::fs::read_to_string(shipped.join(format!("{name}.sql"))).unwrap();
        let text = format!("{text}\n-- copy {number}\n");
        std::fs::write(folder.join(format!("{name}_{number:03}.sql")), text).unwrap();
    }
}
