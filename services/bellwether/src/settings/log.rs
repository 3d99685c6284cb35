//! `[log]`: how log lines look, and what `tracing` lets through.

use super::{reader::Reader, values::Setting};
use tracing_subscriber::EnvFilter;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// `[log]`.
#[derive(Debug, Clone)]
pub struct Log {
    /// Human or JSON.
    pub format: LogFormat,
    /// What is let through.
    pub level: Directives,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// A level, or levels by target, comma separated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directives(pub String);

impl Setting for Directives {
    const EXPECTED: &'static str =
        "off, error, warn, info, debug or trace, or directives such as \"info,ingest=debug\"";

    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let text = parts.join(",");
        // Spans and their fields may hold commas; what they look like is for the library to judge.
        let good = text.contains(['[', '{']) || parts.iter().all(|part| wrong(part).is_none());
        (good && EnvFilter::builder().parse(&text).is_ok()).then_some(Self(text))
    }

    fn right(text: &str) -> String {
        let expected = format!("expected {}", Self::EXPECTED);
        match text.split(',').map(str::trim).find_map(wrong) {
            Some(word) if !text.contains(['[', '{', '@']) => format!("{word:?} is no level; {expected}"),
            _ => expected,
        }
    }
}

impl Setting for LogFormat {
    const EXPECTED: &'static str = "\"human\" or \"json\"";
    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "human" => Some(Self::Human),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Reads the section.
pub(super) fn log(r: &mut Reader) -> Option<Log> {
    let (format, level) = (r.required("log.format"), r.required("log.level"));
    Some(Log { format: format?, level: level? })
}

/// The word that should be a level and is none. The library takes such a one for the name of a target, and shows nothing else.
fn wrong(directive: &str) -> Option<&str> {
    let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level.trim());
    (!LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))).then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `inof` was taken for a target of that name, and nothing was logged.
    #[test]
    fn a_level_that_is_none_is_refused_by_name() {
        for good in
            ["info", "WARN", "off", "info,ingest=debug", "info, ingest=debug", "warn,lake[commit{table=a}]=trace"]
        {
            assert!(Directives::parse(good).is_some(), "{good}");
        }
        assert_eq!(Directives::parse("info, ingest=debug").unwrap().0, "info,ingest=debug");
        let refused = ["inof", "info,ingest", "info,ingest=debgu", "verbose", "info,", "info,=,", "ingest=", "3", ""];
        for bad in refused {
            assert_eq!(Directives::parse(bad), None, "{bad}");
        }
        assert!(Directives::right("info,ingest=debgu").starts_with("\"debgu\" is no level; expected off, error"));
        assert!(Directives::right("inof").starts_with("\"inof\" is no level"));
    }
}
