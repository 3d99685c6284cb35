//! What the engine's messages say to those who write SQL: what is not possible, and what to write instead.
//!
//! Invariant: what the engine prints of its own structures (`Identifier(Ident { value: …`) is never shown.

/// A message and what would be right, where that is known.
type Words = (String, Option<String>);

/// The engine's message in our words where we know better ones; trimmed and framed otherwise.
pub fn of(message: &str) -> Words {
    let text = without_prefixes(message);
    let known = names(text).or_else(|| places(text)).or_else(|| types(text)).or_else(|| literals(text));
    known.unwrap_or_else(|| (format!("the engine cannot do this: {}", sql_types(&trimmed(text))), None))
}

/// The same of an error that comes up when the query runs: as the engine says it, without its structures.
pub fn at_run_time(message: &str) -> String {
    let message = message.rsplit("caused by\n").next().unwrap_or(message); // not which rule of the optimiser it was
    match places(without_prefixes(message)) {
        Some((message, Some(help))) => format!("{message}: {help}"),
        Some((message, None)) => message,
        None => trimmed(message),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}

/// Where the engine says which part of it speaks.
const PREFIXES: [&str; 9] = [
    "Error during planning: ",
    "This feature is not implemented: ",
    "Execution error: ",
    "Internal error: ",
    "Arrow error: ",
    "Parser error: ",
    "Cast error: ",
    "Invalid argument error: ",
    "Schema error: ",
];

fn without_prefixes(mut text: &str) -> &str {
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = rest;
    }
    text
}

/// Names that are not there, or not as they are used.
fn names(text: &str) -> Option<Words> {
    if let Some(name) = between(text, "Invalid function '", "'") {
        let near =
            between(text, "Did you mean '", "'").and_then(|near| super::did_you_mean::did_you_mean(name, [near]));
        return Some((format!("there is no function `{name}`"), near));
    }
    if let Some(table) = between(text, "table 'datafusion.public.", "' not found") {
        return Some((format!("there is no table `{table}`"), None));
    }
    if let Some(column) = between(text, "column \"", "\" must appear in the GROUP BY clause") {
        let help = "group by it, or take a sum or count of it";
        return Some((format!("`{column}` is neither grouped by nor aggregated"), Some(help.to_owned())));
    }
    if let Some(name) = between(text, "to satisfy a call to '", "'")
        .or_else(|| between(text, "No function matches the given name and argument types '", "("))
    {
        return Some((format!("`{name}` cannot take these arguments"), None));
    }
    if let Some(name) = between(text, "[return_type] ", " not supported for ") {
        return Some((format!("`{}` cannot take these arguments", name.to_lowercase()), None));
    }
    if let Some(name) = text.strip_prefix("Ambiguous reference to unqualified field ") {
        let help = format!("say which is meant: TABLE.{name}");
        return Some((format!("`{name}` is in several of the tables"), Some(help)));
    }
    if let Some(name) = text.strip_prefix("Schema contains duplicate qualified field name ") {
        let help = "give each its own name: FROM outcomes AS a JOIN outcomes AS b";
        return Some((format!("`{name}` is there twice: a table is read twice under one name"), Some(help.to_owned())));
    }
    let kind = text.strip_prefix("Unsupported SQL type ")?;
    let help = "there are BIGINT, DOUBLE, DECIMAL(20, 3), TEXT, BOOLEAN, DATE, TIME and TIMESTAMP";
    Some((format!("there is no type {}", trimmed(kind)), Some(help.to_owned())))
}

/// Of EXISTS in the list of a SELECT.
pub const ONLY_IN_CONDITIONS: &str = "EXISTS and IN (SELECT …) can stand only where rows are kept: in WHERE, HAVING or ON, and not in what a SELECT returns";
/// What returns the same.
pub const OF_EXISTENCE: &str = "LEFT JOIN (SELECT DISTINCT key FROM …) AS other ON …, and ask other.key IS NOT NULL";

