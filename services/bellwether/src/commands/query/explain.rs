//! `query explain`: what one metric's query would do and read.

use super::named;
use crate::{
    commands::{Context, when},
    configured,
    failure::{Failure, Outcome},
    output::Format,
};
use ::lake::Lake;
use evaluation::Tables;
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use workbench::{Explained, TableRead, Wanted, explain};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A metric of the configured folder, or the path of a query file
    #[arg(value_name = "NAME|PATH")]
    metric: String,
    /// The evaluation clock: later data are hidden [default: now]
    #[arg(long, value_name = "MOMENT", value_parser = when::moment)]
    as_of: Option<Timestamp>,
    /// First week: 2026-W23, or any date of it [default: all weeks]
    #[arg(long, value_name = "WEEK", value_parser = when::monday)]
    from: Option<Date>,
    /// Last week
    #[arg(long, value_name = "WEEK", value_parser = when::monday)]
    to: Option<Date>,
    /// How to write it; csv holds the tables alone
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// All of it as one document.
#[derive(Serialize)]
struct Document<'a> {
    metric: &'a str,
    as_of: Timestamp,
    plan: &'a [String],
    reads: &'a [TableRead],
}

/// A table for people.
#[derive(Serialize)]
struct Line<'a> {
    table: &'a str,
    files: String,
    bytes: String,
    dates: String,
    files_of_keys: u64,
    columns: &'a [String],
}

impl<'a> From<&'a TableRead> for Line<'a> {
    fn from(read: &'a TableRead) -> Self {
        Self {
            table: &read.table,
            files: format!("{} of {}", read.files, read.of_files),
            bytes: format!("{} of {}", size(read.bytes), size(read.of_bytes)),
            dates: dates(read.first_date, read.last_date),
            files_of_keys: read.files_of_keys,
            columns: &read.columns,
        }
    }
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    when::in_order(arguments.from, arguments.to).map_err(Failure::misuse)?;
    let contracts = configured::contracts(&context.settings)?;
    let metric = named::metric(&arguments.metric, &context.settings, &contracts, context.out.colour).await?;
    let lake = Lake::open(&context.settings.lake.0).await?;
    let tables = Tables::open(&lake, &contracts).await?;
    let as_of = arguments.as_of.unwrap_or_else(Timestamp::now);
    let wanted = Wanted { as_of, from: arguments.from, to: arguments.to, condition: None };
    let limits = configured::limits(&context.settings);
    let Explained { plan, reads } = explain(&lake, &tables, &metric, &wanted, &limits).await?;
    match arguments.format {
        Format::Json => context.out.json(&Document { metric: &metric.name, as_of, plan: &plan, reads: &reads })?,
        Format::Csv => {
            let columns = [
                "table",
                "files",
                "of_files",
                "bytes",
                "of_bytes",
                "first_date",
                "last_date",
                "files_of_keys",
                "columns",
            ];
            context.out.list(Format::Csv, &columns, &reads)?;
        }
        Format::Table => {
            context.out.text(&plan.join("\n"))?;
            context.out.text("")?;
            let lines: Vec<Line<'_>> = reads.iter().map(Line::from).collect();
            context.out.list(
                Format::Table,
                &["table", "files", "bytes", "dates", "files_of_keys", "columns"],
                &lines,
            )?;
        }
    }
    Ok(Outcome::Done)
}

fn dates(first: Option<Date>, last: Option<Date>) -> String {
    match (first, last) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => String::new(),
    }
}

/// Bytes in the unit that they are read in.
fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
