//! Tests wait for something to come true; they never hope that it has after a while, nor that it took no longer.

use end_to_end::root;
use std::path::{Path, PathBuf};

/// The one place that sleeps, between two looks: everything else waits with it.
const HELPER: &str = "tests/src/waiting.rs";
/// In two parts, so that this file has none of them.
const SLEEPS: &str = concat!("sle", "ep(");
const ELAPSED: &str = concat!(".elap", "sed()");

/// A scrape was not yet there after the three seconds that a test slept, on a busy machine, once in fifty runs.
#[test]
fn no_test_sleeps_but_the_helper_that_waits() {
    let found = lines_of_tests(|name, line| name != HELPER && line.contains(SLEEPS));
    assert!(found.is_empty(), "wait for what is to come with `wait_for` or `eventually`: {found:#?}");
}

/// A busy machine takes as long as it takes: what is asserted is what happened, not when.
#[test]
fn no_test_asserts_how_long_something_took() {
    let found = lines_of_tests(|_, line| line.contains("assert") && line.contains(ELAPSED));
    assert!(found.is_empty(), "assert what happened, with a limit that only a fault exceeds: {found:#?}");
}

/// `file:line: text` of the lines of tests for which this holds.
fn lines_of_tests(holds: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let root = root().canonicalize().unwrap();
    let mut sources = Vec::new();
    for folder in ["services", "tests", "ops"] {
        collect(&root.join(folder), &mut sources);
    }
    assert!(sources.len() > 150, "{} files", sources.len());
    let mut found = Vec::new();
    for file in sources {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let above = above_tests(&name, &text);
        let lines = text.lines().enumerate().skip(above).filter(|(_, line)| holds(&name, line));
        found.extend(lines.map(|(at, line)| format!("{name}:{}: {}", at + 1, line.trim())));
    }
    found
}

/// Lines before the first one that is there for tests.
fn above_tests(name: &str, text: &str) -> usize {
    if !name.contains("/src/") || name.starts_with("tests/") || name.contains("tests") {
        return 0;
    }
    text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}
