//! Random events of a schema, mostly valid, and random damage to them.

use rand::{RngExt, seq::IndexedRandom};
use serde_json::{Map, Value, json};

/// Strings that are short enough for every field and rich enough to trip a decoder.
const WORDS: [&str; 9] = ["ab-1", "a", "yes", "größe", "😀e", "a\"b\\c", "line\nbreak", "Ünïcode ab", "perth-02"];
const ZONES: [&str; 3] = ["Australia/Perth", "Europe/Berlin", "UTC"];

/// A value of the schema; whole-event rules (`if`, `x-checks`) are left to chance and to [`repair`].
pub fn value(schema: &Value, name: &str, rng: &mut impl RngExt) -> Value {
    let (kind, nullable) = kind(schema);
    if nullable && rng.random_bool(0.15) {
        return Value::Null;
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(choices) = schema["enum"].as_array() {
        return choices.choose(rng).unwrap().clone();
    }
    match kind {
        "object" => object(schema, rng),
        "array" => {
            let min = schema["minItems"].as_u64().unwrap_or(0);
            let max = schema["maxItems"].as_u64().unwrap_or(6).min(6);
            (0..rng.random_range(min..=max)).map(|_| value(&schema["items"], name, rng)).collect()
        }
        "string" => string(schema, name, rng),
        "boolean" => rng.random_bool(0.5).into(),
        "integer" => integer(schema, rng),
        _ => number(schema, rng),
    }
}

/// The type besides null, and whether null is one.
pub fn kind(schema: &Value) -> (&str, bool) {
    match &schema["type"] {
        Value::String(one) => (one, false),
        Value::Array(two) => (two.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap(), true),
        other => panic!("no type: {other}"),
    }
}

fn object(schema: &Value, rng: &mut impl RngExt) -> Value {
    let required: Vec<&str> =
        schema["required"].as_array().map_or(vec![], |all| all.iter().filter_map(Value::as_str).collect());
    let mut event = Map::new();
    for (name, property) in schema["properties"].as_object().unwrap() {
        if required.contains(&name.as_str()) || rng.random_bool(0.7) {
            event.insert(name.clone(), value(property, name, rng));
        }
    }
    Value::Object(event)
}

fn string(schema: &Value, name: &str, rng: &mut impl RngExt) -> Value {
    let day = || format!("20{:02}-{:02}-{:02}", 10 + name.len() % 20, 1 + name.len() % 12, 1 + name.len() % 28);
    match schema["format"].as_str() {
        Some("date") => return format!("{}{}", &day()[..8], ["01", "09", "28"].choose(rng).unwrap()).into(),
        Some("date-time") => return timestamp(rng).into(),
        _ => {}
    }
    if name == "timezone" {
        return (*ZONES.choose(rng).unwrap()).into();
    }
    if name == "code" {
        return format!("{}-{}", ["ab", "zz"].choose(rng).unwrap(), rng.random_range(0..999)).into();
    }
    if schema["pattern"] == "[aeiou]" {
        return (*["ae", "😀e", "b\"o\"b"].choose(rng).unwrap()).into();
    }
    let min = usize::try_from(schema["minLength"].as_u64().unwrap_or(0)).unwrap();
    let max = usize::try_from(schema["maxLength"].as_u64().unwrap_or(200)).unwrap();
    if rng.random_bool(0.05) {
        // Exactly at a limit, in code points of one to four bytes.
        let letter = ["e", "ß", "日", "😀"].choose(rng).unwrap();
        return letter.repeat(*[min, max].choose(rng).unwrap()).into();
    }
    (*WORDS.choose(rng).unwrap()).into()
}

fn timestamp(rng: &mut impl RngExt) -> String {
    let fraction = ["", ".5", ".123456", ".123456789"].choose(rng).unwrap();
    let offset = ["Z", "z", "+00:00", "-00:00", "+08:00", "-03:30", "+23:59"].choose(rng).unwrap();
    let separator = if rng.random_bool(0.9) { 'T' } else { 't' };
    let (month, day) = (rng.random_range(1..=12), rng.random_range(1..=28));
    let (hour, minute, second) = (rng.random_range(0..24), rng.random_range(0..60), rng.random_range(0..60));
    format!("2026-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}{fraction}{offset}")
}

fn limits(schema: &Value) -> (f64, f64) {
    let low = schema["minimum"].as_f64().or(schema["exclusiveMinimum"].as_f64()).unwrap_or(-50.0);
    let high = schema["maximum"].as_f64().or(schema["exclusiveMaximum"].as_f64()).unwrap_or(low.max(0.0) + 100.0);
    (low, high)
}

#[expect(clippy::cast_possible_truncation, reason = "limits of schemas are small")]
fn integer(schema: &Value, rng: &mut impl RngExt) -> Value {
    let (low, high) = limits(schema);
    if schema["maximum"].is_null() && rng.random_bool(0.1) {
        // Whole numbers that no double tells apart.
        return json!(9_007_199_254_740_993_i64 + rng.random_range(0..1_000));
    }
    json!(rng.random_range(low.ceil() as i64..=high as i64))
}

#[expect(clippy::cast_possible_truncation, reason = "limits of schemas are small")]
fn number(schema: &Value, rng: &mut impl RngExt) -> Value {
    let (low, high) = limits(schema);
    let any = rng.random_range(low..=high);
    if schema.get("exclusiveMinimum").is_some() {
        return json!(any);
    }
    let candidates = [any, any.round(), low, high, (any * 100.0).round() / 100.0];
    let one = *candidates.choose(rng).unwrap();
    if one.fract() == 0.0 && rng.random_bool(0.5) { json!(one as i64) } else { json!(one) }
}

/// Gives every field of the event a value, so that nothing that another field requires is missing.
pub fn complete(schema: &Value, event: &mut Value, rng: &mut impl RngExt) {
    for (name, property) in schema["properties"].as_object().unwrap() {
        while event[name].is_null() {
            event[name] = value(property, name, rng);
        }
    }
}

/// Puts fields that are compared into order, so that many events pass their `x-checks`, some of them just so, and some
/// not by a nanosecond.
pub fn repair(schema: &Value, event: &mut Value, rng: &mut impl RngExt) {
    for check in schema["x-checks"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let Some(pair) = check.get("less").or(check.get("lessOrEqual")) else { continue };
        let (left, right) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        let most = check["within"].as_str().map(|within| within.parse::<jiff::Span>().unwrap());
        match check["each"].as_str() {
            Some(each) => {
                for element in event[each].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default() {
                    raise(element, left, right, most, rng);
                }
            }
            None => raise(event, left, right, most, rng),
        }
    }
}

fn raise(object: &mut Value, left: &str, right: &str, most: Option<jiff::Span>, rng: &mut impl RngExt) {
    if object[right].is_null() || object[left].is_null() {
        return;
    }
    object[right] = match &object[left] {
        Value::String(text) if text.len() == 10 => json!(text),
        Value::String(text) => {
            let at: jiff::Timestamp = text.parse().unwrap();
            let days = most.map_or(0, |most| i64::from(most.get_weeks()) * 7 + i64::from(most.get_days()));
            let steps = [jiff::SignedDuration::from_hours(1), jiff::SignedDuration::ZERO];
            let steps = [steps[0], steps[0], steps[1], jiff::SignedDuration::from_hours(24 * days)];
            let nanos = [0, 0, 1, -1][rng.random_range(0..4)];
            json!((at + *steps.choose(rng).unwrap() + jiff::SignedDuration::from_nanos(nanos)).to_string())
        }
        Value::Number(number) if number.is_i64() => json!(number.as_i64().unwrap() + 1),
        other => json!(other.as_f64().unwrap() + 0.125),
    };
}

/// Breaks something, usually: one random place of the event is dropped, replaced, lengthened or joined by others.
pub fn damage(event: &mut Value, rng: &mut impl RngExt) {
    let places = 1 + count(event);
    let place = rng.random_range(0..places);
    let mut left = place;
    if let Some(target) = descend(event, &mut left) {
        alter(target, rng);
    }
}

/// Number of values inside a value.
fn count(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.values().map(|inner| 1 + count(inner)).sum(),
        Value::Array(list) => list.iter().map(|inner| 1 + count(inner)).sum(),
        _ => 0,
    }
}

