//! Functions.

use super::markdown::{code, codes, table};
use crate::failure::Failure;
use std::collections::BTreeMap;
use workbench::reference::{FunctionInfo, FunctionKind, functions};

/// Ours with their calls, the engine's by what they are for.
pub(super) fn all() -> Result<String, Failure> {
    let functions = functions().map_err(|error| anyhow::anyhow!("the functions of queries: {error}"))?;
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
        "## Functions\n\n### Bellwether's own\n\n{}\n\n### Standard ones\n\nOf [Apache DataFusion](https://datafusion.apache.org/user-guide/sql/index.html), by what they are for. Aggregates other than `SUM` and `COUNT` are\nfor subqueries; those that take rows in order need an ORDER BY.\n\n{}\n\nRefused, because they give another result each time (`$as_of` is the only clock): {refused}.",
        table(&["call", "gives"], &own),
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
