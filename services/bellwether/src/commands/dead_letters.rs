//! `dead-letters list|replay`.

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    output::Format,
    wiring,
};
use contracts::Contracts;
use ingest::dead_letters::{self, Coordinates, Selection};
use serde::Serialize;

/// Records that were refused.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Where each came from and why it was refused; never what it holds
    List {
        /// Streams [default: all]
        streams: Vec<String>,
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Sends the original records to their topics again
    Replay {
        /// Those of these records, as `list` names them: TOPIC-PARTITION@OFFSET
        #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "TOPIC-PARTITION@OFFSET")]
        records: Vec<Coordinates>,
        /// All of them
        #[arg(long)]
        all: bool,
        /// How to write what was done
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Serialize)]
struct Line {
    record: String,
    outcome: &'static str,
}

/// Runs it.
pub async fn run(command: Command, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = wiring::contracts(&context.settings)?;
    let (kafka, ingest) = (wiring::kafka(&context.settings)?, wiring::ingest_section(&context.settings, false));
    match command {
        Command::List { streams, format } => {
            let topics = topics(&contracts, &streams)?;
            let letters = dead_letters::list(&kafka, &ingest, &topics).await?;
            let columns = ["topic", "partition", "offset", "reason", "message", "at", "truncated"];
            context.out.list(format, &columns, &letters)?;
            Ok(Outcome::Done)
        }
        Command::Replay { records, all, format } => {
            let selection = if all { Selection::All } else { Selection::At(records.into_iter().collect()) };
            let done = dead_letters::replay(&kafka, &ingest, &topics(&contracts, &[])?, &selection).await?;
            let line = |outcome| move |place: &Coordinates| Line { record: place.to_string(), outcome };
            let mut lines: Vec<Line> = done.sent.iter().map(line("sent again")).collect();
            lines.extend(done.truncated.iter().map(line("not sent: too large to have been kept")));
            lines.extend(done.missing.iter().map(line("not sent: no such dead letter")));
            context.out.list(format, &["record", "outcome"], &lines)?;
            let whole = done.truncated.is_empty() && done.missing.is_empty();
            Ok(if whole { Outcome::Done } else { Outcome::Found })
        }
    }
}

/// Topics of the streams named; of all where none is.
fn topics<'a>(contracts: &'a Contracts, streams: &[String]) -> Result<Vec<&'a str>, Failure> {
    if streams.is_empty() {
        return Ok(contracts.iter().map(|c| c.topic()).collect());
    }
    streams.iter().map(|name| wiring::stream(contracts, name).map(|c| c.topic())).collect()
}