fn descend<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    let inner: Vec<&mut Value> = match value {
        Value::Object(map) => map.values_mut().collect(),
        Value::Array(list) => list.iter_mut().collect(),
        _ => vec![],
    };
    for one in inner {
        let size = 1 + count(one);
        if *left < size {
            return descend(one, left);
        }
        *left -= size;
    }
    None
}

fn alter(value: &mut Value, rng: &mut impl RngExt) {
    match value {
        Value::Object(map) if rng.random_bool(0.8) => {
            let names: Vec<String> = map.keys().cloned().collect();
            match (names.choose(rng), rng.random_bool(0.7)) {
                (Some(name), true) => drop(map.remove(name)),
                _ => drop(map.insert(["note", "title", "min ", "ID"].choose(rng).unwrap().to_string(), anything(rng))),
            }
        }
        Value::Array(list) if rng.random_bool(0.7) => match rng.random_range(0..3) {
            0 => list.clear(),
            1 => list.push(anything(rng)),
            _ => {
                let first = list.first().cloned().unwrap_or(Value::Null);
                list.resize([4, 50, 51, 201].choose(rng).copied().unwrap(), first);
            }
        },
        Value::String(text) if rng.random_bool(0.5) => *text = string_variant(text, rng),
        other => *other = anything(rng),
    }
}

