//! `lake status`, `lake promises`.

use super::Context;
use crate::{
    configured,
    failure::{Failure, Outcome},
    output::{Format, Out},
};
use ::lake::{Lake, TableStatus};
use indicators::promises::{Promise, Subject};
use jiff::{Timestamp, civil::Date};
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
    /// What was promised to those who answered: of which answers or metric, from which week on, of how few people nothing
    /// is shown, by which query file and since when
    Promises {
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Serialize)]
struct PromiseLine<'a> {
    kind: &'static str,
    name: &'a str,
    instrument: Option<&'a str>,
    from_week: Option<Date>,
    minimum: u32,
    promised_by: &'a str,
    promised_at: Timestamp,
}

impl<'a> From<&'a Promise> for PromiseLine<'a> {
    fn from(promise: &'a Promise) -> Self {
        let (kind, name, instrument) = match &promise.subject {
            Subject::Answers(survey) => ("answers", &survey.stream, survey.instrument.as_deref()),
            Subject::Metric(metric) => ("metric", metric, None),
        };
        Self {
            kind,
            name,
            instrument,
            from_week: promise.first_week(),
            minimum: promise.minimum,
            promised_by: &promise.by,
            promised_at: promise.at,
        }
    }
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
    let lake = Lake::open(&context.settings.lake.0).await?;
    match command {
        Command::Status { format } => status(&lake, format, &mut context.out).await,
        Command::Promises { format } => promises(&lake, format, &mut context).await,
    }
}

async fn promises(lake: &Lake, format: Format, context: &mut Context) -> Result<Outcome, Failure> {
    let promises = evaluation::promised(lake, &configured::limits(&context.settings)).await?;
    let lines: Vec<PromiseLine<'_>> = promises.iter().map(PromiseLine::from).collect();
    let columns = ["kind", "name", "instrument", "from_week", "minimum", "promised_by", "promised_at"];
    context.out.list(format, &columns, &lines)?;
    Ok(Outcome::Done)
}

async fn status(lake: &Lake, format: Format, out: &mut Out) -> Result<Outcome, Failure> {
    let lines: Vec<Line> = lake.status().await?.into_iter().map(Line::from).collect();
    out.list(format, &["table", "version", "files", "rows", "bytes", "last_commit"], &lines)?;
    Ok(Outcome::Done)
}
