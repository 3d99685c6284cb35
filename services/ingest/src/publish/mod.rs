//! NDJSON → Kafka.
//!
//! ```text
//!  files, .gz, stdin ──line──► key of the contract ──► Publisher ──► topic
//!                              file:line on a fault     bounded: waits for the broker
//! ```

mod check;
mod input;
mod key;
mod meter;
mod publisher;
mod ready;

use crate::KafkaSettings;
use contracts::Contract;
use input::{Line, NoText};
use key::{KeyFault, key_of};
use meter::Meter;
use std::path::{Path, PathBuf};

pub use check::{Checked, LineFault, check_lines};
pub use publisher::{PublishError, Publisher};

/// What was published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    /// Records that the broker has acknowledged.
    pub records: u64,
    /// Bytes of their values.
    pub bytes: u64,
}

/// Publishes the lines of these files (`-` is standard input, `.gz` is unpacked) to the stream's topic, keyed by the
/// contract's key so that an event's revisions stay in order. Shows progress on a terminal, and in the log elsewhere.
///
/// Blocks. Lines must be UTF-8 and are sent as they are; only the key is looked at, and blank lines are passed over. On a
/// fault what was read before it has been published, and the error says how much ([`PublishError::Stopped`]); publishing
/// the file again does no harm, because an event counts once.
pub fn publish(kafka: &KafkaSettings, contract: &Contract, files: &[PathBuf]) -> Result<Published, PublishError> {
    let mut publisher = Publisher::new(kafka)?;
    let meter = Meter::new(contract.topic(), files);
    let mut outcome = Ok(());
    for file in files {
        outcome = publish_file(&mut publisher, contract, file, &meter);
        if outcome.is_err() {
            break;
        }
    }
    let ended = match outcome {
        Ok(()) => publisher.finish(),
        Err(source) => Err(PublishError::Stopped { records: publisher.settle().records, source: Box::new(source) }),
    };
    meter.finish();
    ended
}

fn publish_file(
    publisher: &mut Publisher,
    contract: &Contract,
    file: &Path,
    meter: &Meter,
) -> Result<(), PublishError> {
    input::lines(file, meter, |Line { number, event }| {
        let name = || file.display().to_string();
        let event = event.map_err(|NoText { column, problem }| PublishError::Encoding {
            file: name(),
            line: number,
            column,
            problem,
        })?;
        let fault = |fault: KeyFault| PublishError::Line {
            file: name(),
            line: number,
            problem: check::without_key(&fault, contract, event),
        };
        let key = key_of(event, contract.key()).map_err(fault)?;
        publisher
            .send_from(contract.topic(), Some(key.as_bytes()), Some(event), number)
            .map_err(|error| error.in_file(file))?;
        meter.records(publisher.sent());
        Ok(())
    })
}
