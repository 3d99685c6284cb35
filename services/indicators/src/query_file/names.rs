//! Names that reach Prometheus: of metrics, of their families, of labels. The rules are those of its own linter.

use super::fault::Faults;
use crate::{Kind, Metric};
use std::ops::Range;

/// Labels that the engine sets itself, or that Prometheus gives a meaning.
pub const RESERVED_LABELS: [&str; 11] =
    ["region", "window", "reason", "state", "metric", "scope", "week", "le", "quantile", "job", "instance"];
/// Columns that are parts.
const PART_COLUMNS: [&str; 6] = ["numerator", "denominator", "sum_squares", "logged", "expected", "respondents"];
/// Families that all metrics share: `leading_` and these.
pub const OWN_FAMILIES: [&str; 13] = [
    "as_of_timestamp_seconds",
    "site_info",
    "lagging",
    "lagging_since_timestamp_seconds",
    "state",
    "coverage",
    "lagging_score",
    "streak_below",
    "sample_size",
    "target",
    "trend_per_week",
    "week_start_timestamp_seconds",
    "indicator_info",
];
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
    let mut fault = |message: String| faults.at(0..0, format!("metric name `{name}` (the file's name): {message}"));
    if !is_snake_case(name) {
        fault("must be snake_case: lower-case words joined by single underscores, such as `field_time`".to_owned());
        return;
    }
    if let Some(scope) = ["region_", "company_"].into_iter().find(|scope| name.starts_with(scope)) {
        fault(format!("`leading_{scope}…` is where roll-ups are exported; take another first word"));
    }
    if name.len() > 100 {
        fault("is longer than 100 characters".to_owned());
    }
}

/// The families that a metric is exported as.
fn families(metric: &Metric) -> Vec<String> {
    let name = &metric.name;
    let suffix = if metric.kind == Kind::Count { "" } else { "_ratio" };
    let scopes = ["", "region_", "company_"].map(|scope| format!("leading_{scope}{name}{suffix}"));
    let bounds = scopes.iter().flat_map(|family| ["_lower", "_upper"].map(|bound| format!("{family}{bound}")));
    let bounds = bounds.collect::<Vec<_>>();
    scopes.into_iter().chain(bounds).collect()
}

/// Families that Prometheus' linter would fault, or that another metric or the engine already has.
pub(super) fn check_families(metric: &Metric, others: &[Metric], faults: &mut Faults) {
    if others.iter().any(|other| other.name == metric.name) {
        faults.at(0..0, format!("metric `{}` is declared twice", metric.name));
        return;
    }
    let families = families(metric);
    if let Some((family, problem)) = families.iter().find_map(|family| Some((family, lint(family)?))) {
        faults.at(0..0, format!("metric name `{}`: it is exported as {family}, and {problem}", metric.name));
    }
    for family in &families {
        if OWN_FAMILIES.iter().any(|own| family.strip_prefix("leading_") == Some(own)) {
            faults.at(0..0, format!("metric name `{}`: {family} already tells about all metrics", metric.name));
        }
        if let Some(other) = others.iter().find(|other| self::families(other).contains(family)) {
            let message = format!("metric name `{}`: {family} is already a family of `{}`", metric.name, other.name);
            faults.at(0..0, message);
            return;
        }
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
    } else if PART_COLUMNS.contains(&label) {
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
