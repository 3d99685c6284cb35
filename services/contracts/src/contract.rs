//! One stream's contract, as the other rooms see it.

use crate::model::{Check, Condition, Kind, Object, Order, Within};
use arrow::datatypes::SchemaRef;

/// What is known of one event stream. Built by [`crate::Contracts`] only, so it cannot hold nonsense.
#[derive(Debug)]
pub struct Contract {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) description: String,
    pub(crate) topic: String,
    pub(crate) key: String,
    pub(crate) event_time: Option<String>,
    pub(crate) revision_span_weeks: u32,
    pub(crate) persons: Vec<(String, String)>,
    pub(crate) schema: SchemaRef,
    pub(crate) root: Object,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) checks: Vec<Check>,
}

/// One line of a contract's field table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldInfo {
    /// Name, with its path inside lists and objects: `items[].score`.
    pub name: String,
    /// Arrow type, in short: `string`, `integer`, `number`, `boolean`, `timestamp`, `date`, `list`, `object`.
    pub data_type: &'static str,
    /// Whether every event (or every object that holds it) must have it.
    pub required: bool,
    /// Domain of the pseudonym that is stored in its place.
    pub person: Option<String>,
    /// The only values that are taken; empty where others are, too.
    pub choices: Vec<String>,
    /// What it means.
    pub description: String,
}

impl Contract {
    /// Stream and table name, e.g. `calendar_audits`.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Kafka topic, e.g. `bellwether.calendar-audits`.
    pub fn topic(&self) -> &str {
        &self.topic
    }
    /// The column that identifies an event over its revisions (for a reference stream also the Kafka key).
    pub fn key(&self) -> &str {
        &self.key
    }
    /// The event time column; `None` for a reference stream.
    pub fn event_time(&self) -> Option<&str> {
        self.event_time.as_deref()
    }
    /// A reference stream (`sites`, `leaders`) has no event time, is keyed in Kafka, and a null payload deletes.
    pub fn is_reference(&self) -> bool {
        self.event_time.is_none()
    }
    /// How far apart in event time two revisions of one key can lie, in weeks.
    pub fn revision_span_weeks(&self) -> u32 {
        self.revision_span_weeks
    }
    /// The most, in microseconds, that a top-level timestamp may lie after another one by the contract's checks.
    pub fn longest(&self, from: &str, to: &str) -> Option<i64> {
        let (left, right) = (self.root.position(from)?, self.root.position(to)?);
        self.checks.iter().find_map(|check| match check {
            Check::Order(Order { each: None, left: l, right: r, within: Some(Within::Whole(most, _)), .. })
                if (*l, *r) == (left, right) =>
            {
                Some(*most)
            }
            _ => None,
        })
    }
    /// Top-level columns of which only a pseudonym may be stored, with the domain of each.
    pub fn persons(&self) -> &[(String, String)] {
        &self.persons
    }
    /// The contract's columns in the order of the schema file: Utf8, Int64, Float64, Boolean, Date32,
    /// Timestamp(Microsecond, "UTC"), List (its element field is called `element`) and Struct of these. Optional
    /// fields are nullable; in a reference stream every column but the key is (a deletion is a row of the key alone).
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
    /// The schema file's text.
    pub fn source(&self) -> &str {
        &self.source
    }
    /// What one event of the stream is.
    pub fn description(&self) -> &str {
        &self.description
    }
    /// Every field, nested ones after the field that holds them, in the order of the schema file.
    pub fn fields(&self) -> Vec<FieldInfo> {
        let mut table = Vec::new();
        list_fields(&self.root, &mut table);
        table
    }
}

fn list_fields(object: &Object, table: &mut Vec<FieldInfo>) {
    for field in &object.fields {
        table.push(FieldInfo {
            name: format!("{}{}", object.prefix, field.name),
            data_type: type_name(&field.node.kind),
            required: field.required,
            person: field.person.clone(),
            choices: choices(&field.node.kind),
            description: field.description.clone(),
        });
        list_nested(&field.node.kind, table);
    }
}

fn list_nested(kind: &Kind, table: &mut Vec<FieldInfo>) {
    match kind {
        Kind::Object(object) => list_fields(object, table),
        Kind::List { items, .. } => list_nested(&items.kind, table),
        _ => {}
    }
}

fn choices(kind: &Kind) -> Vec<String> {
    match kind {
        Kind::Text(rules) => rules.choices.clone().unwrap_or_default(),
        Kind::Integer(rules) => rules.choices.iter().flatten().map(i64::to_string).collect(),
        Kind::Boolean { constant } => constant.iter().map(bool::to_string).collect(),
        Kind::List { items, .. } => choices(&items.kind),
        _ => Vec::new(),
    }
}

fn type_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text(_) => "string",
        Kind::Integer(_) => "integer",
        Kind::Number(_) => "number",
        Kind::Boolean { .. } => "boolean",
        Kind::Timestamp => "timestamp",
        Kind::Date => "date",
        Kind::List { .. } => "list",
        Kind::Object(_) => "object",
    }
}
