//! `cargo xtask bench indicators`: Bellwether and its peers, side by side over the same Parquet files.
//!
//! ```text
//!  organisation ─► lakes of 1, 10, 100 M rows ─┬─► own/     (Bellwether)  ─┐
//!                                              └─► peers/*.py             ─┴─► results compared ─► report
//! ```
//!
//! Every measurement is a process of its own, timed by itself from opened files to results in memory, all participants
//! in turn, round by round, so that what else the machine does meets all of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark that cannot go on says why and stops"
)]

mod chance;
mod child;
mod organisation;
mod own;
mod place;
mod report;
mod spec;
mod suites;

use std::path::Path;

const USAGE: &str = "usage: cargo xtask bench indicators [SUITE…] [--millions 1,10,100] [--rounds 3]
suites: covered scrape check full catalogue refresh";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    // DataFusion plans recursively: the stacks that the program's own runtime has are needed here, too.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(16 << 20).build().unwrap();
    runtime.block_on(async {
        match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["own", mode, spec] => own::run(mode, Path::new(spec)).await,
            _ => run(&arguments).await,
        }
    });
}

async fn run(arguments: &[String]) {
    let (mut suites, mut millions, mut rounds) = (Vec::new(), vec![1, 10, 100], 3);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--millions" => millions = rest.next().expect(USAGE).split(',').map(|n| n.parse().expect(USAGE)).collect(),
            "--rounds" => rounds = rest.next().expect(USAGE).parse().expect(USAGE),
            suite if suites::ALL.contains(&suite) => suites.push(suite.to_owned()),
            other => panic!("{other}?\n{USAGE}"),
        }
    }
    if suites.is_empty() {
        suites.extend(suites::ALL.map(str::to_owned));
    }
    let place = place::Place::from_environment();
    let mut report = report::Report::default();
    for suite in &suites {
        suites::run(suite, &place, &millions, rounds, &mut report).await;
    }
    report.finish(&place.data.join("results.json"));
}
