//! `schema list|show|check`.

use super::Context;
use crate::{
    configured,
    failure::{Failure, Outcome},
    output::Format,
};
use contracts::{Contract, ContractError, Contracts, Fault, FieldInfo};
use ingest::{Checked, LineFault};
use serde::Serialize;
use std::path::PathBuf;

/// Event contracts.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List every stream with its topic and key
    List {
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List the fields of one stream
    Show {
        /// Stream, e.g. calendar_audits
        stream: String,
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Check a folder of schema files, or the lines of files against a stream's contract, and report every fault
    ///
    /// `schema check [FOLDER]`: every fault of every schema file.
    /// `schema check STREAM FILE...`: the lines that `ingest` would refuse, each with all its faults; no broker is asked.
    #[command(verbatim_doc_comment)]
    Check {
        /// A folder of schema files [default: the one that is configured], or a stream, e.g. calendar_audits
        #[arg(value_name = "FOLDER|STREAM")]
        what: Option<PathBuf>,
        /// Files of one JSON event a line; .gz is unpacked, - is standard input
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// How to write the faults
        #[arg(long, value_enum, default_value_t)]
        format: Format,
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
            let contracts = configured::contracts(&context.settings)?;
            let lines: Vec<StreamLine<'_>> = contracts.iter().map(|c| StreamLine::from(c.as_ref())).collect();
            let columns = ["stream", "topic", "kind", "key", "event_time", "revision_span_weeks", "fields"];
            context.out.list(format, &columns, &lines)?;
        }
        Command::Show { stream, format } => {
            let contracts = configured::contracts(&context.settings)?;
            let contract = configured::stream(&contracts, &stream)?;
            let lines: Vec<FieldLine> = contract.fields().into_iter().map(FieldLine::from).collect();
            context.out.list(format, &["field", "type", "required", "pseudonym", "values", "description"], &lines)?;
        }
        Command::Check { what: Some(stream), files, format } if !files.is_empty() => {
            return check_lines(&stream.to_string_lossy(), &files, format, context);
        }
        Command::Check { what, format, .. } => return check_folder(what, format, context),
    }
    Ok(Outcome::Done)
}

#[derive(Serialize)]
struct FaultLine<'a> {
    file: &'a str,
    pointer: &'a str,
    message: &'a str,
    help: &'a str,
}

impl<'a> From<&'a Fault> for FaultLine<'a> {
    fn from(fault: &'a Fault) -> Self {
        Self { file: &fault.file, pointer: &fault.pointer, message: &fault.what, help: &fault.remedy }
    }
}

fn check_folder(folder: Option<PathBuf>, format: Format, mut context: Context) -> Result<Outcome, Failure> {
    if let Some(stream) = folder.as_ref().filter(|folder| !folder.exists())
        && configured::contracts(&context.settings)?.get(&stream.to_string_lossy()).is_some()
    {
        let stream = stream.display();
        return Err(Failure::misuse(format!(
            "{stream} is a stream: name the files to hold against it, - for standard input"
        )));
    }
    let loaded = match folder {
        Some(folder) => Contracts::load(&folder).map_err(anyhow::Error::from),
        None => configured::contracts(&context.settings),
    };
    match (loaded, format) {
        (Ok(contracts), Format::Table) => {
            context.out.text(&format!("{} event contracts, no fault", contracts.iter().count()))?;
            Ok(Outcome::Done)
        }
        // For people the faults are the error itself.
        (Err(error), Format::Table) => Err(Failure::found(error)),
        (loaded, format) => {
            let error = loaded.as_ref().err().and_then(|error| error.downcast_ref());
            let faults = error.map_or(&[][..], ContractError::faults);
            let lines: Vec<FaultLine<'_>> = faults.iter().map(FaultLine::from).collect();
            context.out.list(format, &["file", "pointer", "message", "help"], &lines)?;
            Ok(if loaded.is_ok() { Outcome::Done } else { Outcome::Found })
        }
    }
}

fn check_lines(stream: &str, files: &[PathBuf], format: Format, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = configured::contracts(&context.settings)?;
    let contract = configured::stream(&contracts, stream)?;
    let ingest = configured::ingest_section(&context.settings, false);
    let mut faults: Vec<LineFault> = Vec::new();
    let Checked { lines, refused } = ingest::check_lines(&ingest, contract, files, |fault| faults.push(fault))?;
    if format != Format::Table || refused > 0 {
        context.out.list(format, &["file", "line", "field", "reason", "message"], &faults)?;
    }
    if format == Format::Table {
        let noun = if lines == 1 { "line" } else { "lines" };
        let told = match refused {
            0 => format!("{lines} {noun}, no fault"),
            _ => format!("{refused} of {lines} {noun} would be refused"),
        };
        context.out.text(&told)?;
    }
    Ok(if refused == 0 { Outcome::Done } else { Outcome::Found })
}
