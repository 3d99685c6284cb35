//! `x-stream`: topic, key, event time; and what every stream must have.

use super::{
    document::{Scope, duration_micros},
    fields::is_identifier,
};
use crate::model::{Field, Kind, Object};
use arrow::datatypes::{Schema, SchemaRef};
use std::{path::Path, sync::Arc};

const WEEK_MICROS: i64 = 7 * 86_400_000_000;
const DEFAULT_SPAN_WEEKS: u32 = 13;
/// Kafka allows 249 characters; the dead-letter topic of a stream adds a suffix.
const TOPIC_LENGTH: usize = 249 - ".dead-letters".len();
/// Tables and views that are not streams.
const RESERVED: [&str; 5] = ["indicators", "indicators_history", "indicator_values", "promises", "publications"];

pub(super) struct Stream {
    pub(super) topic: String,
    pub(super) key: String,
    pub(super) event_time: Option<String>,
    pub(super) revision_span_weeks: u32,
}

impl Stream {
    /// In a reference stream a deletion is a row of the key alone, so that every other column is nullable.
    pub(super) fn arrow_schema(&self, object: &Object) -> SchemaRef {
        let nullable = |field: &Field| match self.event_time {
            Some(_) => !field.required || field.node.nullable,
            None => field.name != self.key,
        };
        Arc::new(Schema::new(object.fields.iter().map(|f| f.arrow(nullable(f))).collect::<Vec<_>>()))
    }
}

/// The stream's name: the file's, which is also the table's.
pub(super) fn name(file: &str, root: &Scope<'_>) -> Option<String> {
    let name = stem(file);
    if !is_identifier(name) {
        root.fault_here("the file's name is not a table name", "name it STREAM.json in lower case, digits and _");
        return None;
    }
    if RESERVED.contains(&name) {
        root.fault_here(format!("`{name}` is a table of results or promises"), "choose another file name");
        return None;
    }
    Some(name.to_owned())
}

/// Reads `x-stream` and checks it against the fields.
pub(super) fn read(root: &Scope<'_>, object: Option<&Object>) -> Option<Stream> {
    let Some(scope) = root.inner("x-stream") else {
        if !root.has("x-stream") {
            root.fault_here("has no x-stream", "say topic, key and event_time of the stream");
        }
        return None;
    };
    let stream = Stream {
        topic: topic(&scope).unwrap_or_default(),
        key: needed(&scope, "key").unwrap_or_default().to_owned(),
        event_time: scope.text("event_time").map(str::to_owned),
        revision_span_weeks: span(&scope),
    };
    scope.refuse_unread(&[]);
    if let Some(object) = object {
        check_fields(&stream, object, root, &scope);
    }
    Some(stream)
}

fn needed<'a>(scope: &Scope<'a>, keyword: &str) -> Option<&'a str> {
    if !scope.has(keyword) {
        scope.fault_here(format!("has no {keyword}"), format!("add \"{keyword}\""));
    }
    scope.text(keyword)
}

fn topic(scope: &Scope<'_>) -> Option<String> {
    let topic = needed(scope, "topic")?;
    let legal = topic.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if !legal || topic.len() > TOPIC_LENGTH || topic == "." || topic == ".." {
        scope.fault(
            "topic",
            "is not a name for a Kafka topic",
            format!("use letters, digits, `.`, `_` and `-`, {TOPIC_LENGTH} at most"),
        );
    } else if topic.ends_with(".dead-letters") {
        scope.fault("topic", "is a dead-letter topic", "name the topic of the events themselves");
    }
    Some(topic.to_owned())
}

fn span(scope: &Scope<'_>) -> u32 {
    let Some(text) = scope.text("revision_span") else { return DEFAULT_SPAN_WEEKS };
    let weeks = duration_micros(text).filter(|micros| micros % WEEK_MICROS == 0).map(|micros| micros / WEEK_MICROS);
    weeks.and_then(|weeks| u32::try_from(weeks).ok()).unwrap_or_else(|| {
        scope.fault("revision_span", "is not a duration of whole weeks", "write e.g. \"P13W\"");
        DEFAULT_SPAN_WEEKS
    })
}

fn check_fields(stream: &Stream, object: &Object, root: &Scope<'_>, scope: &Scope<'_>) {
    let find = |name: &str| object.fields.iter().find(|field| field.name == name);
    let sure = |field: &Field| field.required && !field.node.nullable;
    let is_text = |field: &Field| matches!(field.node.kind, Kind::Text(_));
    let is_time = |field: &Field| matches!(field.node.kind, Kind::Timestamp);
    if !stream.key.is_empty() && !find(&stream.key).is_some_and(|f| sure(f) && is_text(f)) {
        scope.fault("key", "is not a required string field without null", "name the field that identifies an event");
    }
    if let Some(name) = &stream.event_time
        && !find(name).is_some_and(|f| sure(f) && is_time(f))
    {
        scope.fault("event_time", "is not a required date-time field without null", "name such a field");
    }
    if !find("revision").is_some_and(|f| sure(f) && matches!(f.node.kind, Kind::Integer(_))) {
        root.fault("properties", "lacks the required integer `revision`", "the latest revision wins: add the field");
    }
    if !find("recorded_at").is_some_and(|f| sure(f) && is_time(f)) {
        root.fault(
            "properties",
            "lacks the required date-time `recorded_at`",
            "it orders equal revisions: add the field",
        );
    }
}

/// The name of a file without folder and extension.
fn stem(file: &str) -> &str {
    Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}
