//! What should become of an event, told without our own code: the `jsonschema` crate, a small evaluator of `x-checks`
//! on JSON values, and the exceptions, spelt out.

use crate::generator::kind;
use serde_json::Value;

/// What should become of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expected {
    Accepted,
    BreaksSchema,
    BreaksCheck,
    /// Valid, and yet no row: the table cannot hold one of its values.
    CannotBeHeld,
}

pub struct Oracle {
    pub schema: Value,
    validator: jsonschema::Validator,
}

impl Oracle {
    pub fn new(source: &str) -> Self {
        let schema: Value = serde_json::from_str(source).unwrap();
        let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
        Self { schema, validator }
    }

    pub fn judge(&self, event: &Value) -> Expected {
        if !self.validator.is_valid(event) {
            Expected::BreaksSchema
        } else if cannot_be_held(&self.schema, event) {
            Expected::CannotBeHeld
        } else if !self.checks_hold(event) {
            Expected::BreaksCheck
        } else {
            Expected::Accepted
        }
    }

    fn checks_hold(&self, event: &Value) -> bool {
        let checks = self.schema["x-checks"].as_array().map(Vec::as_slice).unwrap_or_default();
        checks.iter().all(|check| match (check["timezone"].as_str(), check["each"].as_str()) {
            (Some(field), _) => {
                event[field].as_str().is_none_or(|zone| jiff::tz::db().available().any(|z| z.as_str() == zone))
            }
            (_, Some(each)) => {
                event[each].as_array().is_none_or(|list| list.iter().all(|element| in_order(check, element)))
            }
            _ => in_order(check, event),
        })
    }
}

/// The exceptions to "a validator accepts it, so it is a row": integers beyond 64 bits and leap seconds.
fn cannot_be_held(schema: &Value, value: &Value) -> bool {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if value.is_null() {
        return false;
    }
    match kind(schema).0 {
        "object" => schema["properties"]
            .as_object()
            .unwrap()
            .iter()
            .any(|(name, property)| value.get(name).is_some_and(|inner| cannot_be_held(property, inner))),
        "array" => value.as_array().unwrap().iter().any(|element| cannot_be_held(&schema["items"], element)),
        "integer" => {
            value.as_i64().is_none() && (value.is_u64() || !(-TWO_63..TWO_63).contains(&value.as_f64().unwrap()))
        }
        "string" => schema["format"] == "date-time" && value.as_str().unwrap().contains(":60"),
        _ => false,
    }
}

fn in_order(check: &Value, object: &Value) -> bool {
    let strict = check.get("less").is_some();
    let pair = check.get("less").or(check.get("lessOrEqual")).unwrap();
    let (left, right) = (&object[pair[0].as_str().unwrap()], &object[pair[1].as_str().unwrap()]);
    let (Some(left), Some(right)) = (scale(left), scale(right)) else { return true };
    let most = match &check["within"] {
        Value::String(text) => Some(text.parse::<jiff::Span>().unwrap())
            .map(|span| f64::from(span.get_weeks() * 7 + span.get_days()) * 86_400e6),
        other => other.as_f64(),
    };
    let ordered = if strict { left < right } else { left <= right };
    ordered && most.is_none_or(|most| right - left <= most)
}

/// A time as microseconds (exact in a double for our years), a number as it is.
fn scale(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) if text.len() == 10 => {
            let day: jiff::civil::Date = text.parse().unwrap();
            Some(day.duration_since(jiff::civil::date(1970, 1, 1)).as_micros() as f64)
        }
        Value::String(text) => Some(text.parse::<jiff::Timestamp>().unwrap().as_nanosecond().div_euclid(1_000) as f64),
        other => other.as_f64(),
    }
}
