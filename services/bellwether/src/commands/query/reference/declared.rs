//! What a query file declares, and what its result must look like.

use super::{code, codes, table};
use indicators::PART_COLUMNS;
use indicators::RESERVED_LABELS;
use workbench::{KEYS, Key, Presence, Shape};

/// Keys of the front matter.
pub(super) fn keys() -> String {
    let mut rows = Vec::new();
    let mut words = Vec::new();
    for key in KEYS {
        rows.push(row(key, ""));
        match &key.shape {
            Shape::Table(within) | Shape::TextOr(within) => {
                rows.extend(within.iter().map(|inner| row(inner, &format!("{}.", key.name))))
            }
            Shape::Word(all) => {
                let all: Vec<Vec<String>> =
                    all().iter().map(|(word, meaning)| vec![code(word), (*meaning).to_owned()]).collect();
                words.push(format!("`{}` is one of\n\n{}", key.name, table(&["word", "means"], &all)));
            }
            _ => {}
        }
    }
    let keys = table(&["key", "value", "left out", "means"], &rows);
    format!(
        "## Keys of the front matter\n\nThe file begins with `/*---`, TOML, `---*/`; then one SELECT follows. A key that is not here is refused.\n\n{keys}\n\n{}",
        words.join("\n\n")
    )
}

fn row(key: &Key, prefix: &str) -> Vec<String> {
    let left_out = match key.presence {
        Presence::Required => "**required**".to_owned(),
        Presence::Default(what) => what.to_owned(),
    };
    vec![code(&format!("{prefix}{}", key.name)), shape(&key.shape), left_out, key.meaning.to_owned()]
}

fn shape(of: &Shape) -> String {
    match of {
        Shape::Text => "text".to_owned(),
        Shape::Texts => "list of texts".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Whole(range) => format!("whole number, {} to {}", range.start(), range.end()),
        Shape::Word(words) => codes(words().iter().map(|(word, _)| *word)),
        Shape::Table(keys) => table_of(keys),
        Shape::TextOr(keys) => format!("text, or {}", table_of(keys)),
    }
}

fn table_of(keys: &[Key]) -> String {
    let inner: Vec<String> = keys.iter().map(|key| format!("{} = …", key.name)).collect();
    code(&format!("{{ {} }}", inner.join(", ")))
}

/// Columns of the result.
pub(super) fn columns() -> String {
    let row = |column: &str, kind: &str, of: &str, meaning: &str| {
        vec![code(column), kind.to_owned(), of.to_owned(), meaning.to_owned()]
    };
    let mut rows = vec![
        row("week", "DATE", "every metric", "Monday of the week: the `week` of a table, or `week_in(at, timezone)`."),
        row("site", "VARCHAR", "every metric", "Site id, that of the event."),
        row("…", "VARCHAR", "metrics with further `labels`", "One column each."),
    ];
    for part in PART_COLUMNS {
        let kind = match part.digits {
            0 => "integer".to_owned(),
            digits => format!("integer, or DECIMAL of at most {digits} digits after the point"),
        };
        rows.push(row(part.name, &kind, part.of, part.meaning));
    }
    let columns = table(&["column", "type", "of", "means"], &rows);
    let reserved = codes(RESERVED_LABELS);
    format!(
        "## Columns of the result\n\nOne row a week and label set. Parts are sums: the outermost aggregate of each is `SUM`, `COUNT(*)` or `COUNT(x)`\nwithout DISTINCT, of integers and decimals (floats would add up differently in another order); dividing is the engine's.\nOther columns are refused.\n\n{columns}\n\nNo label may be called {reserved}, or as a part."
    )
}
