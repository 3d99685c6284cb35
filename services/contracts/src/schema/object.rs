//! `properties` and `required` → the fields of an object.

use super::{node, scope::Scope};
use crate::model::{Field, Kind, Object};
use serde_json::Value;

/// Names that the lake and the queries add to a table.
const TAKEN: [&str; 2] = ["event_date", "week"];

/// Reads the object that `scope` describes. Its `type` has been read by the caller.
pub(super) fn read(scope: &Scope<'_>, prefix: String) -> Option<Object> {
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

fn check_name(name: &str, properties: &Scope<'_>, prefix: &str) {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    if !first || name.len() > 63 || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
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
    let node = node::read(scope, &format!("{prefix}{name}"))?;
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
