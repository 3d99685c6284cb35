//! JSON payloads → Arrow columns, with per-record quarantine.

mod column;
mod every;
mod foreign;
mod parse;
mod time;
mod value;
mod whole;

use crate::{
    contract::Contract,
    rejection::{Reason, Rejection},
    verify,
};
use arrow::{array::BooleanArray, compute::filter_record_batch, record_batch::RecordBatch};
use column::Columns;
use std::{collections::BTreeMap, ops::Range, sync::Arc};
use value::State;

/// Builds columns from payloads of one stream. Reusable: `finish` leaves it empty.
#[derive(Debug)]
pub struct Decoder {
    contract: Arc<Contract>,
    event_times: Range<i64>,
    /// Report every fault of a payload, not just the first.
    all: bool,
    columns: Columns,
    state: State,
    bytes: usize,
    pushed: usize,
    /// For each row of `columns`, the index of its payload.
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
    /// Index and reason of every payload that is not a row, in the order pushed; one reason each, except where the decoder
    /// is [`Decoder::reporting_all`].
    pub rejected: Vec<(usize, Rejection)>,
    /// Fields that the schema does not name, dropped: how often each was seen (`items[].note` for nested ones). The
    /// names come from outside: at most 100 are counted apart between two `finish`, the rest count as [`OTHER_FIELDS`].
    pub unknown_fields: BTreeMap<String, u64>,
}

/// Stands for unknown fields beyond the first hundred, or with names that are no plain identifiers.
pub const OTHER_FIELDS: &str = "(other)";
const MAX_UNKNOWN_FIELDS: usize = 100;
const MAX_UNKNOWN_NAME: usize = 64;

impl Decoder {
    /// A decoder that accepts event times (microseconds since the epoch) in `event_times`.
    pub fn new(contract: Arc<Contract>, event_times: Range<i64>) -> Self {
        let columns = Columns::new(&contract.root);
        Self {
            contract,
            event_times,
            all: false,
            columns,
            state: State::default(),
            bytes: 0,
            pushed: 0,
            rows: Vec::new(),
            rejected: Vec::new(),
            unknown_fields: BTreeMap::new(),
        }
    }

    /// Reports every fault of a payload, as one rejection each with the same index, and not just its first. Bad payloads take
    /// longer, good ones do not.
    pub fn reporting_all(self) -> Self {
        Self { all: true, ..self }
    }

    /// Takes one payload. Faults are kept for `finish`; a bad payload leaves nothing behind in the columns.
    pub fn push(&mut self, payload: &[u8]) {
        match self.decode(payload) {
            Ok(()) => self.accept(),
            Err(rejection) => self.refuse(payload, rejection),
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

    /// In a reference stream the Kafka key must be the payload's.
    fn push_keyed(&mut self, key: Option<&[u8]>, payload: &[u8]) {
        if let Err(rejection) = self.decode(payload) {
            return self.refuse(payload, rejection);
        }
        if !self.contract.is_reference() || (key.is_some() && key == self.last_key()) {
            return self.accept();
        }
        self.columns.truncate(self.rows.len());
        let wrong = if key.is_some() { "differs from the payload's" } else { "is absent, and must be the payload's" };
        self.push_refused(payload, self.wrong_key(key, wrong));
    }

    /// Takes a deletion of a reference stream: a row of the key alone. Other streams have none: it is rejected.
    pub fn push_deletion(&mut self, key: &str) {
        if !self.contract.is_reference() {
            return self.push_rejected(no_deletion());
        }
        // A key in a wrapping is the key of no row: the deletion would change nothing, and nobody would notice.
        if foreign::key(key.as_bytes()).is_some() {
            return self.push_rejected(self.wrong_key(Some(key.as_bytes()), "names nothing to delete"));
        }
        if !self.has_room(key.len()) {
            return;
        }
        let position = self.contract.root.position(&self.contract.key);
        self.columns.push_deletion(position, key);
        self.accept();
    }

    fn wrong_key(&self, key: Option<&[u8]>, wrong: &str) -> Rejection {
        let foreign = key.and_then(foreign::key).map_or_else(String::new, |what| format!(": it {what}"));
        Rejection::new(Reason::Key, format!("/{}: the Kafka key {wrong}{foreign}", self.contract.key))
    }

    /// Takes the place of a payload that is refused before it is decoded, so that indexes stay aligned.
    pub fn push_rejected(&mut self, rejection: Rejection) {
        self.rejected.push((self.pushed, rejection));
        self.pushed += 1;
    }

    /// Takes a payload that is refused whatever it holds (size, key), with its own faults where all are reported.
    pub fn push_refused(&mut self, payload: &[u8], rejection: Rejection) {
        let index = self.pushed;
        self.push_rejected(rejection);
        if self.all {
            let faults = every::faults(&self.contract, &self.event_times, payload);
            self.rejected.extend(faults.into_iter().map(|fault| (index, fault)));
        }
    }

    /// Takes a payload that is no row; `first` is what decoding came upon first.
    fn refuse(&mut self, payload: &[u8], first: Rejection) {
        let faults = match self.all {
            true => every::faults(&self.contract, &self.event_times, payload),
            false => Vec::new(),
        };
        if faults.is_empty() {
            return self.push_rejected(first);
        }
        self.rejected.extend(faults.into_iter().map(|fault| (self.pushed, fault)));
        self.pushed += 1;
    }

    /// Runs the vectorised checks and hands over rows and rejections.
    pub fn finish(&mut self) -> Decoded {
        let (payloads, rejected) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.rejected));
        let submicros = self.columns.take_submicros();
        let rows = self.columns.finish_batch(self.contract.schema(), payloads.len());
        (self.bytes, self.pushed) = (0, 0);
        let bad = verify::batch(&self.contract, &self.event_times, (&rows, &submicros), self.all);
        let unknown_fields = std::mem::take(&mut self.unknown_fields);
        Decoded { rows, accepted: payloads, rejected, unknown_fields }.without(bad)
    }

