//! What the end-to-end tests stand on: the program as a process, a real Kafka, a real Prometheus.
//!
//! ```text
//!  suite/*.rs ──► Program (target/debug/bellwether) ──► Kafka (a JVM) ──► lake in a temporary folder
//!                     └── /metrics ◄── Prometheus ◄── its HTTP API
//! ```
//!
//! Every server listens on 127.0.0.1 on a port that is held for it and ends, by its process id, with the value that started it.

mod alertmanager;
mod certificates;
mod http;
mod kafka;
mod ports;
mod process;
mod program;
mod prometheus;
mod small_disk;
mod waiting;
mod webhook;

pub use alertmanager::Alertmanager;
pub use http::{answer, get, get_json};
pub use kafka::Kafka;
pub use ports::Port;
pub use prerequisites::tool;
pub use process::Running;
pub use program::{Outcome, Program, root};
pub use prometheus::Prometheus;
pub use small_disk::SmallDisk;
pub use waiting::wait_for;
pub use webhook::Webhook;

/// The folder of real public data beside the project, `None` where it is not there: it is no part of the project.
pub fn real_data() -> Option<std::path::PathBuf> {
    prerequisites::data(&root().join("../shared/realdata"))
}
