//! Log lines on standard error, for people or as JSON.

use crate::settings::{Log, LogFormat};
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

/// The rooms whose events a bare level is about. Libraries below them are heard from `warn` on: the table format alone
/// writes a screenful a commit. The Kafka client repeats a broken connection hundreds of times, and what is worth
/// knowing of it the rooms tell in their own words. Whoever wants more says so in directives of their own.
const ROOMS: [&str; 7] = ["bellwether", "contracts", "exporter", "indicators", "ingest", "lake", "simulator"];

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
    ["warn", "rdkafka=off", "librdkafka=off"].map(str::to_owned).into_iter().chain(rooms).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_level_is_about_our_own_rooms() {
        assert!(directives("debug").starts_with("warn,rdkafka=off,librdkafka=off,bellwether=debug,"));
        assert_eq!(directives("info,ingest=debug"), "info,ingest=debug");
    }
}
