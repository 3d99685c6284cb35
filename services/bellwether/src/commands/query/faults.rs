//! Faults of query files and their tests, for people: each where it stands, how many there are, and what to do next.

use std::{collections::BTreeSet, path::Path};
use workbench::Fault;

/// Longer advice stands on a line of its own.
const SHORT: usize = 60;

/// Faults in order: each with the line that it is in, and what of it is meant. Lines and advice that were just shown are
/// not shown again.
pub fn excerpts(faults: &[Fault], colour: bool) -> String {
    let place = |fault: &Fault| (fault.file.clone(), fault.line, fault.column, fault.width);
    let mut text = String::new();
    for (at, fault) in faults.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &faults[before]);
        let new_place = before.is_none_or(|before| place(before) != place(fault));
        let new_help = before.is_none_or(|before| before.help != fault.help);
        text.push_str(&excerpt(fault, new_place, new_help, colour));
    }
    text
}

fn excerpt(fault: &Fault, source: bool, help: bool, colour: bool) -> String {
    let paint = |text: String, code: &str| if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text };
    let number = fault.line.to_string();
    let margin = " ".repeat(number.len());
    // Tabs stay tabs, so that the marks stand below what they mark.
    let before = fault.source.chars().take(fault.column - 1);
    let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let marks = paint("^".repeat(fault.width), "31");
    let place = format!("{}:{}:{}: ", fault.file, fault.line, fault.column);
    let mut text = paint(place, "1") + &fault.message;
    if source {
        text.push_str(&format!("\n{margin} |\n{number} | {}\n{margin} | {indent}{marks}", fault.source));
    }
    match fault.help.as_ref().filter(|_| help) {
        Some(help) if source && help.len() <= SHORT => text.push_str(&format!(" {}", paint(help.clone(), "32"))),
        Some(help) => text.push_str(&format!("\n{margin} = {}", paint(help.clone(), "32"))),
        None => {}
    }
    text + "\n\n"
}

/// A fault of a whole file, at its first line.
pub fn fault_in_file(file: &Path, text: &str, message: &str, help: &str) -> Fault {
    let source = text.lines().next().unwrap_or_default().to_owned();
    Fault {
        file: file.display().to_string(),
        line: 1,
        column: 1,
        width: source.chars().count().max(1),
        message: message.to_owned(),
        help: Some(help.to_owned()),
        source,
    }
}

/// `3 faults in 2 of 5 queries`, and what to do next.
pub fn summary(faults: &[Fault], files: usize) -> String {
    let next = after_check(faults.len());
    if faults.is_empty() {
        return format!("{}, no fault{next}", queries(files));
    }
    let stems: BTreeSet<_> = faults.iter().map(|fault| Path::new(&fault.file).with_extension("")).collect();
    format!("{} in {} of {}{next}", count(faults.len(), "fault", "faults"), stems.len(), queries(files))
}

/// What to do after `query check`.
fn after_check(faults: usize) -> &'static str {
    if faults == 0 {
        "; next: bellwether query test"
    } else {
        "; fix what is marked (what a query may name: bellwether query reference), then check again"
    }
}

/// What to do after `query test`.
pub fn after_test(checks: usize, failed: usize, completed: bool) -> &'static str {
    match (failed, completed) {
        (0, _) => "",
        _ if checks == 0 => "; fix what is marked, then test again",
        (_, false) => {
            "; fix the query or its test; if the results that the query returns are right, --complete writes them"
        }
        (_, true) => "; what is left is not a matter of results: fix the query or its test",
    }
}

/// `1 check`, `2 checks`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `1 query`, `2 queries`.
pub fn queries(number: usize) -> String {
    count(number, "query", "queries")
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
        let expected = "x.sql:12:8: there is no column `knd`\n   |\n12 | \tWHERE knd = 1\n   | \t      ^^^ did you mean `kind`?\n\n";
        assert_eq!(excerpts(std::slice::from_ref(&fault), false), expected);
        let other = Fault { message: "and this".to_owned(), ..fault.clone() };
        assert_eq!(excerpts(&[fault, other], false), expected.to_owned() + "x.sql:12:8: and this\n\n");
    }
}
