//! `x-checks`: comparisons between fields.
//!
//! `{"less": [A, B]}` or `{"lessOrEqual": [A, B]}`, with `"within": "P7D"` (or a number) for the most that B may exceed
//! A, and `"each": LIST` where A and B are fields of the list's elements; `{"timezone": FIELD}` for an IANA zone.

use super::document::{Scope, duration_micros};
use crate::model::{Check, Kind, Object, Order, Within};
use serde_json::Value;

const DAY_MICROS: i64 = 86_400_000_000;

/// Reads the checks of the event that `root` describes.
pub(super) fn read(root: &Scope<'_>, object: &Object) -> Vec<Check> {
    let Some(value) = root.get("x-checks") else { return Vec::new() };
    let Value::Array(list) = value else {
        root.fault("x-checks", "is not a list", "write a list of checks");
        return Vec::new();
    };
    let scopes = list.iter().enumerate().map(|(i, v)| Scope::open(v, format!("{}/{i}", root.at("x-checks")), root.log));
    scopes
        .flatten()
        .filter_map(|scope| {
            let check = one(&scope, object);
            scope.refuse_unread(&[]);
            check
        })
        .collect()
}

fn one(scope: &Scope<'_>, object: &Object) -> Option<Check> {
    match (scope.has("timezone"), scope.has("less"), scope.has("lessOrEqual")) {
        (true, false, false) => timezone(scope, object),
        (false, true, false) => order(scope, object, "less").map(Check::Order),
        (false, false, true) => order(scope, object, "lessOrEqual").map(Check::Order),
        _ => {
            scope.fault_here("is not one comparison", "use exactly one of less, lessOrEqual and timezone");
            None
        }
    }
}

fn timezone(scope: &Scope<'_>, object: &Object) -> Option<Check> {
    let column = object.position(scope.text("timezone")?);
    let column = column.filter(|&column| matches!(object.fields[column].node.kind, Kind::Text(_)));
    if column.is_none() {
        scope.fault("timezone", "is not a string field of the event", "name the field that holds the zone");
    }
    Some(Check::Timezone { column: column? })
}

fn order(scope: &Scope<'_>, object: &Object, keyword: &str) -> Option<Order> {
    let (pair, limit) = (scope.texts(keyword), scope.get("within"));
    let each = match scope.has("each") {
        true => Some(list(scope, object)?),
        false => None,
    };
    let holder = match each.map(|column| &object.fields[column].node.kind) {
        Some(Kind::List { items, .. }) => match &items.kind {
            Kind::Object(inner) => inner,
            _ => object,
        },
        _ => object,
    };
    let [left, right] = pair?[..] else {
        scope.fault(keyword, "does not compare two fields", "write [A, B]");
        return None;
    };
    let (left, right) = (column(scope, keyword, holder, left)?, column(scope, keyword, holder, right)?);
    let kinds = (&holder.fields[left].node.kind, &holder.fields[right].node.kind);
    if !comparable(kinds.0) || std::mem::discriminant(kinds.0) != std::mem::discriminant(kinds.1) {
        scope.fault(
            keyword,
            "compares fields that have no common order",
            "compare two timestamps, dates, integers or numbers",
        );
        return None;
    }
    let within = match limit {
        Some(limit) => Some(within(limit, scope, kinds.0)?),
        None => None,
    };
    Some(Order { each, left, right, strict: keyword == "less", within })
}

fn list(scope: &Scope<'_>, object: &Object) -> Option<usize> {
    let column = object.position(scope.text("each")?).filter(|&column| match &object.fields[column].node.kind {
        Kind::List { items, .. } => matches!(items.kind, Kind::Object(_)),
        _ => false,
    });
    if column.is_none() {
        scope.fault(
            "each",
            "is not a field that holds an array of objects",
            "name such a field, or compare the event's own",
        );
    }
    column
}

fn column(scope: &Scope<'_>, keyword: &str, holder: &Object, name: &str) -> Option<usize> {
    let column = holder.position(name);
    if column.is_none() {
        scope.fault(keyword, format!("names `{name}`, which is not a field there"), "name a field of the schema");
    }
    column
}

fn comparable(kind: &Kind) -> bool {
    matches!(kind, Kind::Timestamp | Kind::Date | Kind::Integer(_) | Kind::Number(_))
}

fn within(value: &Value, scope: &Scope<'_>, kind: &Kind) -> Option<Within> {
    let micros = value.as_str().and_then(duration_micros);
    let text = value.to_string().replace('"', "");
    let within = match kind {
        Kind::Timestamp => micros.map(|micros| Within::Whole(micros, text)),
        Kind::Date => micros.filter(|m| m % DAY_MICROS == 0).map(|m| Within::Whole(m / DAY_MICROS, text)),
        Kind::Integer(_) => value.as_i64().map(|most| Within::Whole(most, text)),
        _ => value.as_f64().map(Within::Number),
    };
    if within.is_none() {
        scope.fault(
            "within",
            "does not fit the compared fields",
            "write a duration such as \"P7D\" for times (whole days for dates), a number for numbers",
        );
    }
    within
}
