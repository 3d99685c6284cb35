//! JSON payloads → Arrow columns, with per-record quarantine.

mod column;
mod finish;
mod foreign;
mod parse;
mod time;
mod value;
mod whole;

use crate::{Contract, Reason, Rejection, model::Kind};
use arrow::record_batch::RecordBatch;
use column::Record;
use std::{collections::BTreeMap, ops::Range, sync::Arc};
use value::State;

/// Text columns have 32-bit offsets: payloads beyond this many bytes between two `finish` are refused.
const MAX_BATCH_BYTES: usize = i32::MAX as usize;

/// Builds columns from payloads of one stream. Reusable: `finish` leaves it empty.
#[derive(Debug)]
pub struct Decoder {
    contract: Arc<Contract>,
    event_times: Range<i64>,
    record: Record,
    state: State,
    bytes: usize,
    pushed: usize,
    /// For each row of `record`, the index of its payload.
    rows: Vec<usize>,
    rejected: Vec<(usize, Rejection)>,
    unknown_fields: BTreeMap<String, u64>,
}

/// What became of the payloads pushed since the last `finish`.
#[derive(Debug)]
pub struct Decoded {
    /// The accepted rows, in the order pushed, with the contract's schema. Person fields still hold raw ids.
    pub rows: RecordBatch,
    /// For each row, the index of its payload among those pushed (rejected pushes count too).
    pub accepted: Vec<usize>,
    /// Index and reason of every payload that is not a row, in the order pushed.
    pub rejected: Vec<(usize, Rejection)>,
    /// Fields that the schema does not name, dropped: how often each was seen (`items[].note` for nested ones). The
    /// names come from outside: at most 100 are told apart between two `finish`, the rest count as [`OTHER_FIELDS`].
    pub unknown_fields: BTreeMap<String, u64>,
}

/// Stands for unknown fields beyond the first hundred, or with names that are no plain identifiers.
pub const OTHER_FIELDS: &str = "(other)";
const MAX_UNKNOWN_FIELDS: usize = 100;
const MAX_UNKNOWN_NAME: usize = 64;

impl Decoder {
    /// A decoder that accepts event times (microseconds since the epoch) in `event_times`.
    pub fn new(contract: Arc<Contract>, event_times: Range<i64>) -> Self {
        let record = Record::new(&contract.root);
        Self {
            contract,
            event_times,
            record,
            state: State::default(),
            bytes: 0,
            pushed: 0,
            rows: Vec::new(),
            rejected: Vec::new(),
            unknown_fields: BTreeMap::new(),
        }
    }

    /// Takes one payload. Faults are kept for `finish`; a bad payload leaves nothing behind in the columns.
    pub fn push(&mut self, payload: &[u8]) {
        match self.decode(payload) {
            Ok(()) => self.accept(),
            Err(rejection) => self.push_rejected(rejection),
        }
    }

    /// Takes one record as Kafka has it: a payload, or none, which deletes in a reference stream.
    pub fn push_record(&mut self, key: Option<&[u8]>, payload: Option<&[u8]>) {
        match payload {
            Some(payload) => self.push_keyed(key, payload),
            None if !self.contract.is_reference() => self.push_rejected(no_deletion()),
            None => match key.map(std::str::from_utf8) {
                Some(Ok(id)) if !id.is_empty() => self.push_deletion(id),
                Some(Err(_)) => self.push_rejected(self.wrong_key(key, "names nothing to delete")),
                _ => self.push_rejected(Rejection::new(Reason::Key, "a deletion needs a Kafka key, in UTF-8")),
            },
        }
    }

    /// Takes one record with its Kafka key, which for a reference stream must be the payload's.
    pub fn push_keyed(&mut self, key: Option<&[u8]>, payload: &[u8]) {
        let result = self.decode(payload).and_then(|()| {
            if !self.contract.is_reference() || (key.is_some() && key == self.last_key()) {
                return Ok(());
            }
            self.record.truncate(self.rows.len());
            let wrong =
                if key.is_some() { "differs from the payload's" } else { "is absent, and must be the payload's" };
            Err(self.wrong_key(key, wrong))
        });
        match result {
            Ok(()) => self.accept(),
            Err(rejection) => self.push_rejected(rejection),
        }
    }

