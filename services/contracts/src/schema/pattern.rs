//! `pattern`: regular expressions that ECMA-262 and the `regex` crate read alike.

use super::document::Scope;
use regex::Regex;

/// Compiles a pattern, or reports why it is refused.
pub(super) fn compile(pattern: &str, scope: &Scope<'_>) -> Option<Regex> {
    if let Some(construct) = ambiguous(pattern) {
        scope.fault(
            "pattern",
            format!("{construct} does not mean the same in every engine"),
            "spell out the characters, e.g. [0-9] or [a-z_]",
        );
        return None;
    }
    match Regex::new(pattern) {
        Ok(regex) => Some(regex),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            scope.fault("pattern", format!("is not a regular expression: {reason}"), "correct it");
            None
        }
    }
}

/// The first construct whose meaning differs between engines.
fn ambiguous(pattern: &str) -> Option<String> {
    let mut in_class = false;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let escaped = chars.next()?;
                if escaped.is_ascii_alphanumeric() && !"nrt".contains(escaped) {
                    return Some(format!("`\\{escaped}`"));
                }
            }
            '[' if in_class => return Some("`[` inside a class".into()),
            '[' => {
                in_class = true;
                chars.next_if_eq(&'^');
            }
            ']' if in_class => in_class = false,
            '&' | '-' | '~' if in_class && chars.peek() == Some(&c) => return Some(format!("`{c}{c}` in a class")),
            '.' if !in_class => return Some("`.`".into()),
            '(' if !in_class && chars.peek() == Some(&'?') => {
                chars.next();
                if chars.peek() != Some(&':') {
                    return Some("`(?`".into());
                }
            }
            _ => {}
        }
    }
    None
}
