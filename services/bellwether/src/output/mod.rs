//! The program's one way to standard output: tables, JSON and CSV for people and scripts.
//!
//! Results go here, events and progress to standard error, so that `bellwether … | jq` always works.

mod list;
mod rows;

pub use list::styled;
pub use rows::write_batches;

use clap::ValueEnum;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// RFC 4180, with a header line.
    Csv,
}

/// Where results go, and what the place can show.
pub struct Out {
    sink: Box<dyn Write + Send>,
    /// Columns that fit into the terminal; `None` for pipes and files.
    pub width: Option<u16>,
    /// Colour is wanted: a terminal, and `NO_COLOR` unset.
    pub colour: bool,
}

/// A terminal narrower than this gets lines that it has to wrap itself.
const NARROWEST: u16 = 40;

impl Out {
    /// Standard output.
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let width = if terminal { comfy_table::Table::new().width() } else { None };
        let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        Self { sink: Box::new(io::BufWriter::new(stdout)), width: width.map(|w| w.max(NARROWEST)), colour }
    }

    /// Writes text as it is, and a line end.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.sink, "{}", text.trim_end_matches('\n'))?;
        self.sink.flush()
    }

    /// For results too long to be held as one text.
    pub fn sink(&mut self) -> &mut dyn Write {
        &mut self.sink
    }

    /// Writes one JSON document.
    pub fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.sink, value).map_err(io::Error::from)?;
        self.text("")
    }

    /// Writes rows; `columns` are the field names of `T` to show, in order.
    pub fn list<T: Serialize>(&mut self, format: Format, columns: &[&str], rows: &[T]) -> io::Result<()> {
        match format {
            Format::Json => self.json(rows),
            Format::Csv => {
                let cells = list::cells(columns, rows)?;
                list::csv(&mut self.sink, columns, &cells)?;
                self.sink.flush()
            }
            Format::Table => {
                let cells = list::cells(columns, rows)?;
                let table = list::table(columns, &cells, self.width);
                self.text(&table)
            }
        }
    }
}