/// What cannot stand where it stands, or not at all.
fn places(text: &str) -> Option<Words> {
    let words = |message: &str, help: &str| Some((message.to_owned(), (!help.is_empty()).then(|| help.to_owned())));
    if let Some(expression) = text.split_once("Physical plan does not support logical expression ").map(|(_, e)| e) {
        return match expression.split(['(', ' ', '{']).next().unwrap_or_default() {
            "Exists" | "InSubquery" => words(ONLY_IN_CONDITIONS, OF_EXISTENCE),
            "WindowFunction" => {
                words("a call with OVER cannot stand here", "give it a name in a subquery, and ask for that outside")
            }
            "AggregateFunction" => {
                words("an aggregate cannot stand here", "aggregate in a subquery, and ask for its result outside")
            }
            _ => words("this expression cannot stand here", "work it out in a subquery, under a name"),
        };
    }
    if text.starts_with("Aggregate functions are not allowed in the WHERE clause") {
        return words("an aggregate cannot stand in WHERE", "ask for it in HAVING, or of a subquery");
    }
    if text.starts_with("Unnest should be rewritten") {
        return words(
            "unnest makes rows: it cannot stand here",
            "unnest in the SELECT of a subquery, and ask for that outside",
        );
    }
    if text.starts_with("Unsupported ast node") {
        return words("this piece of SQL is not supported", "");
    }
    if text.starts_with("Too many columns! The subquery should only return one column") {
        return words("a SELECT in the place of values must return one column", "");
    }
    if text.starts_with("Correlated scalar subquery must be aggregated") {
        return words(
            "a SELECT in the place of a value must return one row",
            "aggregate in it: MAX(…), COUNT(*); or join the rows",
        );
    }
    None
}

const LENGTHS: &str = "a length of time in seconds is EXTRACT(EPOCH FROM later - earlier), which can be divided, multiplied \
                       and compared with a number; lengths are written out: INTERVAL '2 days'";

/// How the engine begins to say that two types cannot be compared.
pub const NO_COMMON_TYPE: &str = "Cannot infer common argument type for comparison operation ";

/// Types that do not go together.
fn types(text: &str) -> Option<Words> {
    if let Some((_, compared)) = text.split_once(NO_COMMON_TYPE) {
        let compared = sql_types(compared);
        let help = match () {
            () if compared.contains("INTERVAL") || compared.contains("length of time") => Some(LENGTHS),
            () if compared.contains("TIMESTAMP") && compared.split(' ').any(|word| word == "TIME") => Some(TIME_OF_DAY),
            () if compared.contains("TIMESTAMP") => {
                Some("write a time as TIMESTAMP '2026-06-01T00:00:00Z', a date as DATE '2026-06-01'")
            }
            () => None,
        };
        return Some((format!("these cannot be compared: {compared}"), help.map(str::to_owned)));
    }
    let worked_out = between(text, "Cannot coerce arithmetic expression ", " to valid types")
        .or_else(|| between(text, "Cannot get result type for temporal operation ", ": "))
        .or_else(|| between(text, "Cannot get result type for decimal operation ", ": "));
    if let Some(worked_out) = worked_out {
        let worked_out = sql_types(worked_out);
        let help = match () {
            () if worked_out.contains("INTERVAL") => Some(LENGTHS),
            () if worked_out.contains("TIMESTAMP") => Some("add a length that is written out: INTERVAL '2 days'"),
            () => None,
        };
        return Some((format!("there is no {worked_out}"), help.map(str::to_owned)));
    }
    if let Some((_, conditions)) = text.split_once("Cannot infer common argument type for logical boolean operation ") {
        return Some((format!("AND and OR join conditions, not {}", sql_types(conditions)), None));
    }
    if let Some(both) = between(text, "There isn't a common type to coerce ", " in LIKE expression") {
        return Some((format!("LIKE compares texts, not {}", sql_types(both)), Some("CAST(… AS TEXT)".to_owned())));
    }
    let both = text.strip_prefix("Can not find compatible types to compare ")?;
    Some((format!("these cannot be compared: {}", sql_types(both)), None))
}

const TIME_OF_DAY: &str = "write a moment in full: '2026-06-01T09:00:00Z'; a time of day is compared with one: \
                           CAST(starts_at_local AS TIME) < '12:00'";

/// Texts that are written in the place of something else.
fn literals(text: &str) -> Option<Words> {
    if let Some(found) = between(text, "Error parsing timestamp from '", "'") {
        return Some((format!("`{found}` is no moment"), Some(TIME_OF_DAY.to_owned())));
    }
    if let Some(found) = between(text, "Invalid input syntax for type interval: \"", "\"") {
        let help = "write days, hours, minutes, months or years: INTERVAL '2 days'";
        return Some((format!("`{found}` is no length of time"), Some(help.to_owned())));
    }
    let found = between(text, "Cannot cast string '", "' to value of ")?;
    let wanted = between(text, "' to value of ", " type")?;
    Some((format!("`{found}` is no {}", sql_types(wanted)), None))
}

