//! What goes to standard error: log lines, for people or as JSON, and the progress of long work.

use crate::settings::{Log, LogFormat};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    cell::Cell,
    io::{self, IsTerminal},
    time::Duration,
};
use tokio::time::Instant;
use tracing_subscriber::EnvFilter;

/// The rooms whose events a bare level is about. Libraries below them are heard from `warn` on: the table format alone
/// writes a screenful a commit. The Kafka client repeats a broken connection hundreds of times, and what is worth
/// knowing of it the rooms say themselves; so it is with the Delta kernel, which logs every error that it returns. Whoever
/// wants more says so in directives of their own.
const ROOMS: [&str; 10] = [
    "bellwether",
    "contracts",
    "evaluation",
    "exporter",
    "indicators",
    "ingest",
    "lake",
    "simulator",
    "validation",
    "workbench",
];
/// Libraries that are not heard at all.
const SILENT: [&str; 3] = ["rdkafka", "librdkafka", "buoyant_kernel"];
/// Where there is no terminal for a bar, progress is logged so often.
const LOG_EVERY: Duration = Duration::from_secs(5);
/// The watch of folders warns of each that has gone before it was let go of, also at the end of the program.
const NO_WARNINGS: [&str; 1] = ["notify"];

/// Starts logging. A second call in one process changes nothing.
pub fn start(log: &Log) {
    let filter = EnvFilter::builder().parse_lossy(directives(&log.level.0));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Human => builder.with_ansi(io::stderr().is_terminal()).with_target(false).compact().try_init(),
    };
    // The only way to fail is that logging has been started before.
    drop(started);
}

fn directives(level: &str) -> String {
    if level.contains([',', '=', '[']) {
        return level.to_owned();
    }
    let rooms = ROOMS.iter().map(|room| format!("{room}={level}"));
    let silent = SILENT.iter().map(|library| format!("{library}=off"));
    let no_warnings = NO_WARNINGS.iter().map(|library| format!("{library}=error"));
    std::iter::once("warn".to_owned()).chain(silent).chain(rooms).chain(no_warnings).collect::<Vec<_>>().join(",")
}

/// Progress towards a known end: a bar where there is a terminal, log lines elsewhere. Gone when dropped.
pub struct Progress {
    bar: ProgressBar,
    done: &'static str,
    logged: Cell<Instant>,
}

impl Progress {
    /// Towards `total` of something; `done` completes "3 of 5 …", such as "events sent".
    pub fn new(done: &'static str, total: u64) -> Self {
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {msg}, {eta} left") {
            bar.set_style(style);
        }
        bar.set_message(done);
        Self { bar, done, logged: Cell::new(Instant::now()) }
    }

    /// So many more.
    pub fn advance(&self, by: u64) {
        self.bar.inc(by);
        if self.bar.is_hidden() && self.logged.get().elapsed() >= LOG_EVERY {
            self.logged.set(Instant::now());
            tracing::info!("{} of {} {}", self.bar.position(), self.bar.length().unwrap_or(0), self.done);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_level_is_about_our_own_rooms() {
        let heard = directives("debug");
        assert!(heard.starts_with("warn,rdkafka=off,librdkafka=off,buoyant_kernel=off,bellwether=debug,"), "{heard}");
        assert!(heard.ends_with(",notify=error"), "a clean stop was told as a warning: {heard}");
        assert_eq!(directives("info,ingest=debug"), "info,ingest=debug");
    }

    /// Two rooms that were split from another one were silent below `warn`.
    #[test]
    fn every_room_is_heard() {
        let services = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let folders = std::fs::read_dir(services).unwrap().map(|entry| entry.unwrap());
        let mut rooms: Vec<String> = folders
            .filter(|entry| entry.path().join("Cargo.toml").exists())
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        rooms.sort();
        assert_eq!(rooms, ROOMS);
    }
}
