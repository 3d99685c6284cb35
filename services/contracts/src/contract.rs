//! One stream's contract, as the other rooms see it.

use arrow::datatypes::SchemaRef;

/// What is known of one event stream. Built by [`crate::Contracts`] only, so it cannot hold nonsense.
#[derive(Debug)]
pub struct Contract {
    name: String,
    topic: String,
    key: String,
    event_time: Option<String>,
    revision_span_weeks: u32,
    persons: Vec<(String, String)>,
    schema: SchemaRef,
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
    /// Top-level columns of which only a pseudonym may be stored, with the domain of each.
    pub fn persons(&self) -> &[(String, String)] {
        &self.persons
    }
    /// The contract's columns in the order of the schema file: Utf8, Int64, Float64, Boolean, Date32,
    /// Timestamp(Microsecond, "UTC"), List and Struct of these. Optional fields are nullable; in a reference stream
    /// every column but the key is (a deletion is a row of the key alone).
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}
