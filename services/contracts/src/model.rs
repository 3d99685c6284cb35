//! A contract in memory: typed fields with their rules, conditions and checks. Built by `schema` only.

use arrow::datatypes::{DataType, Field as ArrowField, Fields, TimeUnit};
use regex::Regex;
use std::sync::Arc;

/// Name of the element field of list columns, as Parquet and Delta have it.
pub(crate) const LIST_ELEMENT: &str = "element";

/// The fields of one JSON object.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) fields: Vec<Field>,
    /// Put before the name of a field to make its path, e.g. `items[].`; empty for the event itself.
    pub(crate) prefix: String,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) node: Node,
    pub(crate) person: Option<String>,
    pub(crate) description: String,
}

/// A value: its type and the rules that it must keep.
#[derive(Debug)]
pub(crate) struct Node {
    /// An explicit JSON null is accepted.
    pub(crate) nullable: bool,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Text(TextRules),
    Integer(IntegerRules),
    Number(NumberRules),
    Boolean { constant: Option<bool> },
    Timestamp,
    Date,
    List { items: Box<Node>, bounds: CountRules },
    Object(Object),
}

#[derive(Debug, Default)]
pub(crate) struct TextRules {
    pub(crate) length: CountRules,
    pub(crate) choices: Option<Vec<String>>,
    pub(crate) pattern: Option<Regex>,
}

/// Inclusive bounds on a number of code points or elements.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct CountRules {
    pub(crate) min: Option<usize>,
    pub(crate) max: Option<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct IntegerRules {
    pub(crate) bounds: NumberRules,
    pub(crate) choices: Option<Vec<i64>>,
}

#[derive(Debug, Default)]
pub(crate) struct NumberRules {
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) above: Option<f64>,
    pub(crate) below: Option<f64>,
}

/// `if`/`then` and `dependentRequired`, as the table needs them: where all of `when` hold, `require` are not null.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) when: Vec<When>,
    pub(crate) require: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(crate) struct When {
    pub(crate) column: usize,
    pub(crate) is: WhenIs,
}

#[derive(Debug, Clone)]
pub(crate) enum WhenIs {
    Present,
    Text(Vec<String>),
    Integer(Vec<i64>),
    Boolean(Vec<bool>),
}

/// A comparison between fields, which JSON Schema cannot say. Holds where a value is absent.
#[derive(Debug)]
pub(crate) enum Check {
    Order(Order),
    Timezone { column: usize },
}

#[derive(Debug)]
pub(crate) struct Order {
    /// The list column whose elements' fields are compared; `None` for the event's own.
    pub(crate) each: Option<usize>,
    pub(crate) left: usize,
    pub(crate) right: usize,
    pub(crate) strict: bool,
    pub(crate) within: Option<Within>,
}

/// The most that right may exceed left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Within {
    /// Microseconds of timestamps, days of dates, units of integers; with how the schema says it.
    Whole(i64, String),
    Number(f64),
}

impl Object {
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    pub(crate) fn arrow_fields(&self) -> Fields {
        self.fields.iter().map(|f| f.arrow(!f.required || f.node.nullable)).collect()
    }
}

impl Field {
    pub(crate) fn arrow(&self, nullable: bool) -> Arc<ArrowField> {
        Arc::new(ArrowField::new(&self.name, self.node.data_type(), nullable))
    }
}

impl Node {
    pub(crate) fn data_type(&self) -> DataType {
        match &self.kind {
            Kind::Text(_) => DataType::Utf8,
            Kind::Integer(_) => DataType::Int64,
            Kind::Number(_) => DataType::Float64,
            Kind::Boolean { .. } => DataType::Boolean,
            Kind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Kind::Date => DataType::Date32,
            Kind::List { items, .. } => DataType::List(items.arrow_element()),
            Kind::Object(object) => DataType::Struct(object.arrow_fields()),
        }
    }

    /// The field of this node as the element of a list.
    pub(crate) fn arrow_element(&self) -> Arc<ArrowField> {
        Arc::new(ArrowField::new(LIST_ELEMENT, self.data_type(), self.nullable))
    }

    pub(crate) fn items(&self) -> Option<&Node> {
        match &self.kind {
            Kind::List { items, .. } => Some(items),
            _ => None,
        }
    }

    pub(crate) fn object(&self) -> Option<&Object> {
        match &self.kind {
            Kind::Object(object) => Some(object),
            _ => None,
        }
    }

    /// How the type is called in messages.
    pub(crate) fn expected(&self) -> &'static str {
        match &self.kind {
            Kind::Text(_) => "a string",
            Kind::Integer(_) => "an integer of 64 bits",
            Kind::Number(_) => "a number",
            Kind::Boolean { .. } => "a boolean",
            Kind::Timestamp => "an RFC 3339 timestamp with an offset, as a string (leap seconds are not taken)",
            Kind::Date => "a date as YYYY-MM-DD, as a string",
            Kind::List { .. } => "an array",
            Kind::Object(_) => "an object",
        }
    }
}
