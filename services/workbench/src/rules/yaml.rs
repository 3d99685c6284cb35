//! Text of query files in YAML and in templates, where it means nothing but itself.

use std::time::Duration;

/// On one line, without control characters.
pub(super) fn plain(text: &str) -> String {
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(blank).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As a template has it, which would read a brace.
pub(super) fn literal(text: &str) -> String {
    plain(text).replace('{', "{{\"{\"}}")
}

/// A scalar in quotes: JSON's are YAML's.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(plain(text)).to_string()
}

/// A folded scalar under a key: its lines become one, with a blank between.
pub(super) fn folded(indent: usize, key: &str, lines: &[String]) -> String {
    let margin = " ".repeat(indent);
    let lines: String = lines.iter().map(|line| format!("{margin}  {line}\n")).collect();
    format!("{margin}{key}: >-\n{lines}")
}

/// As Prometheus has durations.
pub(super) fn duration(time: Duration) -> String {
    let millis = time.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let whole = units.into_iter().find(|(size, _)| millis.is_multiple_of(*size));
    whole.map_or_else(|| format!("{millis}ms"), |(size, unit)| format!("{}{unit}", millis / size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_their_largest_whole_unit() {
        let told = [86_400_000, 5_400_000, 1_500, 30_000].map(|millis| duration(Duration::from_millis(millis)));
        assert_eq!(told, ["1d", "90m", "1500ms", "30s"]);
    }

    #[test]
    fn text_of_a_query_file_is_one_line_and_opens_nothing() {
        assert_eq!(literal("a\n {{ $x }}\u{85}b"), "a {{\"{\"}}{{\"{\"}} $x }} b");
        assert_eq!(quoted("a: \"b\" # c\t"), r##""a: \"b\" # c""##);
    }
}
