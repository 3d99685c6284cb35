//! Reference streams: a deletion removes what came before it, and of what came after it the highest revision wins.
//!
//! ```text
//! rows of a key ─after the last deletion of their partition─► greatest by revision, recorded_at, arrival
//! ```
//!
//! So an older revision that arrives late, or is replayed, changes nothing; and what a deletion removed stays away,
//! whatever its revision was.

use super::current::{one_a_key, or_empty, or_null, order};
use crate::functions::latest_to_come;
use arrow::datatypes::{DataType, Field, Fields};
use contracts::Contract;
use datafusion::{
    catalog::TableProvider,
    common::JoinType,
    error::DataFusionError,
    functions::core::expr_fn::get_field,
    logical_expr::{Expr, cast, ident, lit},
    prelude::{DataFrame, SessionContext},
};
use std::sync::Arc;

/// Where a record lies in its partition. Offsets order its records; but those of a topic that was recreated start again
/// at 0. Ingestion never lets `_ingested_at` go back within a partition, whatever the clocks say, and moves it on where
/// offsets start again: it tells the topics apart, and offsets order what was ingested at once.
const ARRIVAL: [&str; 2] = [lake::INGESTED_AT, lake::OFFSET];

/// One row a key. A deletion is a row of the key alone, so every other column of it is NULL.
pub(super) fn current(
    ctx: &SessionContext,
    contract: &Contract,
    table: Option<Arc<dyn TableProvider>>,
) -> Result<DataFrame, DataFusionError> {
    let rows = ctx.read_table(or_empty(contract, table)?)?;
    let others = contract.schema().fields().iter().filter(|field| field.name() != contract.key());
    // A stream of keys alone has no deletions.
    let is_record = others.map(|field| or_null(&rows, field).1.is_not_null()).reduce(Expr::or).unwrap_or(lit(true));
    let kept = after_deletions(rows, contract, &is_record)?;
    let [at, offset] = ARRIVAL.map(|name| number(&kept, name));
    let mut fields = ARRIVAL.map(|name| Field::new(name, DataType::Int64, true)).to_vec();
    let mut arguments = order().to_vec();
    arguments.extend([at, offset]);
    for field in contract.schema().fields() {
        let (field, column) = or_null(&kept, field);
        fields.push(field);
        arguments.push(column);
    }
    let newest = latest_to_come(Fields::from(fields)).call(arguments);
    one_a_key(kept, contract, newest)
}

/// The records that no later record of their partition deletes.
fn after_deletions(rows: DataFrame, contract: &Contract, is_record: &Expr) -> Result<DataFrame, DataFusionError> {
    let [at, offset] = ARRIVAL.map(|name| number(&rows, name));
    let last = latest_to_come(Fields::from(ARRIVAL.map(|name| Field::new(name, DataType::Int64, true)).to_vec()));
    let last = last.call(vec![at.clone(), offset.clone(), at.clone(), offset.clone()]).alias("_last");
    let of_partition = number(&rows, lake::PARTITION);
    let deletions = rows
        .clone()
        .filter(is_record.clone().is_not_true())?
        .aggregate(
            vec![ident(contract.key()).alias("_deleted"), of_partition.clone().alias("_deleted_in")],
            vec![last],
        )?
        .select(vec![
            ident("_deleted"),
            ident("_deleted_in"),
            get_field(ident("_last"), lake::INGESTED_AT).alias("_deleted_at"),
            get_field(ident("_last"), lake::OFFSET).alias("_deleted_by"),
        ])?;
    let on = [ident(contract.key()).eq(ident("_deleted")), of_partition.eq(ident("_deleted_in"))];
    let later = at.clone().gt(ident("_deleted_at"));
    let later = later.or(at.eq(ident("_deleted_at")).and(offset.gt(ident("_deleted_by"))));
    rows.filter(is_record.clone())?
        .join_on(deletions, JoinType::Left, on)?
        .filter(ident("_deleted").is_null().or(later))
}

/// A column of the lake's own as a number; 0 where rows from memory lack it.
fn number(rows: &DataFrame, name: &str) -> Expr {
    match rows.schema().has_column_with_unqualified_name(name) {
        true => cast(ident(name), DataType::Int64),
        false => lit(0_i64),
    }
}
