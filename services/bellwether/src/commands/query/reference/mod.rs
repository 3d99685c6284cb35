//! `query reference`: what a query can name, from the program's own declarations.
//!
//! `queries/REFERENCE.md` is what this prints with the schemas of this repository; a test holds it to that.

mod declared;
mod exported;
mod offered;

use crate::{
    commands::Context,
    configured,
    failure::{Failure, Outcome},
};

const TOP: &str = "# Reference of metric queries

What `bellwether query reference` prints: made from the program's own declarations and the schemas, never by hand. With
schemas of your own it tells yours.

[Keys](#keys-of-the-front-matter) · [result columns](#columns-of-the-result) · [tables](#tables) ·
[tables of results](#tables-of-results) · [functions](#functions) · [what is derived](#what-is-derived) ·
[families](#families)";

/// Runs it.
pub fn run(mut context: Context) -> Result<Outcome, Failure> {
    let contracts = configured::contracts(&context.settings)?;
    let parts = [
        TOP.to_owned(),
        declared::keys(),
        declared::columns(),
        offered::streams(&contracts),
        offered::results()?,
        offered::functions()?,
        exported::derived(),
        exported::families(),
    ];
    context.out.text(&parts.join("\n\n"))?;
    Ok(Outcome::Done)
}

/// A table of Markdown; a bar in a cell would end it.
fn table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        format!("| {} |", cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | "))
    };
    let header: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    let rule: Vec<String> = columns.iter().map(|_| "---".to_owned()).collect();
    let mut lines = vec![line(&header), line(&rule)];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

/// Text as code.
fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A list of code.
fn codes<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(code).collect::<Vec<_>>().join(", ")
}
