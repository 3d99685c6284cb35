//! `if`/`then` and `dependentRequired`, as far as a table can tell: it stores an absent field and a null one alike.

use super::document::Scope;
use crate::model::{Condition, Field, Kind, Object, When, WhenIs};
use serde_json::Value;

/// Reads the conditions of the event that `root` describes.
pub(super) fn read(root: &Scope<'_>, object: &Object) -> Vec<Condition> {
    let mut conditions = Vec::new();
    dependent(root, object, &mut conditions);
    if_then(root, object, &[], &mut conditions);
    conditions
}

fn dependent(root: &Scope<'_>, object: &Object, conditions: &mut Vec<Condition>) {
    let Some(scope) = root.inner("dependentRequired") else { return };
    for (name, _) in scope.entries() {
        let Some(others) = scope.texts(name) else { continue };
        let columns: Option<Vec<usize>> =
            others.iter().chain([&name.as_str()]).map(|field| plain(field, name, &scope, object)).collect();
        if let Some(mut require) = columns
            && let Some(column) = require.pop()
        {
            conditions.push(Condition { when: vec![When { column, is: WhenIs::Present }], require });
        }
    }
}

/// A field that is never null, so that absence is the only thing a null in its column can mean.
fn plain(name: &str, keyword: &str, scope: &Scope<'_>, object: &Object) -> Option<usize> {
    let Some(column) = object.position(name) else {
        scope.fault(keyword, format!("`{name}` is not a property"), "name a field of the event");
        return None;
    };
    if object.fields[column].node.nullable {
        scope.fault(
            keyword,
            format!("`{name}` may be null, and the table stores null and absent alike"),
            "take null out of its type",
        );
        return None;
    }
    Some(column)
}

fn if_then(scope: &Scope<'_>, object: &Object, outer: &[When], conditions: &mut Vec<Condition>) {
    match (scope.inner("if"), scope.inner("then")) {
        (Some(condition), Some(consequence)) => {
            let when: Vec<When> = outer.iter().cloned().chain(read_if(&condition, object)).collect();
            let require = read_then(&consequence, object);
            if !require.is_empty() {
                conditions.push(Condition { when: when.clone(), require });
            }
            if_then(&consequence, object, &when, conditions);
            consequence.refuse_unread(&[]);
        }
        (None, None) => {}
        (Some(_), None) => scope.fault("if", "has no then", "say what follows, or remove it"),
        (None, Some(_)) => scope.fault("then", "has no if", "say when, or remove it"),
    }
}

/// `properties` with const or enum, of fields that are required by the event or by this `if`: an absent field would
/// otherwise make the condition true.
fn read_if(scope: &Scope<'_>, object: &Object) -> Vec<When> {
    let required = scope.texts("required").unwrap_or_default();
    let mut when = Vec::new();
    if let Some(properties) = scope.inner("properties") {
        for (name, value) in properties.entries() {
            let Some(inner) = Scope::open(value, properties.at(name), scope.log) else { continue };
            let Some(column) = object.position(name) else {
                properties.fault(name, "is not a property of the event", "name a field of the event");
                continue;
            };
            if !object.fields[column].required && !required.contains(&name.as_str()) {
                properties.fault(name, "may be absent, which would make the if true", "add it to the if's required");
            }
            when.extend(set(&inner, &object.fields[column]).map(|is| When { column, is }));
            inner.refuse_unread(&[]);
        }
    }
    if when.is_empty() {
        scope.fault_here("compares no field", "write properties with const or enum");
    }
    for name in required.iter().filter(|name| !when.iter().any(|w| object.fields[w.column].name == **name)) {
        scope.fault("required", format!("names `{name}`, which this if does not compare"), "compare it, or remove it");
    }
    scope.refuse_unread(&[]);
    when
}

fn set(scope: &Scope<'_>, field: &Field) -> Option<WhenIs> {
    let values: Vec<Value> = match (scope.get("const"), scope.get("enum")) {
        (Some(one), None) => vec![one.clone()],
        (None, Some(Value::Array(several))) => several.clone(),
        _ => Vec::new(),
    };
    let is = match field.node.kind {
        Kind::Text(_) => all(&values, |v| v.as_str().map(str::to_owned)).map(WhenIs::Text),
        Kind::Integer(_) => all(&values, Value::as_i64).map(WhenIs::Integer),
        Kind::Boolean { .. } => all(&values, Value::as_bool).map(WhenIs::Boolean),
        _ => None,
    };
    if is.is_none() {
        scope.fault_here("is not a const or enum of the field's type", "compare strings, integers or booleans");
    }
    is
}

fn all<T>(values: &[Value], convert: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    values.iter().map(convert).collect::<Option<Vec<T>>>().filter(|all| !all.is_empty())
}

/// `required`, with `properties: {FIELD: {type}}` for each field whose type includes null.
fn read_then(scope: &Scope<'_>, object: &Object) -> Vec<usize> {
    let required = scope.texts("required").unwrap_or_default();
    let mut not_null = Vec::new();
    if let Some(properties) = scope.inner("properties") {
        for (name, value) in properties.entries() {
            let Some(inner) = Scope::open(value, properties.at(name), scope.log) else { continue };
            let base = object.position(name).map(|column| json_type(&object.fields[column].node.kind));
            let typed = inner.text("type");
            if !required.contains(&name.as_str()) || typed != base {
                inner.fault_here(
                    "a then says only which fields are required and not null",
                    "write the field's own type without null here, and name it in the then's required",
                );
            }
            inner.refuse_unread(&[]);
            not_null.push(name.as_str());
        }
    }
    let mut require = Vec::new();
    for name in required {
        let Some(column) = object.position(name) else {
            scope.fault("required", format!("names `{name}`, which is not a property"), "name a field of the event");
            continue;
        };
        if object.fields[column].node.nullable && !not_null.contains(&name) {
            let what = format!("`{name}` may be null, and the table stores null and absent alike");
            scope.fault("required", what, "add its type without null under the then's properties");
        }
        require.push(column);
    }
    require
}

fn json_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text(_) | Kind::Timestamp | Kind::Date => "string",
        Kind::Integer(_) => "integer",
        Kind::Number(_) => "number",
        Kind::Boolean { .. } => "boolean",
        Kind::List { .. } => "array",
        Kind::Object(_) => "object",
    }
}
