//! Any list of serialisable rows as cells of text.

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle, presets};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// The named fields of every row as text; null is empty, lists are joined.
pub fn cells<T: Serialize>(columns: &[&str], rows: &[T]) -> io::Result<Vec<Vec<String>>> {
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
pub fn table<S: AsRef<str>>(columns: &[S], rows: &[Vec<String>], width: Option<u16>) -> String {
    let mut table = styled(width);
    table.set_header(columns.iter().map(AsRef::as_ref));
    table.add_rows(rows);
    table.trim_fmt()
}

/// CSV with a header line; cells are quoted where they must be.
pub fn csv<S: AsRef<str>>(sink: &mut dyn Write, columns: &[S], rows: &[Vec<String>]) -> io::Result<()> {
    let header: Vec<&str> = columns.iter().map(AsRef::as_ref).collect();
    csv_line(sink, &header)?;
    rows.iter().try_for_each(|row| csv_line(sink, row))
}

fn csv_line<S: AsRef<str>>(sink: &mut dyn Write, cells: &[S]) -> io::Result<()> {
    let quoted: Vec<String> = cells
        .iter()
        .map(|cell| {
            let cell = cell.as_ref();
            if cell.contains(['"', ',', '\n', '\r']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.to_owned()
            }
        })
        .collect();
    writeln!(sink, "{}", quoted.join(","))
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
