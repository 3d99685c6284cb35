//! Parts of metrics as exact numbers, from `truth.json` and from the program.

use end_to_end::{Program, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// (metric, week, site and further labels) → numerator, denominator, sum of squares, logged, expected; in units of 10⁻¹⁸.
pub type Parts = BTreeMap<(String, String, String), [i128; 5]>;

/// What an evaluation stored.
pub fn stored(program: &Program) -> Parts {
    let text = program.succeed(&[
        "sql",
        "select metric, week, site, labels, numerator, denominator, sum_squares, logged, expected from indicators",
        "--format",
        "json",
    ]);
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    let count = rows.len();
    let parts = parts(&rows);
    assert_eq!(parts.len(), count, "indicators offers a row once");
    parts
}

/// What the simulator planted in the metrics that are always on.
pub fn truth(folder: &Path) -> (Parts, Value) {
    let (_, mut truth) = whole_truth(folder);
    let on = names(&root().join("queries"));
    for of_metrics in ["parts", "states"] {
        truth[of_metrics].as_array_mut().unwrap().retain(|row| on.contains(row["metric"].as_str().unwrap()));
    }
    (parts(truth["parts"].as_array().unwrap()), truth)
}

/// What it planted in those of the catalogue too.
pub fn whole_truth(folder: &Path) -> (Parts, Value) {
    let text = std::fs::read_to_string(folder.join("truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&text).unwrap();
    (parts(truth["parts"].as_array().unwrap()), truth)
}

/// The metrics whose query files lie in a folder.
pub fn names(folder: &Path) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let queries = files.filter(|file| file.extension().is_some_and(|ending| ending == "sql"));
    queries.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// Fails with the first few differences rather than with two walls of numbers.
pub fn assert_same(found: &Parts, expected: &Parts) {
    let missing: Vec<_> = expected.iter().filter(|(key, _)| !found.contains_key(*key)).take(5).collect();
    let surplus: Vec<_> = found.iter().filter(|(key, _)| !expected.contains_key(*key)).take(5).collect();
    let differ: Vec<_> = expected
        .iter()
        .filter_map(|(key, value)| found.get(key).filter(|other| *other != value).map(|other| (key, value, other)))
        .take(5)
        .collect();
    assert!(
        missing.is_empty() && surplus.is_empty() && differ.is_empty(),
        "{} rows expected, {} found\nmissing: {missing:#?}\nsurplus: {surplus:#?}\ndiffer (expected, found): {differ:#?}",
        expected.len(),
        found.len(),
    );
    assert!(!expected.is_empty(), "an empty truth proves nothing");
}

fn parts(rows: &[Value]) -> Parts {
    rows.iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or_else(|| panic!("{name} in {row}")).to_owned();
            let names = ["numerator", "denominator", "sum_squares", "logged", "expected"];
            let numbers = names.map(|name| exact(&row[name]));
            let labels = row["labels"].as_object().into_iter().flatten();
            let labels: String = labels.map(|(name, value)| format!(" {name}={value}")).collect();
            ((text("metric"), text("week"), text("site") + &labels), numbers)
        })
        .collect()
}

/// A decimal string in units of 10⁻¹⁸; absent is 0.
pub fn exact(value: &Value) -> i128 {
    let Some(text) = value.as_str() else {
        assert!(value.is_null(), "decimals are strings, this is {value}");
        return 0;
    };
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= 18, "{text} has more than 18 digits");
    sign * format!("{whole}{fraction:0<18}").parse::<i128>().unwrap()
}