    fn accept(&mut self) {
        self.rows.push(self.pushed);
        self.pushed += 1;
        if !self.state.dropped.is_empty() {
            self.count_dropped();
        }
    }

    fn decode(&mut self, payload: &[u8]) -> Result<(), Rejection> {
        if self.bytes + payload.len() > parse::MAX_BYTES {
            return Err(parse::full());
        }
        self.bytes += payload.len();
        let result = parse::record(payload, &self.contract, &mut self.columns, &mut self.state);
        if result.is_err() {
            self.columns.truncate(self.rows.len());
        }
        result
    }

    fn has_room(&mut self, bytes: usize) -> bool {
        let room = self.bytes + bytes <= parse::MAX_BYTES;
        if room {
            self.bytes += bytes;
        } else {
            self.push_rejected(parse::full());
        }
        room
    }

    fn last_key(&self) -> Option<&[u8]> {
        let column = self.contract.root.position(&self.contract.key)?;
        self.columns.last_text(column)
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

impl Decoded {
    /// Moves rows that break a rule to the rejections.
    fn without(mut self, bad: BTreeMap<usize, Vec<Rejection>>) -> Self {
        if bad.is_empty() {
            return self;
        }
        let good: Vec<bool> = (0..self.accepted.len()).map(|row| !bad.contains_key(&row)).collect();
        for (row, rejections) in bad {
            self.rejected.extend(rejections.into_iter().map(|rejection| (self.accepted[row], rejection)));
        }
        self.rejected.sort_by_key(|(payload, _)| *payload);
        let mut kept = good.iter();
        self.accepted.retain(|_| kept.next().copied().unwrap_or_default());
        #[expect(clippy::expect_used, reason = "the mask has one bit a row")]
        let rows = filter_record_batch(&self.rows, &BooleanArray::from(good)).expect("a mask of the batch's length");
        Self { rows, ..self }
    }
}

impl Contract {
    /// Whether one payload would be a row, its event time aside. For many, use a [`Decoder`].
    ///
    /// # Errors
    /// The rejection, as a [`Decoder`] would report it.
    pub fn check(self: &Arc<Self>, payload: &[u8]) -> Result<(), Rejection> {
        let mut decoder = Decoder::new(Arc::clone(self), i64::MIN..i64::MAX);
        decoder.push(payload);
        match decoder.finish().rejected.pop() {
            Some((_, rejection)) => Err(rejection),
            None => Ok(()),
        }
    }

    /// Every fault of one payload, its event time aside; none where it would be a row.
    pub fn faults(&self, payload: &[u8]) -> Vec<Rejection> {
        every::faults(self, &(i64::MIN..i64::MAX), payload)
    }
}

fn no_deletion() -> Rejection {
    Rejection::new(Reason::Key, "a null payload deletes only in reference streams")
}
