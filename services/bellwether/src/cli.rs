//! The command line: every command, its arguments in the file of the command.

use crate::commands::{
    backfill, board, config, dashboards, dead_letters, demo, digest, health, indicators, ingest, lake, publish, query,
    rules, run, schema, simulate, sql, validate,
};
use clap::{Parser, Subcommand};
use std::{ffi::OsString, path::PathBuf};

/// Leading indicators of how work is led, from Kafka to a board of lagging sites.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, about, disable_help_subcommand = true)]
pub struct Cli {
    /// Settings file [default: ./bellwether.toml where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole program on simulated data with an embedded broker; nothing to set up
    Demo(demo::Arguments),
    /// Ingest, evaluate and export, in one process
    Run(run::Arguments),
    /// Kafka to the lake, exactly once
    Ingest(ingest::Arguments),
    /// Evaluate the lake, and export the results
    Indicators(indicators::Arguments),
    /// Events from NDJSON files to Kafka
    Publish(publish::Arguments),
    /// Simulate an organisation: every stream's events as files, and the truth planted in them
    Simulate(simulate::Arguments),
    /// Which sites lag, on what, since when
    Board(board::Arguments),
    /// What is told once a week: what changed, who lags, who is silent
    Digest(digest::Arguments),
    /// Whether metrics lead outcomes: how strongly, how sure, and what else could explain it
    Validate(validate::Arguments),
    /// Alerts of the metrics for Prometheus, with their tests: print, write or check them
    Rules(rules::Arguments),
    /// Stored weeks into Prometheus, as the samples that scrapes would have collected
    Backfill(backfill::Arguments),
    /// Grafana's dashboards as files, with links to your board
    Dashboards(dashboards::Arguments),
    /// Metric queries
    #[command(subcommand)]
    Query(query::Command),
    /// One SELECT over the lake
    Sql(sql::Arguments),
    /// Event contracts: list, show or check them
    #[command(subcommand)]
    Schema(schema::Command),
    /// Records that were refused: list them, or send them again
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    /// The lake's tables
    #[command(subcommand)]
    Lake(lake::Command),
    /// How a running program is: what it answers to a health check
    Health(health::Arguments),
    /// Settings: check them, or print every value in force and its source
    #[command(subcommand)]
    Config(config::Command),
}

/// Drops a bare `--` right after `demo`.
///
/// `cargo demo -- --once` is what people type, but the alias already ends in `-- demo`, so that the program sees
/// `demo -- --once` and would take `--once` for a stray operand.
pub fn normalise(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut kept: Vec<OsString> = Vec::new();
    let mut dropped = false;
    for arg in args {
        if !dropped && arg == "--" && kept.last().is_some_and(|last| last == "demo") {
            dropped = true;
            continue;
        }
        kept.push(arg);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(line: &str) -> String {
        let args = normalise(line.split(' ').map(OsString::from));
        args.iter().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn cargo_demo_with_and_without_dashes_mean_the_same() {
        assert_eq!(normalised("bellwether demo -- --once"), "bellwether demo --once");
        assert_eq!(normalised("bellwether demo --once"), "bellwether demo --once");
    }

    #[test]
    fn other_dashes_keep_their_meaning() {
        assert_eq!(normalised("bellwether publish sites -- -file"), "bellwether publish sites -- -file");
        assert_eq!(normalised("bellwether demo -- -- x"), "bellwether demo -- x");
    }
}
