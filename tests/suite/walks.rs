//! The walks of ARCHITECTURE.md and of the rooms' `lib.rs` lead somewhere: every named file holds the named function.

use std::{fs, path::Path};

const HEADINGS: [&str; 2] = ["## The way of one record", "## The way of one query file"];

#[test]
fn every_step_of_the_walks_names_a_function_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    for heading in HEADINGS {
        let steps = steps(&text, heading);
        assert!(steps.len() > 3, "{heading}: found only {steps:?}");
        lead_somewhere(&root, heading, &steps);
    }
}

#[test]
fn every_step_of_a_rooms_own_walk_names_a_function_that_exists() {
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("../services");
    let mut walks = Vec::new();
    for room in fs::read_dir(services).unwrap().map(|room| room.unwrap().path().join("src")) {
        let Ok(text) = fs::read_to_string(room.join("lib.rs")) else { continue };
        let steps: Vec<_> = text.lines().filter_map(|line| named(line.strip_prefix("//! ")?)).collect();
        lead_somewhere(&room, "lib.rs", &steps);
        walks.extend(Some(room).filter(|_| !steps.is_empty()));
    }
    assert!(walks.iter().any(|room| room.ends_with("evaluation/src")), "{walks:?}");
}

fn lead_somewhere(root: &Path, walk: &str, steps: &[(&str, &str)]) {
    for (file, function) in steps {
        let source = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{walk}: {file}: {error}"));
        let found = ["(", "<"].iter().any(|next| source.contains(&format!("fn {function}{next}")));
        assert!(found, "{walk}: {file} has no function {function}");
    }
}

/// The `file:function` that a numbered line begins with.
fn named(line: &str) -> Option<(&str, &str)> {
    let (number, step) = line.split_once(". `")?;
    number.parse::<usize>().ok()?;
    // That of ingestion is written with `::`, and tested there.
    step.split_once('`')?.0.split_once(':').filter(|(_, function)| !function.starts_with(':'))
}

/// The `file:function` of each numbered line below a heading.
fn steps<'a>(text: &'a str, heading: &str) -> Vec<(&'a str, &'a str)> {
    let (_, after) = text.split_once(heading).unwrap_or_else(|| panic!("no heading {heading}"));
    let section = after.split("\n## ").next().unwrap_or(after);
    let numbered = section.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    numbered
        .map(|line| {
            let named = line.split('`').nth(1).unwrap_or_else(|| panic!("no file:function in {line}"));
            named.split_once(':').unwrap_or_else(|| panic!("no function in {line}"))
        })
        .collect()
}
