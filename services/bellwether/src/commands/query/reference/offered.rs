//! What a query can name: tables, their columns, and functions.

use super::{code, codes, table};
use crate::failure::Failure;
use contracts::Contracts;
use std::collections::BTreeMap;
use workbench::reference::{
    ColumnInfo, FunctionInfo, FunctionKind, TableInfo, functions as all_functions, results as result_tables,
    streams as stream_tables,
};

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

/// Functions: ours with their calls, the engine's by what they are for.
pub(super) fn functions() -> Result<String, Failure> {
    let functions = all_functions().map_err(|error| anyhow::anyhow!("the functions of queries: {error}"))?;
    let own: Vec<Vec<String>> = functions
        .iter()
        .filter(|function| function.ours)
        .map(|function| vec![code(&function.call), function.meaning.clone()])
        .collect();
    let mut sections: BTreeMap<(FunctionKind, &str), Vec<&str>> = BTreeMap::new();
    for function in functions.iter().filter(|function| !function.ours && function.allowed) {
        sections.entry((function.kind, function.section)).or_default().push(&function.name);
    }
    let standard: Vec<Vec<String>> =
        sections.into_iter().map(|((kind, section), names)| vec![heading(kind, section), codes(names)]).collect();
    let refused = codes(functions.iter().filter(|function| !function.allowed).map(name));
    Ok(format!(
        "## Functions\n\n### Bellwether's own\n\n{}\n\n### Standard ones\n\nOf [Apache DataFusion](https://datafusion.apache.org/user-guide/sql/index.html), by what they are for. Aggregates other than `SUM` and `COUNT` are\nfor subqueries; those that take rows in order need an ORDER BY.\n\n{}\n\nRefused, because they return another result each time (`$as_of` is the only clock): {refused}.",
        table(&["call", "returns"], &own),
        table(&["for", "functions"], &standard),
    ))
}

fn name(function: &FunctionInfo) -> &str {
    &function.name
}

fn heading(kind: FunctionKind, section: &str) -> String {
    let section = section.trim_end_matches(" Functions").to_lowercase();
    match kind {
        FunctionKind::Scalar => section,
        FunctionKind::Aggregate => format!("aggregates, {section}"),
        FunctionKind::Window => format!("windows (`OVER`), {section}"),
    }
}
