//! The program's one way to standard output: tables, JSON and CSV for people and scripts.
//!
//! Results go here, events and progress to standard error, so that `bellwether … | jq` always works.

mod batches;

pub use batches::write_batches;

use clap::ValueEnum;
use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle, presets};
use serde::Serialize;
use serde_json::Value;
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
        let width = if terminal { Table::new().width() } else { None };
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
                let cells = cells(columns, rows)?;
                csv(&mut self.sink, columns, &cells)?;
                self.sink.flush()
            }
            Format::Table => {
                let cells = cells(columns, rows)?;
                let table = table(columns, &cells, self.width);
                self.text(&table)
            }
        }
    }
}

/// The named fields of every row as text; null is empty, lists are joined.
fn cells<T: Serialize>(columns: &[&str], rows: &[T]) -> io::Result<Vec<Vec<String>>> {
    rows.iter()
        .map(|row| {
            let row = serde_json::to_value(row)?;
            Ok(columns.iter().map(|c| cell(row.get(c).unwrap_or(&Value::Null))).collect())
        })
        .collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// An empty table in the program's style: a line below the header and no other. Wrapped to `width`,
/// or as wide as its content.
pub fn styled(width: Option<u16>) -> Table {
    let mut table = Table::new();
    let line = LineStyle { left: None, fill: Some('─'), junction: None, right: None };
    table.load_style(TableStyle { header_separator: line, ..presets::NOTHING });
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table
}

/// Rows as a table. Headings are the columns' own names, so that they can be copied into a query.
fn table<S: AsRef<str>>(columns: &[S], rows: &[Vec<String>], width: Option<u16>) -> String {
    let mut table = styled(width);
    table.set_header(columns.iter().map(AsRef::as_ref));
    table.add_rows(rows);
    table.trim_fmt()
}

/// CSV with a header line; cells are quoted where they must be.
fn csv<S: AsRef<str>>(sink: &mut dyn Write, columns: &[S], rows: &[Vec<String>]) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(sink);
    writer.write_record(columns.iter().map(AsRef::as_ref))?;
    rows.iter().try_for_each(|row| writer.write_record(row))?;
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn csv_quotes_what_would_break_a_line() {
        let rows = [json!({"a": "x,\"y\"", "b": null, "c": ["p", 2]})];
        let cells = cells(&["a", "b", "c"], &rows).unwrap();
        let mut sink = Vec::new();
        csv(&mut sink, &["a", "b", "c"], &cells).unwrap();
        assert_eq!(String::from_utf8(sink).unwrap(), "a,b,c\n\"x,\"\"y\"\"\",,\"p, 2\"\n");
    }

    #[test]
    fn an_empty_list_still_has_its_header() {
        assert!(table(&["key", "value"], &[], Some(80)).contains("key"));
    }
}
