//! `schema list|show|check`.

use super::Context;
use crate::{
    failure::{Failure, Outcome},
    output::Format,
    wiring,
};
use contracts::{Contract, Contracts, FieldInfo};
use serde::Serialize;
use std::path::PathBuf;

/// Event contracts.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Every stream with its topic and key
    List {
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// The fields of one stream
    Show {
        /// Stream, e.g. calendar_audits
        stream: String,
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Loads a folder of schema files and tells every fault
    Check {
        /// The folder [default: the one that is configured]
        folder: Option<PathBuf>,
    },
}

#[derive(Serialize)]
struct StreamLine<'a> {
    stream: &'a str,
    topic: &'a str,
    kind: &'static str,
    key: &'a str,
    event_time: Option<&'a str>,
    revision_span_weeks: u32,
    fields: usize,
}

impl<'a> From<&'a Contract> for StreamLine<'a> {
    fn from(contract: &'a Contract) -> Self {
        Self {
            stream: contract.name(),
            topic: contract.topic(),
            kind: if contract.is_reference() { "reference" } else { "event" },
            key: contract.key(),
            event_time: contract.event_time(),
            revision_span_weeks: contract.revision_span_weeks(),
            fields: contract.schema().fields().len(),
        }
    }
}

#[derive(Serialize)]
struct FieldLine {
    field: String,
    r#type: &'static str,
    required: bool,
    pseudonym: Option<String>,
    values: Vec<String>,
    description: String,
}

impl From<FieldInfo> for FieldLine {
    fn from(field: FieldInfo) -> Self {
        let FieldInfo { name, data_type, required, person, choices, description } = field;
        Self { field: name, r#type: data_type, required, pseudonym: person, values: choices, description }
    }
}

/// Runs it.
pub fn run(command: Command, mut context: Context) -> Result<Outcome, Failure> {
    match command {
        Command::List { format } => {
            let contracts = wiring::contracts(&context.settings)?;
            let lines: Vec<StreamLine<'_>> = contracts.iter().map(|c| StreamLine::from(c.as_ref())).collect();
            let columns = ["stream", "topic", "kind", "key", "event_time", "revision_span_weeks", "fields"];
            context.out.list(format, &columns, &lines)?;
        }
        Command::Show { stream, format } => {
            let contracts = wiring::contracts(&context.settings)?;
            let contract = wiring::stream(&contracts, &stream)?;
            let lines: Vec<FieldLine> = contract.fields().into_iter().map(FieldLine::from).collect();
            context.out.list(format, &["field", "type", "required", "pseudonym", "values", "description"], &lines)?;
        }
        Command::Check { folder } => {
            let contracts = match folder {
                Some(folder) => Contracts::load(&folder).map_err(Failure::found)?,
                None => wiring::contracts(&context.settings).map_err(Failure::found)?,
            };
            context.out.text(&format!("{} event contracts, no fault", contracts.iter().count()))?;
        }
    }
    Ok(Outcome::Done)
}
