//! `query check`: every fault of every query file, with its place and the line that it is in.

use super::{converge, count, test::test_of};
use crate::{
    commands::Context,
    failure::{Failure, Outcome},
    output::Format,
    wiring,
};
use indicators::{Fault, QueryFileError, find_queries, read_queries};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Query files, or folders of them [default: the configured folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A query without a test is a fault; so it is where the environment variable CI is `true`
    #[arg(long)]
    require_tests: bool,
    /// Also play random histories of the tables that this metric reads: late, revised, moved and repeated events. What is
    /// computed bit by bit must be what is computed at once, or its horizon is too short
    #[arg(long, value_name = "NAME")]
    converge: Option<String>,
    /// How many histories
    #[arg(long, value_name = "N", default_value_t = 20, requires = "converge")]
    histories: u64,
    /// How to write what is found
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A fault for editors: lines and columns from 1, `end_column` behind the last character.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_column: usize,
    message: &'a str,
    help: Option<&'a str>,
}

impl<'a> From<&'a Fault> for Line<'a> {
    fn from(fault: &'a Fault) -> Self {
        Self {
            file: &fault.file,
            line: fault.line,
            column: fault.column,
            end_column: fault.column + fault.width,
            message: &fault.message,
            help: fault.help.as_deref(),
        }
    }
}

/// Runs it.
pub async fn run(arguments: Arguments, mut context: Context) -> Result<Outcome, Failure> {
    let contracts = wiring::contracts(&context.settings)?;
    let files = find_queries(&super::paths(&arguments.paths, &context)).map_err(Failure::usage)?;
    let mut metrics = Vec::new();
    let mut faults = match read_queries(&files, &contracts).await {
        Ok(read) => {
            metrics = read;
            Vec::new()
        }
        Err(QueryFileError::Faults(faults)) => faults,
        Err(other) => return Err(other.into()),
    };
    if arguments.require_tests || std::env::var("CI").is_ok_and(|value| value == "true") {
        faults.extend(
            files.iter().filter(|(query, _)| !test_of(query).exists()).map(|(query, text)| untested(query, text)),
        );
        faults.sort();
    }
    match arguments.format {
        Format::Table if faults.is_empty() => context.out.text(&format!("{}, no fault", queries(files.len())))?,
        Format::Table => {
            let text = excerpts(&faults, files.len(), context.out.colour);
            context.out.text(&text)?;
        }
        format => {
            let lines: Vec<Line<'_>> = faults.iter().map(Line::from).collect();
            context.out.list(format, &["file", "line", "column", "end_column", "message", "help"], &lines)?;
        }
    }
    match arguments.converge {
        _ if !faults.is_empty() => Ok(Outcome::Found),
        Some(name) => converge::run(&name, arguments.histories, &metrics, &contracts, &mut context).await,
        None => Ok(Outcome::Done),
    }
}

fn queries(number: usize) -> String {
    count(number, "query", "queries")
}

/// Faults of so many files for people.
pub(super) fn excerpts(faults: &[Fault], files: usize, colour: bool) -> String {
    let excerpts: Vec<String> = faults.iter().map(|fault| excerpt(fault, colour)).collect();
    format!("{}\n{} in {}", excerpts.join("\n"), count(faults.len(), "fault", "faults"), queries(files))
}

/// A query without a test, at its first line.
fn untested(query: &Path, text: &str) -> Fault {
    let test = test_of(query);
    let source = text.lines().next().unwrap_or_default().to_owned();
    Fault {
        file: query.display().to_string(),
        line: 1,
        column: 1,
        width: source.chars().count().max(1),
        message: "the query has no test".to_owned(),
        help: Some(format!("write {}", test.display())),
        source,
    }
}

/// The fault, the line that it is in, and what of it is meant.
pub(super) fn excerpt(fault: &Fault, colour: bool) -> String {
    let paint = |text: String, code: &str| if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text };
    let number = fault.line.to_string();
    let margin = " ".repeat(number.len());
    // Tabs stay tabs, so that the marks stand below what they mark.
    let before = fault.source.chars().take(fault.column - 1);
    let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let marks = paint("^".repeat(fault.width), "31");
    let place = format!("{}:{}:{}: ", fault.file, fault.line, fault.column);
    let mut text = paint(place, "1") + &fault.message;
    text.push_str(&format!("\n{margin} |\n{number} | {}\n{margin} | {indent}{marks}", fault.source));
    if let Some(help) = &fault.help {
        text.push_str(&format!(" {}", paint(help.clone(), "32")));
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_stand_below_what_is_meant() {
        let fault = Fault {
            file: "x.sql".to_owned(),
            line: 12,
            column: 8,
            width: 3,
            message: "there is no column `knd`".to_owned(),
            help: Some("did you mean `kind`?".to_owned()),
            source: "\tWHERE knd = 1".to_owned(),
        };
        let expected =
            "x.sql:12:8: there is no column `knd`\n   |\n12 | \tWHERE knd = 1\n   | \t      ^^^ did you mean `kind`?\n";
        assert_eq!(excerpt(&fault, false), expected);
    }
}
