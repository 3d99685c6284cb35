//! Arrow cells as JSON, and JSON as a table should hold it, to compare the two.

use crate::{generator::kind, oracle::instant};
use arrow::{
    array::{Array, AsArray},
    datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType},
};
use serde_json::{Map, Value, json};

/// A cell: timestamps as microseconds, dates as days since 1970, absent fields as null.
pub fn cell(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into(),
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Date32 => array.as_primitive::<Date32Type>().value(row).into(),
        DataType::Timestamp(..) => array.as_primitive::<TimestampMicrosecondType>().value(row).into(),
        DataType::List(_) => {
            let elements = array.as_list::<i32>().value(row);
            (0..elements.len()).map(|i| cell(&elements, i)).collect()
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            fields.iter().zip(columns).map(|(f, c)| (f.name().clone(), cell(c, row))).collect::<Map<_, _>>().into()
        }
        other => panic!("no such column type: {other}"),
    }
}

/// A valid value of the schema, as [`cell`] should return it.
#[expect(clippy::cast_possible_truncation, reason = "the value is a whole number that a column of integers holds")]
pub fn held(schema: &Value, value: &Value) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    match (kind(schema).0, schema["format"].as_str()) {
        ("object", _) => {
            let properties = schema["properties"].as_object().unwrap();
            properties.iter().map(|(name, p)| (name.clone(), held(p, &value[name]))).collect::<Map<_, _>>().into()
        }
        ("array", _) => value.as_array().unwrap().iter().map(|element| held(&schema["items"], element)).collect(),
        ("integer", _) => json!(value.as_i64().unwrap_or_else(|| value.as_f64().unwrap() as i64)),
        ("number", _) => json!(value.as_f64().unwrap()),
        ("string", Some("date-time")) => {
            json!(i64::try_from(instant(value.as_str().unwrap()).div_euclid(1_000)).unwrap())
        }
        ("string", Some("date")) => {
            let day: jiff::civil::Date = value.as_str().unwrap().parse().unwrap();
            json!(day.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24)
        }
        _ => value.clone(),
    }
}