/// The engine's names of types → SQL's.
fn sql_types(text: &str) -> String {
    const NAMES: [(&str, &str); 15] = [
        ("Timestamp", "TIMESTAMP"),
        ("Duration", "INTERVAL"),
        ("Interval", "INTERVAL"),
        ("Decimal128", "DECIMAL"),
        ("Decimal256", "DECIMAL"),
        ("Boolean", "BOOLEAN"),
        ("Float64", "DOUBLE"),
        ("Date32", "DATE"),
        ("Time64", "TIME"),
        ("UInt64", "BIGINT"),
        ("Int64", "BIGINT"),
        ("Int32", "INT"),
        ("Utf8", "TEXT"),
        ("List", "LIST"),
        ("Struct", "STRUCT"),
    ];
    let (mut shown, mut rest) = (String::new(), text);
    while let Some((at, name, sql)) =
        NAMES.iter().filter_map(|(name, sql)| Some((rest.find(name)?, name, sql))).min_by_key(|(at, ..)| *at)
    {
        shown.push_str(&rest[..at]);
        shown.push_str(sql);
        rest = &rest[at + name.len()..];
        if let Some(end) = closing(rest).filter(|_| rest.starts_with('(')) {
            if *sql == "DECIMAL" {
                shown.push_str(&rest[..end]);
            }
            rest = &rest[end..];
        }
    }
    shown + rest
}

/// Longer ones help nobody.
const LONGEST: usize = 300;

/// A message without what the engine prints of its own structures, and without its request for bug reports.
fn trimmed(text: &str) -> String {
    let ends =
        ["\nThis issue was likely caused by a bug", "This issue was likely caused by a bug", "\n\tCandidate functions"];
    let mut rest = ends.iter().filter_map(|end| text.find(end)).min().map_or(text, |end| &text[..end]);
    let mut shown = String::new();
    while let Some((start, end)) = structure(rest) {
        shown.push_str(&rest[..start]);
        shown.push('…');
        rest = &rest[end..];
    }
    shown.push_str(rest);
    let shown = shown.replace("[\"", "`").replace("\", \"", ".").replace("\"]", "`"); // lists of names
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The first structure of the engine in a text: `Name(…)` or `Name { … }`, of names like `Ident`. Names of types are left.
fn structure(text: &str) -> Option<(usize, usize)> {
    const TYPES: [&str; 8] =
        ["Timestamp", "Decimal128", "Decimal256", "Interval", "Duration", "Time64", "Time32", "FixedSizeBinary"];
    let opens = text.match_indices(['(', '{']);
    opens
        .filter_map(|(open, _)| {
            let before = text[..open].trim_end_matches(' ');
            let start = before.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
            let name = &before[start..];
            let camel =
                name.starts_with(|c: char| c.is_ascii_uppercase()) && name.contains(|c: char| c.is_ascii_lowercase());
            let spaced = before.len() < open && text[open..].starts_with('(');
            (camel && !spaced && !TYPES.contains(&name))
                .then(|| (start, open + closing(&text[open..]).unwrap_or(text.len() - open)))
        })
        .next()
}

/// Where the bracket that a text begins with is closed: the byte behind.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, sign) in text.char_indices() {
        match sign {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + sign.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_own_structures_are_never_told() {
        let ast = "This feature is not implemented: Unsupported JOIN operator AsOf { match_condition: Value(ValueWithSpan { \
                   value: Boolean(true) }), constraint: None } here";
        assert_eq!(of(ast).0, "the engine cannot do this: Unsupported JOIN operator … here");
        let cut = "Internal error: no such thing: Identifier(Ident { value: \"x";
        assert_eq!(of(cut).0, "the engine cannot do this: no such thing: …");
        let bug = "Internal error: odd.\nThis issue was likely caused by a bug in DataFusion's code. Please help us";
        assert_eq!(of(bug).0, "the engine cannot do this: odd.");
        let expression =
            "Physical plan does not support logical expression ScalarVariable(Field { name: \"@x\" }, [\"@x\"])";
        assert!(!at_run_time(expression).contains('{'), "{}", at_run_time(expression));
        assert!(of(&"x ".repeat(1000)).0.chars().count() < 400);
        assert_eq!(at_run_time("Arrow error: Divide by zero error"), "Arrow error: Divide by zero error");
        assert_eq!(at_run_time("Overflow happened on: SUM(value) (twice)"), "Overflow happened on: SUM(value) (twice)");
    }

    #[test]
    fn types_have_the_names_that_sql_gives_them() {
        assert_eq!(sql_types("Timestamp(µs, \"UTC\") >= Int64"), "TIMESTAMP >= BIGINT");
        assert_eq!(sql_types("Decimal128(20, 3) + Interval(MonthDayNano)"), "DECIMAL(20, 3) + INTERVAL");
    }
}
