//! Tables for a terminal in which no word is broken, and nothing that belongs together is parted.

use crate::output::styled;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, Table, Width};
use indicators::State;

/// Spaces around a cell.
const PADDING: usize = 2;
/// A space at which no line is broken; in the end it is one like any other.
const TIED: char = '\u{a0}';

/// What belongs together, on one line: `18 %`, `4 May 2026`.
pub(super) fn tied(text: &str) -> String {
    text.replace(' ', &TIED.to_string())
}

/// `4 May 2026 (8 weeks)`, to be broken before the bracket alone.
pub(super) fn tied_but_brackets(text: &str) -> String {
    tied(text).replace(&format!("{TIED}("), " (")
}

pub(super) fn table(width: u16, colour: bool) -> Table {
    let mut table = styled(Some(width));
    if colour {
        table.enforce_styling()
    } else {
        table.force_no_tty()
    };
    table
}

/// The table as text, each column as wide as its longest word.
pub(super) fn text(mut table: Table) -> String {
    let needs = needs(&table);
    for (column, need) in table.column_iter_mut().zip(needs) {
        let need = u16::try_from(need + PADDING).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(need)));
    }
    table.trim_fmt().replace(TIED, " ")
}

/// The longest word of each column.
fn needs(table: &Table) -> Vec<usize> {
    let rows = table.header().into_iter().chain(table.row_iter());
    let mut needs: Vec<usize> = Vec::new();
    for row in rows {
        for (at, cell) in row.cell_iter().enumerate() {
            let need = longest_word(&cell.content());
            match needs.get_mut(at) {
                Some(known) => *known = need.max(*known),
                None => needs.push(need),
            }
        }
    }
    needs
}

/// How wide a column of these texts has to be, with the spaces around it.
pub(super) fn needed<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(longest_word).max().unwrap_or_default() + PADDING
}

fn longest_word(text: &str) -> usize {
    let words = text.split([' ', '\n']);
    words.map(|word| word.chars().count()).max().unwrap_or_default()
}

pub(super) fn bold(text: impl ToString) -> Cell {
    Cell::new(text).add_attribute(Attribute::Bold)
}

pub(super) fn tinted(text: String, state: State) -> Cell {
    let cell = Cell::new(text);
    match state {
        State::Lagging => cell.fg(Color::Red),
        State::Silent | State::Insufficient => cell.fg(Color::Yellow),
        State::Suppressed | State::NoData | State::Unjudged => cell.fg(Color::DarkGrey),
        State::Ok => cell,
    }
}
