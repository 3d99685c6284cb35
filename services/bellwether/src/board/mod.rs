//! The board: which sites lag, on what, since when.
//!
//! ```text
//!  indicators::Values ──► indicators::Board (lagging sites first) ─► JSON · CSV lines · a page for a terminal
//! ```

mod page;
mod paragraphs;
mod promises;

use crate::output::{Format, Out};
use indicators::{Values, board::Board};
use page::page;
use std::io;

/// Width of the page in pipes and files.
const PIPE_WIDTH: u16 = 160;

/// Writes the board of an evaluation.
pub fn write(out: &mut Out, format: Format, values: &Values) -> io::Result<()> {
    let board = Board::new(values);
    match format {
        Format::Json => out.json(&board),
        Format::Csv => out.text(&exporter::spreadsheet(&board)),
        Format::Table => {
            let text = page(&board, out.width.unwrap_or(PIPE_WIDTH), out.colour);
            out.text(&text)
        }
    }
}

#[cfg(test)]
mod tests;
