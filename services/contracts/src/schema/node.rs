//! The schema of one value → its type and rules.

use super::{object, pattern, scope::Scope};
use crate::model::{CountRules, IntegerRules, Kind, Node, NumberRules, TextRules};
use serde_json::Value;

/// Reads the value that `scope` describes; `path` is put before the names of nested fields.
pub(super) fn read(scope: &Scope<'_>, path: &str) -> Option<Node> {
    let (base, nullable) = base_type(scope)?;
    let kind = match base {
        "string" => string(scope, nullable),
        "integer" => integer(scope, nullable).map(Kind::Integer),
        "number" => Some(Kind::Number(bounds(scope))),
        "boolean" => boolean(scope, nullable),
        "array" => list(scope, path),
        "object" => object::read(scope, format!("{path}.")).map(Kind::Object),
        _ => {
            scope.fault("type", "is not a type of JSON", "use string, integer, number, boolean, array or object");
            None
        }
    };
    scope.refuse_unread(&[]);
    Some(Node { nullable, kind: kind? })
}

/// The one type besides null, and whether null is allowed.
fn base_type<'a>(scope: &Scope<'a>) -> Option<(&'a str, bool)> {
    let found = match scope.get("type") {
        Some(Value::String(one)) => Some((one.as_str(), false)),
        Some(Value::Array(two)) => match (two.first().and_then(Value::as_str), two.get(1).and_then(Value::as_str)) {
            (Some(one), Some("null")) | (Some("null"), Some(one)) if two.len() == 2 => Some((one, true)),
            _ => None,
        },
        _ => None,
    };
    if found.is_none() {
        scope.fault("type", "does not give exactly one type besides null", "write a type or [TYPE, \"null\"]");
    }
    found
}

fn string(scope: &Scope<'_>, nullable: bool) -> Option<Kind> {
    if scope.has("format") {
        return match scope.text("format")? {
            "date-time" => Some(Kind::Timestamp),
            "date" => Some(Kind::Date),
            _ => {
                scope.fault("format", "is not a supported format", "use date-time or date, or a pattern instead");
                None
            }
        };
    }
    let choices = choices(scope, nullable, "strings", |value| value.as_str().map(str::to_owned));
    Some(Kind::Text(TextRules {
        length: counts(scope, "minLength", "maxLength"),
        choices,
        pattern: scope.text("pattern").and_then(|text| pattern::compile(text, scope)),
    }))
}

fn integer(scope: &Scope<'_>, nullable: bool) -> Option<IntegerRules> {
    Some(IntegerRules { bounds: bounds(scope), choices: choices(scope, nullable, "integers", Value::as_i64) })
}

fn boolean(scope: &Scope<'_>, nullable: bool) -> Option<Kind> {
    if !scope.has("const") {
        return Some(Kind::Boolean { constant: None });
    }
    let constant = scope.get("const").and_then(Value::as_bool);
    if constant.is_none() || nullable {
        scope.fault("const", "is not a value of a field of type boolean", "write true or false, and no null type");
    }
    Some(Kind::Boolean { constant })
}

/// `enum` or `const`. An enum of a nullable field lists null, since it would forbid it otherwise.
fn choices<T>(scope: &Scope<'_>, nullable: bool, what: &str, convert: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    let listed = scope.get("enum");
    if listed.is_some() && scope.has("const") {
        scope.fault("const", "stands beside an enum", "use one of the two");
    }
    if let Some(constant) = scope.get("const") {
        let converted = convert(constant);
        if converted.is_none() || nullable {
            scope.fault(
                "const",
                format!("is not one of the {what} of this field"),
                "match the field's type, without null",
            );
        }
        return converted.map(|one| vec![one]);
    }
    let values = listed?.as_array().map(Vec::as_slice).unwrap_or_default();
    let converted: Option<Vec<T>> = values.iter().filter(|v| !v.is_null()).map(convert).collect();
    if converted.as_ref().is_none_or(Vec::is_empty) {
        scope.fault("enum", format!("is not a list of {what}"), "list values of the field's type");
    } else if values.iter().any(Value::is_null) != nullable {
        scope.fault("enum", "and type disagree on null", "name null in both or in neither");
    }
    converted
}

fn bounds(scope: &Scope<'_>) -> NumberRules {
    let rules = NumberRules {
        min: scope.number("minimum"),
        max: scope.number("maximum"),
        above: scope.number("exclusiveMinimum"),
        below: scope.number("exclusiveMaximum"),
    };
    let low = rules.min.into_iter().chain(rules.above).fold(f64::NEG_INFINITY, f64::max);
    let high = rules.max.into_iter().chain(rules.below).fold(f64::INFINITY, f64::min);
    if low > high {
        scope.fault_here("no number is within the bounds", "put the lower bound below the upper one");
    }
    rules
}

fn counts(scope: &Scope<'_>, min: &str, max: &str) -> CountRules {
    let rules = CountRules { min: scope.count(min), max: scope.count(max) };
    if let (Some(low), Some(high)) = (rules.min, rules.max)
        && low > high
    {
        scope.fault(min, format!("is above {max}"), "put the lower bound below the upper one");
    }
    rules
}

fn list(scope: &Scope<'_>, path: &str) -> Option<Kind> {
    let bounds = counts(scope, "minItems", "maxItems");
    let Some(items) = scope.inner("items") else {
        if !scope.has("items") {
            scope.fault_here("an array without items has no column type", "describe its elements with items");
        }
        return None;
    };
    Some(Kind::List { items: Box::new(read(&items, &format!("{path}[]"))?), bounds })
}
