//! The board: which sites lag, on what, since when.
//!
//! ```text
//!  indicators::Values ──► indicators::Board (lagging sites first) ─► JSON · CSV lines · a page for a terminal
//! ```

mod attention;
mod overview;
mod page;
mod paragraphs;
mod promises;
mod table;

use crate::output::{Format, Out};
use indicators::board::Board;
use page::page;
use std::io;

/// Width of the page in pipes and files.
const PIPE_WIDTH: u16 = 160;

/// Writes a board.
pub fn write(out: &mut Out, format: Format, board: &Board) -> io::Result<()> {
    match format {
        Format::Json => out.json(board),
        Format::Csv => out.text(&exporter::spreadsheet(board)),
        Format::Table => {
            let text = page(board, out.width.unwrap_or(PIPE_WIDTH), out.colour);
            out.text(&text)
        }
    }
}

#[cfg(test)]
mod agreement;
#[cfg(test)]
pub(crate) mod tests;
