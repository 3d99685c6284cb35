//! `dead-letters list|replay`.

use super::Context;
use crate::{
    configured,
    failure::{Failure, Outcome},
    output::Format,
};
use contracts::Contracts;
use ingest::dead_letters::{self, Coordinates, DeadLetter, DeadLetterState, Outdated, Replayed, Selection, Since};
use serde::Serialize;

/// Records that were refused.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List where each came from and why it was refused; never what it holds
    List {
        /// Streams [default: all]
        streams: Vec<String>,
        /// Only those that have not been replayed
        #[arg(long)]
        open: bool,
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Send the original records to their topics again, and mark the dead letters as replayed
    Replay {
        /// Those of these records, as `list` names them: TOPIC-PARTITION@OFFSET
        #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "TOPIC-PARTITION@OFFSET")]
        records: Vec<Coordinates>,
        /// All that have not been replayed
        #[arg(long)]
        all: bool,
        /// Also those that have been replayed before
        #[arg(long)]
        again: bool,
        /// How to write what was done
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Serialize)]
struct Line {
    record: String,
    outcome: String,
}

/// Runs it.
pub async fn run(command: Command, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = configured::contracts(&context.settings)?;
    let (kafka, ingest) = (configured::kafka(&context.settings)?, configured::ingest_section(&context.settings, false));
    match command {
        Command::List { streams, open, format } => {
            let topics = topics(&contracts, &streams)?;
            let mut found = dead_letters::list(&kafka, &ingest, &topics).await?;
            found.retain(|record| !open || record.state == DeadLetterState::Open);
            let columns =
                ["topic", "partition", "offset", "state", "replayed_at", "reason", "message", "at", "truncated"];
            context.out.list(format, &columns, &found)?;
            Ok(Outcome::Done)
        }
        Command::Replay { records, all, again, format } => {
            let selection = if all { Selection::All } else { Selection::At(records.into_iter().collect()) };
            let mut done = dead_letters::replay(&kafka, &ingest, &contracts, &selection, again).await?;
            if all {
                // All that are open: of the others it says nothing.
                done.already.clear();
            }
            context.out.list(format, &["record", "outcome"], &lines(&done))?;
            let whole = done.truncated.is_empty()
                && done.already.is_empty()
                && done.outdated.is_empty()
                && done.missing.is_empty();
            Ok(if whole { Outcome::Done } else { Outcome::Found })
        }
    }
}

fn lines(done: &Replayed) -> Vec<Line> {
    let line = |outcome: &'static str| {
        move |place: &Coordinates| Line { record: place.to_string(), outcome: outcome.to_owned() }
    };
    let already = |record: &DeadLetter| {
        let at = record.replayed_at.map_or_else(String::new, |at| format!(" at {at}"));
        Line {
            record: record.source.to_string(),
            outcome: format!("not sent: replayed{at}; --again sends it once more"),
        }
    };
    let outdated = |Outdated { source, why, by }: &Outdated| {
        let outcome = match why {
            Since::Deleted => format!("not sent: its key was deleted since ({by})"),
            Since::Superseded => format!("not sent: a record of the same or a higher revision came since ({by})"),
        };
        Line { record: source.to_string(), outcome }
    };
    let sent = done.sent.iter().map(line("sent again"));
    let truncated = done.truncated.iter().map(line("not sent: too large to have been kept"));
    let missing = done.missing.iter().map(line("not sent: no such dead letter"));
    let already = done.already.iter().map(already).chain(done.outdated.iter().map(outdated));
    sent.chain(truncated).chain(already).chain(missing).collect()
}

/// Topics of the streams named; of all where none is.
fn topics<'a>(contracts: &'a Contracts, streams: &[String]) -> Result<Vec<&'a str>, Failure> {
    if streams.is_empty() {
        return Ok(contracts.iter().map(|c| c.topic()).collect());
    }
    streams.iter().map(|name| configured::stream(contracts, name).map(|c| c.topic())).collect()
}
