//! Event streams: the latest revision of every key.

use crate::functions::latest;
use arrow::datatypes::{DataType, Field, Fields};
use contracts::Contract;
use datafusion::{
    catalog::TableProvider,
    datasource::MemTable,
    error::DataFusionError,
    functions::core::expr_fn::get_field,
    logical_expr::{Expr, cast, ident},
    prelude::{DataFrame, SessionContext},
    scalar::ScalarValue,
};
use std::sync::Arc;

/// One row a key: the greatest by revision, recorded_at and the SHA-256 of its content.
pub(super) fn current(
    ctx: &SessionContext,
    contract: &Contract,
    table: Option<Arc<dyn TableProvider>>,
) -> Result<DataFrame, DataFusionError> {
    revisions(ctx.read_table(or_empty(contract, table)?)?, contract)
}

/// The same of raw rows.
pub(super) fn revisions(rows: DataFrame, contract: &Contract) -> Result<DataFrame, DataFusionError> {
    let (fields, columns): (Vec<Field>, Vec<Expr>) =
        contract.schema().fields().iter().map(|field| or_null(&rows, field)).unzip();
    let newest = latest(Fields::from(fields)).call(order().into_iter().chain(columns).collect());
    one_a_key(rows, contract, newest)
}

/// What orders the revisions of a key, before anything else does.
pub(super) fn order() -> [Expr; 2] {
    ["revision", "recorded_at"].map(|column| cast(ident(column), DataType::Int64))
}

/// One row a key, as the aggregate chooses it, with the contract's columns.
pub(super) fn one_a_key(rows: DataFrame, contract: &Contract, newest: Expr) -> Result<DataFrame, DataFusionError> {
    let newest = newest.alias("_latest");
    let names = contract.schema().fields().iter().map(|field| field.name());
    let out = names.map(|name| get_field(ident("_latest"), name.as_str()).alias(name)).collect::<Vec<_>>();
    rows.aggregate(vec![ident(contract.key())], vec![newest])?.select(out)
}

/// A contract's column as the table has it; NULL where the table is older than an optional field, or was not asked for it.
pub(super) fn or_null(rows: &DataFrame, field: &Field) -> (Field, Expr) {
    match rows.schema().field_with_unqualified_name(field.name()) {
        Ok(found) => (Field::new(field.name(), found.data_type().clone(), field.is_nullable()), ident(field.name())),
        Err(_) => (field.clone(), cast(Expr::Literal(ScalarValue::Null, None), field.data_type().clone())),
    }
}

/// The table, or an empty one of the contract's columns (and `_partition`, `_offset`).
pub(super) fn or_empty(
    contract: &Contract,
    table: Option<Arc<dyn TableProvider>>,
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    if let Some(table) = table {
        return Ok(table);
    }
    let mut fields: Vec<Field> = contract.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new(lake::PARTITION, DataType::Int32, true));
    fields.push(Field::new(lake::OFFSET, DataType::Int64, true));
    let schema = Arc::new(arrow::datatypes::Schema::new(fields));
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![]])?))
}
