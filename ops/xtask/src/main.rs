//! The task runner: `cargo xtask test` sets up what the tests need and runs all of them.

mod bench;
mod cargo;
mod python;
mod screenshots;
mod setup;
mod test;
mod tls;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask TASK

tasks:
  setup           install what the tests need: Java, Apache Kafka, Prometheus, Alertmanager,
                  Chromium, axe-core, linters
  test [ARGS]     set up, then run every test; ARGS go to `cargo test`
  tls             build the program with its feature `tls` and test it; the first time takes minutes, for OpenSSL
  screenshots     take the README's pictures of the pages anew, of a demonstration
  bench indicators [SUITE...] [--millions 1,10,100] [--rounds N]
                  build for release and measure beside DuckDB, Polars and chDB: see tests/bench/README.md";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((task, [])) if task == "setup" => setup::all().map(drop),
        Some((task, rest)) if task == "test" => test::run(rest),
        Some((task, [])) if task == "tls" => tls::run(),
        Some((task, [])) if task == "screenshots" => screenshots::run(),
        Some((task, [what, rest @ ..])) if task == "bench" && what == "indicators" => bench::run(rest),
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A line for the person who runs the task.
#[expect(clippy::print_stderr, reason = "the task runner's only output")]
fn say(line: &str) {
    eprintln!("{line}");
}
