//! Tests wait for something to come true; they never hope that it has after a while.

use end_to_end::root;
use std::path::{Path, PathBuf};

/// Files that may sleep, by how their paths begin, and why.
const MAY_SLEEP: &[(&str, &str)] = &[
    ("tests/src/waiting.rs", "the helper that everything else waits with"),
    ("tests/suite/waiting.rs", "this test"),
    ("services/ingest/", "its tests have a helper of their own, and faults that last a while"),
    ("services/lake/src/tests/racing.rs", "a zombie that is slow on purpose, whatever comes of it"),
    ("services/lake/src/tests/committing.rs", "files of more than a second of age, which is what is tested"),
    ("services/bellwether/src/retry.rs", "one look after the other, and a stop at any time"),
];

/// A scrape was not yet there after the three seconds that a test slept, on a busy machine, once in fifty runs.
#[test]
fn no_test_sleeps_but_the_helper_that_waits() {
    let root = root().canonicalize().unwrap();
    let mut sources = Vec::new();
    for folder in ["services", "tests", "ops"] {
        collect(&root.join(folder), &mut sources);
    }
    assert!(sources.len() > 150, "{} files", sources.len());
    let found: Vec<String> = sources.iter().flat_map(|file| sleeps(&root, file)).collect();
    assert!(found.is_empty(), "wait for what is to come with `wait_for`, or say in MAY_SLEEP why not: {found:#?}");
}

fn sleeps(root: &Path, file: &Path) -> Vec<String> {
    let name = file.strip_prefix(root).unwrap().display().to_string();
    if MAY_SLEEP.iter().any(|(path, _)| name.starts_with(path)) {
        return Vec::new();
    }
    let text = std::fs::read_to_string(file).unwrap();
    // In the program's own sources only what is there for tests.
    let is_test = !name.contains("/src/") || name.starts_with("tests/") || name.contains("tests");
    let from = if is_test { 0 } else { text.find("#[cfg(test)]").unwrap_or(text.len()) };
    let above = text[..from].lines().count();
    let lines = text[from..].lines().enumerate().filter(|(_, line)| line.contains("sleep("));
    lines.map(|(at, line)| format!("{name}:{}: {}", above + at + 1, line.trim())).collect()
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