fn string_variant(text: &str, rng: &mut impl RngExt) -> String {
    match rng.random_range(0..5) {
        0 => String::new(),
        1 => "😀".repeat(rng.random_range(1..220)),
        2 => format!("{text} "),
        3 => text.chars().skip(1).collect(),
        _ => (*ODD.choose(rng).unwrap()).to_owned(),
    }
}

/// Almost timestamps, almost dates, almost zones.
const ODD: [&str; 26] = [
    "9999-12-31T23:59:59-05:00",
    "9999-12-31T23:59:59.999999999Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "0000-06-01T12:00:00Z",
    "9999-12-31",
    "0000-02-29",
    "2026-03-02",
    "2026-03-02T09:00:00",
    "2026-03-02 09:00:00Z",
    "2026-02-29T09:00:00Z",
    "2024-02-29T09:00:00Z",
    "2026-3-2T09:00:00Z",
    "2026-03-02T24:00:00Z",
    "2026-03-02T09:60:00Z",
    "2026-06-30T23:59:60Z",
    "2026-06-30T12:00:60Z",
    "2026-07-01T07:59:60+08:00",
    "2026-03-02T09:00:00.Z",
    "2026-03-02T09:00:00+24:00",
    "2026-03-02T09:00:00+0800",
    "2026-03-02T09:00Z",
    "20260302",
    "2026-13-01",
    "europe/berlin",
    "12",
];

fn anything(rng: &mut impl RngExt) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(12),
        json!(1.0),
        json!(0.5),
        json!(-0.0),
        json!(1e18),
        json!(1e19),
        json!(1e300),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!("12"),
        json!("yes"),
        json!("field"),
        json!(""),
        json!([]),
        json!({}),
        json!([1, [2]]),
        json!({"item": "x"}),
        json!(1772413200),
        json!("2026-03-02T09:00:00Z"),
        json!("2026-03-02"),
    ];
    values.choose(rng).unwrap().clone()
}

/// The text of an event: names in any order, any white space, escapes where none are needed, numbers with exponents.
pub fn render(value: &Value, rng: &mut impl RngExt, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            if rng.random_bool(0.3) {
                let turn = rng.random_range(0..entries.len().max(1));
                entries.rotate_left(turn);
            }
            out.push('{');
            for (i, (name, inner)) in entries.into_iter().enumerate() {
                comma(i, rng, out);
                text(name, rng, out);
                out.push(':');
                space(rng, out);
                render(inner, rng, out);
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for (i, inner) in list.iter().enumerate() {
                comma(i, rng, out);
                render(inner, rng, out);
            }
            out.push(']');
        }
        Value::String(string) => text(string, rng, out),
        Value::Number(number) if number.is_i64() && rng.random_bool(0.2) => out.push_str(&spelt(number, rng)),
        other => out.push_str(&other.to_string()),
    }
    space(rng, out);
}

/// An integer in one of the ways in which JSON can write it.
fn spelt(number: &serde_json::Number, rng: &mut impl RngExt) -> String {
    let text = number.to_string();
    let zeros = text.len() - text.trim_end_matches('0').len();
    match rng.random_range(0..5) {
        0 => format!("{text}e0"),
        1 => format!("{text}.0"),
        2 if text != "0" => format!("{text}000E-3"),
        3 if zeros > 0 && zeros < text.len() => format!("{}e+{zeros}", &text[..text.len() - zeros]),
        4 if text.trim_start_matches('-').len() > 1 => {
            format!("{}.{}e1", &text[..text.len() - 1], &text[text.len() - 1..])
        }
        _ => text,
    }
}

fn comma(index: usize, rng: &mut impl RngExt, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
    space(rng, out);
}

fn space(rng: &mut impl RngExt, out: &mut String) {
    if rng.random_bool(0.06) {
        out.push_str([" ", "\n\t", "\r\n"].choose(rng).unwrap());
    }
}

fn text(string: &str, rng: &mut impl RngExt, out: &mut String) {
    if rng.random_bool(0.9) {
        out.push_str(&Value::from(string).to_string());
        return;
    }
    out.push('"');
    string.encode_utf16().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
    out.push('"');
}
