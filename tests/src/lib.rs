//! What the end-to-end tests stand on: the program as a process, a real Kafka, a real Prometheus.
//!
//! ```text
//!  suite/*.rs ──► Program (target/debug/bellwether) ──► Kafka (a JVM) ──► lake in a temporary folder
//!                     └── /metrics ◄── Prometheus ◄── its HTTP API
//! ```
//!
//! Every server listens on 127.0.0.1 on a free port and ends, by its process id, with the value that started it.

mod alertmanager;
mod http;
mod kafka;
mod ports;
mod process;
mod program;
mod prometheus;
mod small_disk;

pub use alertmanager::Alertmanager;
pub use http::{answer, get, get_json, wait_for};
pub use kafka::Kafka;
pub use ports::free_port;
pub use process::{Running, pause};
pub use program::{Outcome, Program, root};
pub use prometheus::Prometheus;
pub use small_disk::SmallDisk;

/// A tool that the set-up of `cargo xtask test` provides, from its environment variable; `None` says loudly that the
/// calling test does not run.
pub fn tool(variable: &str) -> Option<std::path::PathBuf> {
    let found = std::env::var_os(variable).map(std::path::PathBuf::from).filter(|path| path.exists());
    if found.is_none() {
        loud(&format!("{variable} is not set: this test did NOT run. `cargo xtask test` sets up what it needs."));
    }
    found
}

/// The folder of real public data beside the project, `None` (said loudly) where it is not there.
pub fn real_data() -> Option<std::path::PathBuf> {
    let found = Some(root().join("../shared/realdata")).filter(|path| path.exists());
    if found.is_none() {
        loud("../shared/realdata is not there: the test on real data did NOT run.");
    }
    found
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn loud(line: &str) {
    eprintln!("\n!!! {line}\n");
}
