//! Names that reach Prometheus: of metrics, of their families, of labels. The rules are those of its own linter.

use super::fault::Faults;
use indicators::{Family, Metric, PART_COLUMNS, RESERVED_LABELS, families_of};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

const TYPES: [&str; 5] = ["counter", "gauge", "summary", "histogram", "gauge_histogram"];
const ABBREVIATED_UNITS: [&str; 14] = ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"];
const BASE_UNITS: [&str; 10] =
    ["amperes", "bytes", "celsius", "grams", "joules", "kelvin", "meters", "metres", "seconds", "volts"];
const OTHER_UNITS: [(&str, &str); 14] = [
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("kelvins", "kelvin"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
    ("inches", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("bits", "bytes"),
    ("calories", "joules"),
    ("pounds", "grams"),
    ("ounces", "grams"),
];
const PREFIXES: [&str; 18] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mibi", "giga", "gibi",
    "tera", "tebi", "peta", "pebi",
];

/// Lower-case words joined by single underscores, beginning with a letter.
pub(super) fn is_snake_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.ends_with('_')
        && !name.contains("__")
}

/// The file's stem as a metric's name.
pub(super) fn check_metric(name: &str, faults: &mut Faults) {
    if let Some(message) = name_fault(name) {
        faults.at(0..0, format!("metric name `{name}` (the file's name): {message}"));
    }
}

/// What is wrong with a metric's name, whatever its kind.
pub fn name_fault(name: &str) -> Option<String> {
    if !is_snake_case(name) {
        let wanted = "must be snake_case: lower-case words joined by single underscores, such as `field_time`";
        return Some(wanted.to_owned());
    }
    if let Some(scope) = ["region_", "company_"].into_iter().find(|scope| name.starts_with(scope)) {
        return Some(format!("`leading_{scope}…` is where roll-ups are exported; take another first word"));
    }
    (name.len() > 100).then(|| "is longer than 100 characters".to_owned())
}

/// Metrics that were declared, and the families that they are exported as.
#[derive(Debug, Default)]
pub(super) struct Families {
    metrics: BTreeSet<String>,
    /// Metric by family.
    taken: BTreeMap<String, String>,
}

/// Families that Prometheus' linter would fault, or that another metric or the engine already has.
pub(super) fn check_families(metric: &Metric, known: &mut Families, faults: &mut Faults) {
    let name = &metric.name;
    if !known.metrics.insert(name.clone()) {
        faults.at(0..0, format!("metric `{name}` is declared twice: another file of this name was read before"));
        return;
    }
    let families = families_of(&metric.name, metric.kind);
    if let Some((family, problem)) = families.iter().find_map(|family| Some((family, lint(family)?))) {
        faults.at(0..0, format!("metric name `{name}`: it is exported as {family}, and {problem}"));
    }
    for family in &families {
        if Family::shared(family).is_some() {
            faults.at(0..0, format!("metric name `{name}`: {family} already tells about all metrics"));
        }
    }
    if let Some((family, other)) = families.iter().find_map(|family| known.taken.get_key_value(family)) {
        faults.at(0..0, format!("metric name `{name}`: {family} is already a family of `{other}`"));
    }
    for family in families {
        known.taken.entry(family).or_insert_with(|| name.clone());
    }
}

/// What Prometheus' linter says of a gauge of this name.
fn lint(family: &str) -> Option<String> {
    let part = |word: &str| family.contains(&format!("_{word}_")) || family.ends_with(&format!("_{word}"));
    if let Some(suffix) = ["_total", "_bucket", "_count", "_sum"].into_iter().find(|suffix| family.ends_with(suffix)) {
        return Some(format!("a gauge must not end in `{suffix}`"));
    }
    if let Some(kind) = TYPES.into_iter().find(|kind| part(kind)) {
        return Some(format!("the name must not include the type `{kind}`"));
    }
    if let Some(unit) = ABBREVIATED_UNITS.into_iter().find(|unit| part(unit)) {
        return Some(format!("the name must not contain the abbreviated unit `{unit}`"));
    }
    let (unit, base) = family.split('_').find_map(unit)?;
    (unit != base).then(|| format!("the name must use the base unit `{base}` instead of `{unit}`"))
}

fn unit(word: &str) -> Option<(&str, &'static str)> {
    let base_of = |unit: &str| {
        let base = BASE_UNITS.into_iter().find(|base| *base == unit);
        base.or_else(|| OTHER_UNITS.into_iter().find(|(other, _)| *other == unit).map(|(_, base)| base))
    };
    let prefixed = || PREFIXES.into_iter().find_map(|prefix| base_of(word.strip_prefix(prefix)?));
    base_of(word).or_else(prefixed).map(|base| (word, base))
}

/// A label's name.
pub(super) fn check_label(label: &str, persons: &[&str], span: Range<usize>, faults: &mut Faults) {
    if !is_snake_case(label) {
        faults.at(span, format!("label `{label}` must be snake_case: lower-case words joined by underscores"));
    } else if RESERVED_LABELS.contains(&label) {
        faults.at(span, format!("label `{label}` is set by the engine or by Prometheus; take another name"));
    } else if PART_COLUMNS.iter().any(|part| part.name == label) {
        faults.at(span, format!("label `{label}` is the name of a part; take another name"));
    } else if persons.contains(&label) {
        faults.at(span, format!("label `{label}` names a person: identifiers of people are never labels"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_follow_prometheus_own_linter() {
        assert_eq!(lint("leading_field_time_ratio"), None);
        assert_eq!(lint("leading_idle_seconds_ratio"), None);
        for bad in
            ["leading_risk_meetings_total", "leading_hours_per_person", "leading_milliseconds_lost", "leading_x_ms"]
        {
            assert!(lint(bad).is_some(), "{bad}");
        }
        assert!(lint("leading_a_gauge_of_trust_ratio").is_some());
    }

    #[test]
    fn snake_case_is_words_joined_by_single_underscores() {
        for good in ["a", "field_time", "trir_12w"] {
            assert!(is_snake_case(good), "{good}");
        }
        for bad in ["", "A", "fieldTime", "_x", "x_", "a__b", "1a", "é", "a-b"] {
            assert!(!is_snake_case(bad), "{bad}");
        }
    }
}
