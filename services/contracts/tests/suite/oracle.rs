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
    pub validator: jsonschema::Validator,
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

/// The exceptions to "a validator accepts it, so it is a row": integers beyond 64 bits, leap seconds, and what is not in
/// the years 1 to 9999.
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
        "string" => match schema["format"].as_str() {
            Some("date-time") => value.as_str().unwrap().contains(":60") || !in_years(instant(value.as_str().unwrap())),
            Some("date") => value.as_str().unwrap().starts_with("0000"),
            _ => false,
        },
        _ => false,
    }
}

fn in_years(nanos: i128) -> bool {
    (instant("0001-01-01T00:00:00Z")..=instant("9999-12-31T23:59:59.999999999Z")).contains(&nanos)
}

/// Nanoseconds since the epoch; the calendar's own arithmetic, because a `jiff::Timestamp` ends a day early.
pub fn instant(text: &str) -> i128 {
    let text = text.to_ascii_uppercase();
    let at = text[19..].find(['Z', '+', '-']).unwrap() + 19;
    let local: jiff::civil::DateTime = text[..at].parse().unwrap();
    let offset = match &text[at..] {
        "Z" => 0,
        offset => {
            let (hours, minutes): (i128, i128) = (offset[1..3].parse().unwrap(), offset[4..6].parse().unwrap());
            (hours * 60 + minutes) * if offset.starts_with('-') { -1 } else { 1 }
        }
    };
    local.duration_since(jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0)).as_nanos() - offset * 60_000_000_000
}

fn in_order(check: &Value, object: &Value) -> bool {
    let strict = check.get("less").is_some();
    let pair = check.get("less").or(check.get("lessOrEqual")).unwrap();
    let (left, right) = (&object[pair[0].as_str().unwrap()], &object[pair[1].as_str().unwrap()]);
    let wide = |value: &Value| value.is_number() && value.as_i64().is_none();
    if wide(left) || wide(right) {
        let (Some(left), Some(right)) = (left.as_f64(), right.as_f64()) else { return true };
        return ordered(left, right, strict) && check["within"].as_f64().is_none_or(|most| right - left <= most);
    }
    let (Some(left), Some(right)) = (scale(left), scale(right)) else { return true };
    let most = match &check["within"] {
        Value::String(text) => Some(text.parse::<jiff::Span>().unwrap())
            .map(|span| i128::from(span.get_weeks() * 7 + span.get_days()) * 86_400_000_000_000),
        other => other.as_i64().map(i128::from),
    };
    ordered(left, right, strict) && most.is_none_or(|most| right - left <= most)
}

fn ordered<T: PartialOrd>(left: T, right: T, strict: bool) -> bool {
    if strict { left < right } else { left <= right }
}

/// A time as nanoseconds, as exactly as it was written; a whole number as it is.
fn scale(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) if text.len() == 10 => Some(instant(&format!("{text}T00:00:00Z"))),
        Value::String(text) => Some(instant(text)),
        Value::Number(number) => Some(i128::from(number.as_i64()?)),
        _ => None,
    }
}
