//! Bellwether's side. Every measurement is a process of its own, and its last line of output is a JSON object with
//! `seconds`, as the peers' is.

mod covered;
mod evaluation;
mod scrape;

pub use covered::write_intervals;

use crate::spec::Spec;
use serde_json::{Map, Value, json};
use std::{path::Path, time::Instant};

/// Runs one measurement.
pub async fn run(mode: &str, spec: &Path) {
    let spec = Spec::read(spec);
    match mode {
        "full" => evaluation::full(&spec).await,
        "catalogue" => evaluation::catalogue(&spec).await,
        "refresh" => evaluation::refresh(&spec).await,
        "covered" => covered::run(&spec).await,
        "serve" => scrape::serve().await,
        other => panic!("no such measurement: {other}"),
    }
}

/// A clock, and what this process has worked since.
struct Stopwatch {
    start: Instant,
    busy: f64,
}

impl Stopwatch {
    fn start() -> Self {
        Self { busy: cpu_seconds(), start: Instant::now() }
    }

    /// Seconds on the clock, and seconds of all cores.
    fn stop(&self) -> (f64, f64) {
        (self.start.elapsed().as_secs_f64(), cpu_seconds() - self.busy)
    }
}

/// User and system time of this process; Linux counts them in hundredths of a second.
fn cpu_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = status.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn tell((seconds, cpu): (f64, f64), detail: Value) {
    let own = [("seconds", json!(seconds)), ("cpu", json!(cpu)), ("peak_mb", json!(memory_mb("VmHWM")))];
    let mut line = Map::from_iter(own.map(|(name, value)| (name.to_owned(), value)));
    if let Value::Object(detail) = detail {
        line.extend(detail);
    }
    println!("{}", Value::Object(line));
}

/// A line of this process's status, in megabytes.
pub fn memory_mb(line: &str) -> u64 {
    crate::child::memory_mb(std::process::id(), line).unwrap_or(0)
}
