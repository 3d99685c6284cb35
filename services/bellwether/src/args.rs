//! What the shell hands over, made ready for the parser.

use std::ffi::OsString;

/// Drops a bare `--` right after `demo`.
///
/// `cargo demo -- --once` is what people type, but the alias already ends in `-- demo`, so that the program sees
/// `demo -- --once` and would take `--once` for a stray operand.
pub fn normalise(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut kept: Vec<OsString> = Vec::new();
    let mut dropped = false;
    for arg in args {
        if !dropped && arg == "--" && kept.last().is_some_and(|last| last == "demo") {
            dropped = true;
            continue;
        }
        kept.push(arg);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(line: &str) -> String {
        let args = normalise(line.split(' ').map(OsString::from));
        args.iter().map(|a| a.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn cargo_demo_with_and_without_dashes_mean_the_same() {
        assert_eq!(normalised("bellwether demo -- --once"), "bellwether demo --once");
        assert_eq!(normalised("bellwether demo --once"), "bellwether demo --once");
    }

    #[test]
    fn other_dashes_keep_their_meaning() {
        assert_eq!(normalised("bellwether publish sites -- -file"), "bellwether publish sites -- -file");
        assert_eq!(normalised("bellwether demo -- -- x"), "bellwether demo -- x");
    }
}
