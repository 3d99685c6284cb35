//! Lines of files held against a contract, as ingestion would: no broker is asked.

use super::{
    PublishError,
    input::{self, Line, NoText},
    meter::Meter,
};
use crate::IngestSettings;
use contracts::{Contract, Decoder, Reason, Rejection};
use jiff::Timestamp;
use std::{path::PathBuf, sync::Arc};

/// Lines that are decoded together.
const PORTION: usize = 8192;

/// The first fault of a line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LineFault {
    /// The file, as it was given.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The field, as a JSON pointer; empty where it is the line as a whole.
    pub field: String,
    /// Class of the fault, as of dead letters.
    pub reason: &'static str,
    /// The rule that it breaks.
    pub message: String,
}

/// What was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Checked {
    /// Lines that are not blank.
    pub lines: u64,
    /// Those that ingestion would refuse.
    pub refused: u64,
}

/// Holds the lines of these files (`-` is standard input, `.gz` is unpacked) against the contract, accepted event times
/// and size included, and shows the first fault of every line that ingestion would refuse, in the order of the files.
///
/// # Errors
/// A file that cannot be read.
pub fn check_lines(
    ingest: &IngestSettings,
    contract: &Arc<Contract>,
    files: &[PathBuf],
    mut each: impl FnMut(LineFault),
) -> Result<Checked, PublishError> {
    let range = ingest.event_times.range(Timestamp::now());
    let mut portion = Portion { decoder: Decoder::new(Arc::clone(contract), range), lines: Vec::new() };
    let meter = Meter::new(contract.topic(), files);
    let mut checked = Checked::default();
    for file in files {
        let name = file.display().to_string();
        input::lines(file, &meter, |line| {
            portion.push(&line, ingest.max_record_bytes);
            if portion.lines.len() >= PORTION {
                portion.finish(&name, &mut checked, &mut each);
            }
            Ok(())
        })?;
        portion.finish(&name, &mut checked, &mut each);
    }
    meter.finish();
    Ok(checked)
}

struct Portion {
    decoder: Decoder,
    /// Number of each line that was pushed.
    lines: Vec<usize>,
}

impl Portion {
    fn push(&mut self, line: &Line<'_>, limit: usize) {
        self.lines.push(line.number);
        match &line.event {
            Err(NoText { column, problem }) => {
                self.decoder.push_rejected(Rejection::new(Reason::Malformed, format!("column {column}: {problem}")));
            }
            Ok(event) if event.len() > limit => {
                let message = format!("{} bytes, more than the {limit} of ingest.max_record_bytes", event.len());
                self.decoder.push_rejected(Rejection::new(Reason::TooLarge, message));
            }
            // `publish` takes the key out of the event.
            Ok(event) => self.decoder.push(event),
        }
    }

    fn finish(&mut self, file: &str, checked: &mut Checked, each: &mut impl FnMut(LineFault)) {
        let lines = std::mem::take(&mut self.lines);
        let rejected = self.decoder.finish().rejected;
        checked.lines += lines.len() as u64;
        checked.refused += rejected.len() as u64;
        for (index, Rejection { reason, message }) in rejected {
            let (field, message) = match message.split_once(": ") {
                Some((pointer, rule)) if pointer.starts_with('/') => (pointer.to_owned(), rule.to_owned()),
                _ => (String::new(), message),
            };
            each(LineFault { file: file.to_owned(), line: lines[index], field, reason: reason.as_str(), message });
        }
    }
}
