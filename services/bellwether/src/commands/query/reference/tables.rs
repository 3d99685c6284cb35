//! Tables and their columns.

use super::markdown::{code, codes, table};
use crate::failure::Failure;
use contracts::Contracts;
use workbench::reference::{ColumnInfo, TableInfo, results as result_tables, streams as stream_tables};

/// Streams and reference tables.
pub(super) fn streams(contracts: &Contracts) -> String {
    let told = "## Tables\n\nThe current state of each stream at `$as_of`: the latest revision of every key, duplicates gone, later events hidden.\nColumns marked as a person hold pseudonyms, which join but name nobody, and are never labels. DOUBLE must be cast to\nDECIMAL before it is summed. A TIMESTAMP is an instant, but for columns that end in `_local`: those are what clocks showed\nat the site, and hours, days and months are taken of them.";
    section(told, &stream_tables(contracts))
}

/// Tables of results.
pub(super) fn results() -> Result<String, Failure> {
    let told = "## Tables of results\n\nFor `bellwether sql`, beside the tables above; metric queries cannot read them. Tests (`.slt`) read the parts of their\nmetric as `metric_NAME`, and what is derived of them, with the columns of `indicator_values`, as `metric_NAME_values`.";
    let tables = result_tables().map_err(|error| anyhow::anyhow!("the tables of results: {error}"))?;
    Ok(section(told, &tables))
}

fn section(told: &str, tables: &[TableInfo]) -> String {
    let tables = tables.iter().map(|info| {
        let rows: Vec<Vec<String>> = info.columns.iter().map(row).collect();
        let columns = table(&["column", "type", "means"], &rows);
        format!("### `{}`\n\n{}\n\n{columns}", info.name, info.meaning)
    });
    let tables: Vec<String> = tables.collect();
    format!("{told}\n\n{}", tables.join("\n\n"))
}

fn row(column: &ColumnInfo) -> Vec<String> {
    let mut meaning = column.meaning.clone();
    if !column.values.is_empty() {
        meaning.push_str(&format!(" One of {}.", codes(column.values.iter().map(String::as_str))));
    }
    if let Some(domain) = &column.person {
        meaning.push_str(&format!(" **Person** ({domain})."));
    }
    let nullable = if column.nullable { ", can be NULL" } else { "" };
    vec![code(&column.name), format!("{}{nullable}", column.data_type), meaning]
}
