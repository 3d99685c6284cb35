//! Random events that a stream's contract accepts, made from its schema file.

use contracts::{Contract, Decoder};
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const ZONES: [&str; 4] = ["UTC", "Australia/Lord_Howe", "America/Los_Angeles", "Asia/Tokyo"];
/// Few keys for each query, so that revisions and repetitions are common.
pub(super) const KEYS: u32 = 24;
const NAMES: u32 = 3;
/// Revisions of a key move by up to so many weeks either way: well within the span of any contract.
const MOVES: i64 = 5;
const TRIES: usize = 400;

/// A source of events.
pub(super) struct Events {
    pub random: ChaCha8Rng,
    /// Values that the query names: fields take them more often than others, or hardly an event would count.
    pub words: Vec<String>,
    /// Keys of each stream of events.
    pub keys: u32,
    pub start: Timestamp,
    /// Weeks after `start` in which events lie.
    pub weeks: i64,
}

impl Events {
    /// One event; `None` where no try gave one that the contract accepts.
    pub(super) fn next(&mut self, contract: &Arc<Contract>) -> Option<Value> {
        let schema: Value = serde_json::from_str(contract.source()).ok()?;
        (0..TRIES).find_map(|_| {
            let event = self.event(contract, &schema);
            contract.check(event.to_string().as_bytes()).is_ok().then_some(event)
        })
    }

    fn event(&mut self, contract: &Contract, schema: &Value) -> Value {
        let key = self.random.random_range(0..if contract.is_reference() { NAMES - 1 } else { self.keys });
        // Where the events of a key lie follows from the key, so that its revisions are near one another.
        let home = i64::from(key.wrapping_mul(2_654_435_761) >> 8) % self.weeks.max(1);
        let hours = (home + self.random.random_range(-MOVES..=MOVES)) * 168 + self.random.random_range(0..168);
        let at = self.start + SignedDuration::from_hours(hours);
        let all = self.random.random_bool(0.5);
        let mut event = self.object(schema, at, all);
        event.insert(contract.key().to_owned(), json!(format!("{}-{key}", contract.key())));
        event.insert("revision".to_owned(), json!(self.random.random_range(0..3)));
        event.insert("recorded_at".to_owned(), json!(self.moment(self.start, 2)));
        if let Some(event_time) = contract.event_time() {
            event.insert(event_time.to_owned(), json!(at.to_string()));
        }
        Value::Object(event)
    }

    fn object(&mut self, schema: &Value, at: Timestamp, all: bool) -> Map<String, Value> {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut object = Map::new();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if all || required.contains(&name.as_str()) || self.random.random_bool(0.7) {
                object.insert(name.clone(), self.value(name, field, at));
            }
        }
        object
    }

    fn value(&mut self, name: &str, field: &Value, at: Timestamp) -> Value {
        if let Some(values) = field["enum"].as_array() {
            let values: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
            let named = values.iter().filter(|value| self.words.iter().any(|word| value.as_str() == Some(word)));
            let named: Vec<&Value> = named.copied().collect();
            let values = if !named.is_empty() && self.random.random_bool(0.7) { named } else { values };
            return values.choose(&mut self.random).map_or(Value::Null, |value| (*value).clone());
        }
        let kind = match &field["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
            kind => kind.as_str(),
        };
        match (kind.unwrap_or("string"), field["format"].as_str()) {
            ("string", Some("date-time")) => json!(self.later(at)),
            ("string", Some("date")) => json!(at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date().to_string()),
            ("string", _) => self.text(name, field),
            ("integer", _) => json!(whole(self.number(field))),
            ("number", _) => json!(self.number(field)),
            ("boolean", _) => json!(self.random.random_bool(0.5)),
            ("array", _) => {
                let least = field["minItems"].as_u64().unwrap_or(0).max(1);
                let items = self.random.random_range(least..least + 3);
                Value::Array((0..items).map(|_| self.value(name, &field["items"], at)).collect())
            }
            _ => Value::Object(self.object(field, at, true)),
        }
    }

    fn text(&mut self, name: &str, field: &Value) -> Value {
        if name == "timezone" {
            return json!(ZONES.choose(&mut self.random));
        }
        if field.get("pattern").is_some() {
            let examples = field["examples"].as_array().cloned().unwrap_or_default();
            return examples.choose(&mut self.random).cloned().unwrap_or(Value::Null);
        }
        let words = self.words.clone();
        match words.choose(&mut self.random).filter(|_| !name.ends_with("_id")) {
            Some(word) if self.random.random_bool(0.7) => json!(word),
            _ => json!(format!("{name}-{}", self.random.random_range(0..NAMES))),
        }
    }

    fn number(&mut self, field: &Value) -> f64 {
        let bound = |key: &str, beyond: &str, step: f64| {
            field[key].as_f64().or_else(|| field[beyond].as_f64().map(|bound| bound + step))
        };
        let least = bound("minimum", "exclusiveMinimum", 1.0).unwrap_or(0.0);
        let most = bound("maximum", "exclusiveMaximum", -1.0).unwrap_or(least + 9.0).min(least + 9.0);
        let steps = (1..=9u32).take_while(|step| f64::from(*step) <= most - least).last().unwrap_or(0);
        least + f64::from(self.random.random_range(0..=steps))
    }

    /// A moment after another one: hours, days, or up to a year.
    fn later(&mut self, at: Timestamp) -> String {
        let hours = [12, 7 * 24, 52 * 7 * 24];
        let most = hours.choose(&mut self.random).copied().unwrap_or(12);
        self.moment(at, most)
    }

    fn moment(&mut self, from: Timestamp, hours: i64) -> String {
        (from + SignedDuration::from_hours(self.random.random_range(0..=hours))).to_string()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "made from a bound of the schema and a few steps")]
fn whole(number: f64) -> i64 {
    number as i64
}

/// The events as rows of the contract's columns.
pub(super) fn rows(contract: &Arc<Contract>, events: &[Value]) -> datafusion::arrow::record_batch::RecordBatch {
    let mut decoder = Decoder::new(Arc::clone(contract), i64::MIN..i64::MAX);
    events.iter().for_each(|event| decoder.push(event.to_string().as_bytes()));
    decoder.finish().rows
}
