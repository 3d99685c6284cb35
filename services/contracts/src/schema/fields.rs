//! `properties` and `required` → the fields of an object; the schema of each value → its type and rules.

use super::{document::Scope, pattern};
use crate::model::{CountRules, Field, IntegerRules, Kind, Node, NumberRules, Object, TextRules};
use serde_json::Value;

/// Names that the lake and the queries add to a table.
const TAKEN: [&str; 2] = ["event_date", "week"];

/// Reads the object that `scope` describes. Its `type` has been read by the caller.
pub(super) fn object(scope: &Scope<'_>, prefix: String) -> Option<Object> {
    if scope.get("additionalProperties").is_some_and(|value| value != &Value::Bool(true)) {
        scope.fault(
            "additionalProperties",
            "only true is supported: fields that the schema does not name are dropped and counted",
            "remove it",
        );
    }
    let required = scope.texts("required").unwrap_or_default();
    let Some(properties) = scope.inner("properties") else {
        if !scope.has("properties") {
            scope.fault_here("an object without properties has no columns", "describe its fields with properties");
        }
        return None;
    };
    for name in &required {
        if !properties.has(name) {
            scope.fault("required", format!("names `{name}`, which is not a property"), "describe it or remove it");
        }
    }
    let fields: Vec<Field> = properties
        .entries()
        .filter_map(|(name, value)| {
            check_name(name, &properties, &prefix);
            let inner = Scope::open(value, properties.at(name), scope.log)?;
            field(name, &inner, required.contains(&name.as_str()), &prefix)
        })
        .collect();
    if properties.entries().next().is_none() {
        scope.fault("properties", "is empty", "describe at least one field");
        return None;
    }
    // A field that could not be read has its fault already; the rest is still worth checking.
    Some(Object { fields, prefix })
}

/// Whether a table or column may be called so everywhere.
pub(super) fn is_identifier(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.len() <= 63 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(fits)
}

fn check_name(name: &str, properties: &Scope<'_>, prefix: &str) {
    if !is_identifier(name) {
        properties.fault(
            name,
            "is not a column name",
            "start with a lower-case letter, then letters, digits and _, 63 at most",
        );
    } else if prefix.is_empty() && TAKEN.contains(&name) {
        properties.fault(name, "is a column that every table gets", "choose another name");
    }
}

fn field(name: &str, scope: &Scope<'_>, required: bool, prefix: &str) -> Option<Field> {
    let person = if prefix.is_empty() && scope.has("x-person") { person(scope) } else { None };
    let node = value(scope, &format!("{prefix}{name}"))?;
    let plain = matches!(&node.kind, Kind::Text(rules) if rules.choices.is_none());
    if person.is_some() && !plain {
        scope.fault(
            "x-person",
            "is on a field that is not a free string",
            "use it only on strings without format or enum",
        );
    }
    let description = scope.text("description").unwrap_or_default().to_owned();
    Some(Field { name: name.to_owned(), required, node, person, description })
}

fn person(scope: &Scope<'_>) -> Option<String> {
    let domain = scope.text("x-person")?;
    if !domain.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
        scope.fault(
            "x-person",
            "is not the name of a domain",
            "use lower-case letters and _, e.g. person or respondent",
        );
    }
    Some(domain.to_owned())
}

/// Reads the value that `scope` describes; `path` is put before the names of nested fields.
fn value(scope: &Scope<'_>, path: &str) -> Option<Node> {
    let (base, nullable) = base_type(scope)?;
    let kind = match base {
        "string" => string(scope, nullable),
        "integer" => integer(scope, nullable).map(Kind::Integer),
        "number" => Some(Kind::Number(bounds(scope))),
        "boolean" => boolean(scope, nullable),
        "array" => list(scope, path),
        "object" => object(scope, format!("{path}.")).map(Kind::Object),
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
        scope.fault("type", "is not exactly one type besides null", "write a type or [TYPE, \"null\"]");
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
        scope.fault("const", "is used together with an enum", "use one of the two");
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
        scope.fault("enum", "disagrees with type on null", "name null in both or in neither");
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
    Some(Kind::List { items: Box::new(value(&items, &format!("{path}[]"))?), bounds })
}
