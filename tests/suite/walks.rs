//! The two walks of ARCHITECTURE.md lead somewhere: every named file holds the named function.

use std::{fs, path::Path};

const HEADINGS: [&str; 2] = ["## The way of one record", "## The way of one query file"];

#[test]
fn every_step_of_the_walks_names_a_function_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    for heading in HEADINGS {
        let steps = steps(&text, heading);
        assert!(steps.len() > 3, "{heading}: found only {steps:?}");
        for (file, function) in steps {
            let source =
                fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{heading}: {file}: {error}"));
            let found = ["(", "<"].iter().any(|next| source.contains(&format!("fn {function}{next}")));
            assert!(found, "{heading}: {file} has no function {function}");
        }
    }
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
