//! What a query can read and call, as data. The reference of queries is made of it, so that it cannot drift.

use arrow::datatypes::DataType;
use contracts::{Contract, Contracts, FieldInfo};
use datafusion::{
    error::DataFusionError,
    logical_expr::{Documentation, Volatility},
};
use evaluation::{functions::OURS, session, sql, views};
use indicators::PART_COLUMNS;
use std::collections::BTreeMap;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInfo {
    /// Its name.
    pub name: String,
    /// What one row of it is.
    pub meaning: String,
    /// Its columns, in order.
    pub columns: Vec<ColumnInfo>,
}

/// A column, or with a path in its name (`items[].score`) a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its type in SQL's words.
    pub data_type: String,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// Domain of the pseudonym that it holds, where it names a person or may be built from a name.
    pub person: Option<String>,
    /// The only values that it has; empty where there are others.
    pub values: Vec<String>,
    /// What it means.
    pub meaning: String,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FunctionKind {
    /// One result a row.
    Scalar,
    /// One result a group.
    Aggregate,
    /// With OVER.
    Window,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Its name.
    pub name: String,
    /// How it is called.
    pub kind: FunctionKind,
    /// Whether only this program has it.
    pub ours: bool,
    /// Its kind of work, as the engine's documentation orders them.
    pub section: &'static str,
    /// A call.
    pub call: String,
    /// What it gives.
    pub meaning: String,
    /// Whether metric queries may call it: it depends on its arguments alone.
    pub allowed: bool,
}

/// The streams and reference tables, as queries see them.
pub fn streams(contracts: &Contracts) -> Vec<TableInfo> {
    contracts.iter().map(|contract| stream(contract)).collect()
}

fn stream(contract: &Contract) -> TableInfo {
    let mut columns: Vec<ColumnInfo> = contract.fields().into_iter().map(ColumnInfo::from).collect();
    for field in views::offered(contract).fields() {
        if contract.schema().field_with_name(field.name()).is_err() {
            columns.push(ColumnInfo {
                name: field.name().clone(),
                data_type: sql_type(field.data_type()),
                nullable: field.is_nullable(),
                person: None,
                values: Vec::new(),
                meaning: views::meaning(contract, field.name()),
            });
        }
    }
    TableInfo { name: contract.name().to_owned(), meaning: contract.description().to_owned(), columns }
}

impl From<FieldInfo> for ColumnInfo {
    fn from(field: FieldInfo) -> Self {
        let data_type = match field.data_type {
            "string" => "VARCHAR",
            "integer" => "BIGINT",
            "number" => "DOUBLE",
            "boolean" => "BOOLEAN",
            "timestamp" => "TIMESTAMP",
            "date" => "DATE",
            other => other,
        };
        Self {
            name: field.name,
            data_type: data_type.to_owned(),
            nullable: !field.required,
            person: field.person,
            values: field.choices,
            meaning: field.description,
        }
    }
}

/// The tables of results, which `sql` offers beside the streams.
///
/// # Errors
/// None in a released program: a test makes them.
pub fn results() -> Result<Vec<TableInfo>, DataFusionError> {
    let tables = sql::result_tables()?;
    let column = |field: &arrow::datatypes::Field| ColumnInfo {
        name: field.name().clone(),
        data_type: sql_type(field.data_type()),
        nullable: field.is_nullable(),
        person: None,
        values: Vec::new(),
        meaning: meaning(field.name()).to_owned(),
    };
    let table = |(name, meaning, schema): (&str, &str, arrow::datatypes::SchemaRef)| TableInfo {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        columns: schema.fields().iter().map(|field| column(field)).collect(),
    };
    Ok(tables.into_iter().map(table).collect())
}

/// What a column of the results means: that of the part, or its own.
fn meaning(column: &str) -> &'static str {
    let part = PART_COLUMNS.iter().find(|part| part.name == column).map(|part| part.meaning);
    part.or_else(|| sql::meaning(column)).unwrap_or_default()
}

/// Every function that a query can name, ours first, then by kind, section and name.
///
/// # Errors
/// None in a released program: a test makes them.
pub fn functions() -> Result<Vec<FunctionInfo>, DataFusionError> {
    let state = session(64 << 20, 1)?.state();
    // Aliases are keys of their own: by the name alone each function is told once.
    let mut found: BTreeMap<(FunctionKind, String), FunctionInfo> = BTreeMap::new();
    let mut add = |kind, name: &str, told: Option<&Documentation>, volatility| {
        let info = function(kind, name, told, volatility);
        found.insert((kind, name.to_owned()), info);
    };
    for function in state.scalar_functions().values() {
        add(FunctionKind::Scalar, function.name(), function.documentation(), function.signature().volatility);
    }
    for function in state.aggregate_functions().values() {
        add(FunctionKind::Aggregate, function.name(), function.documentation(), Volatility::Immutable);
    }
    for function in state.window_functions().values() {
        add(FunctionKind::Window, function.name(), function.documentation(), Volatility::Immutable);
    }
    let mut functions: Vec<FunctionInfo> = found.into_values().collect();
    functions.sort_by(|a, b| (!a.ours, a.kind, a.section, &a.name).cmp(&(!b.ours, b.kind, b.section, &b.name)));
    Ok(functions)
}

fn function(kind: FunctionKind, name: &str, told: Option<&Documentation>, volatility: Volatility) -> FunctionInfo {
    let section = told.map_or("Other Functions", |told| told.doc_section.label);
    FunctionInfo {
        name: name.to_owned(),
        kind,
        ours: section == OURS.label,
        section,
        call: told.map_or_else(|| format!("{name}(…)"), |told| told.syntax_example.clone()),
        meaning: told.map(|told| told.description.clone()).unwrap_or_default(),
        allowed: volatility == Volatility::Immutable,
    }
}

fn sql_type(of: &DataType) -> String {
    match of {
        DataType::Utf8 => "VARCHAR".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Timestamp(..) => "TIMESTAMP".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision},{scale})"),
        DataType::List(item) => format!("list of {}", sql_type(item.data_type())),
        DataType::Map(..) => "map of VARCHAR".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_the_results_is_told() {
        for table in results().unwrap() {
            for column in table.columns {
                assert!(
                    !column.meaning.is_empty(),
                    "{}.{}: say what it means in sql/meanings.rs",
                    table.name,
                    column.name
                );
            }
        }
    }

    #[test]
    fn every_function_of_ours_is_told_and_allowed() {
        let engine = datafusion::prelude::SessionContext::new().state();
        let functions = functions().unwrap();
        let known = |name: &str| {
            engine.scalar_functions().contains_key(name)
                || engine.aggregate_functions().contains_key(name)
                || engine.window_functions().contains_key(name)
        };
        let ours: Vec<&str> = functions.iter().filter(|f| !known(&f.name)).map(|f| f.name.as_str()).collect();
        let told: Vec<&str> = functions.iter().filter(|f| f.ours && f.allowed).map(|f| f.name.as_str()).collect();
        assert_eq!(ours, told, "document it in its own file");
        assert!(functions.iter().any(|f| f.name == "now" && !f.allowed));
    }
}
