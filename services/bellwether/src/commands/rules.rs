//! `rules`: what Prometheus tells people of the metrics, made of their query files.

use super::Context;
use crate::{
    configured,
    failure::{Failure, Outcome},
};
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use workbench::{LinkBase, RuleFile, RuleOptions};

/// Where the files are in this repository.
const SHIPPED: &str = "ops/prometheus";

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Write the rules to DIR/rules and their tests to DIR/tests [default: print the rules]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Compare with what DIR holds, and print the difference [default DIR: ops/prometheus]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = SHIPPED, conflicts_with = "out")]
    check: Option<PathBuf>,
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = configured::contracts(&context.settings)?;
    let metrics = configured::metrics(&context.settings, &contracts).await?;
    let given = &context.settings.rules;
    let board = context.settings.board_url();
    let board = LinkBase::parse(&board).ok_or_else(|| Failure::misuse(format!("{board} can begin no link")))?;
    let files = workbench::rules(
        &metrics,
        &RuleOptions {
            board,
            runbooks: given.runbook_base_url.clone(),
            selector: given.selector.clone(),
            hold: given.hold,
            keep: given.keep_firing_for,
        },
    );
    match (arguments.out, arguments.check) {
        (Some(folder), _) => {
            for file in &files {
                write(&folder.join(file.path), &file.text)?;
                context.out.text(&format!("wrote {}", folder.join(file.path).display()))?;
            }
            Ok(Outcome::Done)
        }
        (None, Some(folder)) => {
            let told: Vec<String> = files.iter().filter_map(|file| difference(file, &folder)).collect();
            if told.is_empty() {
                context.out.text(&format!("{}: as the query files say", folder.display()))?;
                return Ok(Outcome::Done);
            }
            let advice = format!("write them anew: bellwether rules --out {}", folder.display());
            context.out.text(&format!("{}\n{advice}", told.join("\n")))?;
            Ok(Outcome::Found)
        }
        (None, None) => {
            context.out.text(&files[0].text)?;
            Ok(Outcome::Done)
        }
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// What a file holds (`-`) and should hold (`+`), from the first line that differs to the last; `None`: it is right.
fn difference(file: &RuleFile, folder: &Path) -> Option<String> {
    let path = folder.join(file.path);
    let found = match std::fs::read_to_string(&path) {
        Ok(text) if text == file.text => return None,
        Ok(text) => text,
        Err(error) => return Some(format!("{}: cannot be read: {error}", path.display())),
    };
    let (found, expected): (Vec<&str>, Vec<&str>) = (found.split('\n').collect(), file.text.split('\n').collect());
    let same = found.iter().zip(&expected).take_while(|(one, other)| one == other).count();
    let (found, expected) = (&found[same..], &expected[same..]);
    let end = found.iter().rev().zip(expected.iter().rev()).take_while(|(one, other)| one == other).count();
    let lines = |sign: char, lines: &[&str]| -> String {
        lines[..lines.len() - end].iter().map(|line| format!("\n{sign}{line}")).collect()
    };
    Some(format!("{}:{}:{}{}", path.display(), same + 1, lines('-', found), lines('+', expected)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_begins_and_ends_with_lines_that_differ() {
        let folder = tempfile::tempdir().unwrap();
        let file = |text: &str| RuleFile { path: "a.yml", text: text.to_owned() };
        let told = |found: &str, expected: &str| {
            std::fs::write(folder.path().join("a.yml"), found).unwrap();
            let told = difference(&file(expected), folder.path());
            told.map(|told| told.replace(&folder.path().display().to_string(), "F"))
        };
        assert_eq!(told("a\nb\nc\n", "a\nb\nc\n"), None);
        assert_eq!(told("a\nb\nc\n", "a\nx\nc\n").as_deref(), Some("F/a.yml:2:\n-b\n+x"));
        assert_eq!(told("a\na\n", "a\na\na\n").as_deref(), Some("F/a.yml:3:\n+a"));
        assert_eq!(told("a\nb\n", "").as_deref(), Some("F/a.yml:1:\n-a\n-b"));
        std::fs::remove_file(folder.path().join("a.yml")).unwrap();
        assert!(difference(&file("a"), folder.path()).unwrap().contains("cannot be read"));
    }
}
