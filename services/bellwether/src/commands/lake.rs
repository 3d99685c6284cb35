//! `lake status`.

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    output::Format,
};
use ::lake::{Lake, TableStatus};
use jiff::Timestamp;
use serde::Serialize;

/// The lake's tables.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the version, files, rows and bytes of every table
    Status {
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Serialize)]
struct Line {
    table: String,
    version: u64,
    files: u64,
    rows: u64,
    bytes: u64,
    last_commit: Option<Timestamp>,
}

impl From<TableStatus> for Line {
    fn from(status: TableStatus) -> Self {
        Self {
            table: status.table,
            version: status.version,
            files: status.files,
            rows: status.rows,
            bytes: status.bytes,
            last_commit: Timestamp::from_millisecond(status.last_commit_ms).ok(),
        }
    }
}

/// Runs it.
pub async fn run(command: Command, mut context: Context) -> Result<Outcome, Failure> {
    let Command::Status { format } = command;
    let lake = Lake::open(&context.settings.lake.0).await?;
    let lines: Vec<Line> = lake.status().await?.into_iter().map(Line::from).collect();
    context.out.list(format, &["table", "version", "files", "rows", "bytes", "last_commit"], &lines)?;
    Ok(Outcome::Done)
}