    /// Takes a deletion of a reference stream: a row of the key alone. Other streams have none: it is rejected.
    pub fn push_deletion(&mut self, key: &str) {
        if !self.contract.is_reference() {
            return self.push_rejected(no_deletion());
        }
        // Deleting what nobody is called would say nothing, and leave the one that was meant.
        if foreign::key(key.as_bytes()).is_some() {
            return self.push_rejected(self.wrong_key(Some(key.as_bytes()), "names nothing to delete"));
        }
        if !self.has_room(key.len()) {
            return;
        }
        let position = self.contract.root.position(&self.contract.key);
        self.record.push_deletion(position, key);
        self.accept();
    }

    fn wrong_key(&self, key: Option<&[u8]>, wrong: &str) -> Rejection {
        let foreign = key.and_then(foreign::key).map_or_else(String::new, |what| format!(": it {what}"));
        Rejection::new(Reason::Key, format!("/{}: the Kafka key {wrong}{foreign}", self.contract.key))
    }

    /// Takes a payload that was already found wanting (size, key), so that indexes stay aligned.
    pub fn push_rejected(&mut self, rejection: Rejection) {
        self.rejected.push((self.pushed, rejection));
        self.pushed += 1;
    }

    /// Payloads pushed since the last `finish`.
    pub fn pushed(&self) -> usize {
        self.pushed
    }

    /// Runs the vectorised checks and hands over rows and rejections.
    pub fn finish(&mut self) -> Decoded {
        let pushed = std::mem::take(&mut self.rows);
        let mut rejected = std::mem::take(&mut self.rejected);
        let finer = self.record.take_finer();
        let batch = self.record.finish_batch(self.contract.schema(), pushed.len());
        self.bytes = 0;
        self.pushed = 0;
        let (rows, accepted) = finish::check(&self.contract, &self.event_times, (batch, &finer), pushed, &mut rejected);
        Decoded { rows, accepted, rejected, unknown_fields: std::mem::take(&mut self.unknown_fields) }
    }

    fn accept(&mut self) {
        self.rows.push(self.pushed);
        self.pushed += 1;
        if !self.state.dropped.is_empty() {
            self.count_dropped();
        }
    }

    fn decode(&mut self, payload: &[u8]) -> Result<(), Rejection> {
        if self.bytes + payload.len() > MAX_BATCH_BYTES {
            return Err(full());
        }
        self.bytes += payload.len();
        let result = parse::record(payload, &self.contract.root, &mut self.record, &mut self.state);
        if result.is_err() {
            self.record.truncate(self.rows.len());
        }
        result
    }

    fn has_room(&mut self, bytes: usize) -> bool {
        let room = self.bytes + bytes <= MAX_BATCH_BYTES;
        if room {
            self.bytes += bytes;
        } else {
            self.push_rejected(full());
        }
        room
    }

    fn last_key(&self) -> Option<&[u8]> {
        let column = self.contract.root.position(&self.contract.key)?;
        debug_assert!(matches!(self.contract.root.fields[column].node.kind, Kind::Text(_)));
        self.record.last_text(column)
    }

    fn count_dropped(&mut self) {
        for (_, path) in std::mem::take(&mut self.state.dropped) {
            let known = self.unknown_fields.contains_key(&path);
            let plain = path.len() <= MAX_UNKNOWN_NAME
                && path.chars().all(|c| c.is_ascii_alphanumeric() || "_-.[]".contains(c));
            let told_apart = self.unknown_fields.keys().filter(|name| *name != OTHER_FIELDS).count();
            let name = if known || (plain && told_apart < MAX_UNKNOWN_FIELDS) { path } else { OTHER_FIELDS.to_owned() };
            *self.unknown_fields.entry(name).or_default() += 1;
        }
    }
}

fn no_deletion() -> Rejection {
    Rejection::new(Reason::Key, "a null payload deletes only in reference streams")
}

fn full() -> Rejection {
    Rejection::new(Reason::TooLarge, "more than 2 GiB of payloads in one batch: finish more often")
}
