//! `query reference`: what a query can name, from the program's own declarations.
//!
//! `queries/REFERENCE.md` is what this prints with the schemas of this repository; a test holds it to that.

mod declared;
mod exported;
mod markdown;
mod offered;

pub(super) use markdown::{code, codes, table};

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
