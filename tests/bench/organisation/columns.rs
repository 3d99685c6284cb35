//! Rows → the columns that ingest would have written.

use super::{
    calendar::Entry,
    surveys::{QUESTIONS, Response},
    training::Training,
    who::{DAY, Organisation},
};
use crate::chance::Id;
use arrow::{
    array::{
        ArrayRef, Date32Array, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
        TimestampMicrosecondArray, new_null_array,
    },
    buffer::OffsetBuffer,
    datatypes::{DataType, SchemaRef},
};
use std::sync::Arc;

/// A row of an event stream.
pub trait Row: Copy + Send + Sync + 'static {
    const STREAM: &'static str;
    /// Event time, microseconds.
    fn time(&self) -> i64;
    fn recorded(&self) -> i64;
    /// A column of the contract; `None` where every row has NULL.
    fn column(rows: &[Self], name: &str, of: &DataType, org: &Organisation) -> Option<ArrayRef>;
}

/// All columns of a table: the contract's, the event date and where in Kafka the rows came from.
pub fn batch<R: Row>(rows: &[R], schema: &SchemaRef, first_offset: i64, org: &Organisation) -> RecordBatch {
    let columns = schema.fields().iter().map(|field| -> ArrayRef {
        match field.name().as_str() {
            "event_date" => {
                Arc::new(Date32Array::from_iter_values(rows.iter().map(|r| i32::try_from(day(r.time())).unwrap())))
            }
            "_partition" => {
                Arc::new(Int32Array::from_iter_values(rows.iter().map(|r| i32::try_from(r.recorded() % 6).unwrap())))
            }
            "_offset" => Arc::new(Int64Array::from_iter_values((first_offset..).take(rows.len()))),
            "_ingested_at" => times(rows.iter().map(|r| Some(r.recorded() + 2_000_000))),
            name => R::column(rows, name, field.data_type(), org)
                .unwrap_or_else(|| new_null_array(field.data_type(), rows.len())),
        }
    });
    RecordBatch::try_new(schema.clone(), columns.collect()).unwrap()
}

/// Days since the epoch, in UTC.
pub fn day(micros: i64) -> i64 {
    micros.div_euclid(DAY)
}

pub fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn optional<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn ids(values: impl Iterator<Item = Option<Id>>) -> ArrayRef {
    Arc::new(values.map(|id| id.map(Id::text)).collect::<StringArray>())
}

fn longs(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

impl Row for Entry {
    const STREAM: &'static str = "calendar_audits";
    fn time(&self) -> i64 {
        self.starts
    }
    fn recorded(&self) -> i64 {
        self.recorded
    }
    fn column(rows: &[Self], name: &str, _: &DataType, org: &Organisation) -> Option<ArrayRef> {
        let rows = rows.iter();
        Some(match name {
            "entry_id" => ids(rows.map(|r| Some(r.id))),
            "revision" => longs(rows.map(|r| r.revision)),
            "recorded_at" => times(rows.map(|r| Some(r.recorded))),
            "leader_id" => ids(rows.map(|r| Some(r.leader))),
            "site_id" => texts(rows.map(|r| org.sites[r.site].id.as_str())),
            "basis" => texts(rows.map(|r| r.basis)),
            "category" => texts(rows.map(|r| r.category)),
            "status" => texts(rows.map(|r| r.status)),
            "starts_at" => times(rows.map(|r| Some(r.starts))),
            "ends_at" => times(rows.map(|r| Some(r.ends))),
            "source" => optional(rows.map(|r| r.source)),
            _ => return None,
        })
    }
}

impl Row for Training {
    const STREAM: &'static str = "training_events";
    fn time(&self) -> i64 {
        self.occurred
    }
    fn recorded(&self) -> i64 {
        self.recorded
    }
    fn column(rows: &[Self], name: &str, _: &DataType, org: &Organisation) -> Option<ArrayRef> {
        let rows = rows.iter();
        Some(match name {
            "event_id" => ids(rows.map(|r| Some(r.id))),
            "revision" => longs(rows.map(|r| r.revision)),
            "recorded_at" => times(rows.map(|r| Some(r.recorded))),
            "person_id" => ids(rows.map(|r| Some(r.person))),
            "role" => texts(rows.map(|r| r.role)),
            "site_id" | "team_id" => texts(rows.map(|r| org.sites[r.site].id.as_str())),
            "program_id" => texts(rows.map(|r| r.program)),
            "verb" => texts(rows.map(|r| r.verb)),
            "occurred_at" => times(rows.map(|r| Some(r.occurred))),
            "minutes" => Arc::new(rows.map(|r| r.minutes).collect::<Float64Array>()),
            "commitment_id" => ids(rows.map(|r| r.commitment)),
            "due_at" => times(rows.map(|r| r.due)),
            "skill_path" => optional(rows.map(|r| r.path)),
            "format" => optional(rows.map(|r| r.format)),
            _ => return None,
        })
    }
}

impl Row for Response {
    const STREAM: &'static str = "pulse_responses";
    fn time(&self) -> i64 {
        self.submitted
    }
    fn recorded(&self) -> i64 {
        self.recorded
    }
    fn column(rows: &[Self], name: &str, of: &DataType, org: &Organisation) -> Option<ArrayRef> {
        if name == "items" {
            return Some(items(rows, of));
        }
        let rows = rows.iter();
        Some(match name {
            "response_id" => ids(rows.map(|r| Some(r.id))),
            "revision" => longs(rows.map(|r| r.revision)),
            "recorded_at" => times(rows.map(|r| Some(r.recorded))),
            "survey_id" => ids(rows.map(|r| Some(r.survey))),
            "instrument" => texts(rows.map(|r| r.instrument)),
            "site_id" | "team_id" => texts(rows.map(|r| org.sites[r.site].id.as_str())),
            "leader_id" => ids(rows.map(|r| r.leader)),
            "respondent_id" => ids(rows.map(|r| r.respondent)),
            "submitted_at" => times(rows.map(|r| Some(r.submitted))),
            _ => return None,
        })
    }
}

fn items(rows: &[Response], of: &DataType) -> ArrayRef {
    let DataType::List(element) = of else { panic!("items are {of}") };
    let DataType::Struct(fields) = element.data_type() else { panic!("an item is {element}") };
    let flat = || rows.iter().flat_map(|r| (0..r.items).map(move |item| (item, r.marks[item])));
    let numbers = |value: fn(u8) -> f64| Float64Array::from(flat().map(|(_, mark)| value(mark)).collect::<Vec<_>>());
    let columns = fields.iter().map(|field| -> ArrayRef {
        match field.name().as_str() {
            "item" => Arc::new(flat().map(|(item, _)| Some(QUESTIONS[item])).collect::<StringArray>()),
            "score" => Arc::new(numbers(f64::from)),
            "min" => Arc::new(numbers(|_| 1.0)),
            "max" => Arc::new(numbers(|_| 5.0)),
            other => panic!("an item has {other}"),
        }
    });
    let values = StructArray::try_new(fields.clone(), columns.collect(), None).unwrap();
    let offsets = OffsetBuffer::from_lengths(rows.iter().map(|r| r.items));
    Arc::new(ListArray::try_new(element.clone(), offsets, Arc::new(values), None).unwrap())
}
