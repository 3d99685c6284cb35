//! Lines of files held against a contract, as ingestion would: no broker is asked.

use super::{
    input::{self, Line, NoText},
    key::{KeyFault, key_of},
    meter::Meter,
    publisher::PublishError,
};
use crate::{settings::IngestSettings, size};
use contracts::{Contract, Decoder, Reason, Rejection};
use jiff::Timestamp;
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

/// Lines that are decoded together.
const PORTION: usize = 8192;

/// One fault of a line.
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
/// and size included, and shows every fault of every line that ingestion would refuse, in the order of the files. A line
/// that is not UTF-8, no JSON object or an envelope has that one fault.
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
    let decoder = Decoder::new(Arc::clone(contract), range).reporting_all();
    let mut portion = Portion { decoder, key: contract.key().to_owned(), lines: Vec::new() };
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
    /// Name of the field that is the key.
    key: String,
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
            Ok(event) => match size::rejection(self.size(event), limit) {
                Some(rejection) => self.decoder.push_refused(event, rejection),
                // `publish` takes the key out of the event.
                None => self.decoder.push(event),
            },
        }
    }

    /// Of the record that `publish` makes of the line.
    fn size(&self, event: &[u8]) -> usize {
        let key = key_of(event, &self.key).ok();
        size::of_record(key.as_deref().map(str::as_bytes), Some(event), [])
    }

    fn finish(&mut self, file: &str, checked: &mut Checked, each: &mut impl FnMut(LineFault)) {
        let lines = std::mem::take(&mut self.lines);
        let rejected = self.decoder.finish().rejected;
        checked.lines += lines.len() as u64;
        checked.refused += rejected.iter().map(|(index, _)| index).collect::<BTreeSet<_>>().len() as u64;
        for (index, rejection) in rejected {
            each(LineFault {
                file: file.to_owned(),
                line: lines[index],
                field: rejection.pointer().filter(|pointer| *pointer != "/").unwrap_or_default().to_owned(),
                reason: rejection.reason.as_str(),
                message: rejection.rule().to_owned(),
            });
        }
    }
}

/// Why a line has no key, and what else is wrong with it, in the words of [`check_lines`].
pub(super) fn without_key(fault: &KeyFault, contract: &Contract, event: &[u8]) -> String {
    let key = format!("/{}", contract.key());
    let faults = contract.faults(event);
    let others = faults.iter().filter(|fault| fault.pointer().is_some_and(|pointer| pointer != key));
    others.fold(fault.describe(contract.key()), |told, fault| format!("{told}; {}", fault.message))
}
