//! Hiding what lies beyond the clock, and putting rows into site-local weeks, with what clocks showed there.

use super::current::or_null;
use crate::functions;
use arrow::datatypes::Field;
use contracts::Contract;
use datafusion::{
    common::JoinType,
    datasource::MemTable,
    error::DataFusionError,
    functions::core::expr_fn::get_field,
    logical_expr::{Expr, ident, lit, when},
    prelude::{DataFrame, SessionContext},
};
use std::sync::Arc;

const ZONE: &str = "_zone";
const ZONE_SITE: &str = "_zone_site";
const PIECE: &str = "_piece";
const ENDS_AT: &str = "ends_at";

/// A stream of intervals: its events have an `ends_at` beside the `starts_at` that is their event time.
pub(super) fn is_interval(contract: &Contract) -> bool {
    contract.event_time() == Some("starts_at") && contract.schema().field_with_name(ENDS_AT).is_ok()
}

/// The column that says when an event of the stream ends.
pub fn ends_at(contract: &Contract) -> Option<&'static str> {
    is_interval(contract).then_some(ENDS_AT)
}

/// Days that an event may last; `None` where its contract says no limit.
pub fn lasting(contract: &Contract) -> Option<i32> {
    const DAY: i64 = 86_400_000_000;
    if !is_interval(contract) {
        return Some(0);
    }
    contract.longest("starts_at", ENDS_AT).and_then(|most| i32::try_from(most.div_euclid(DAY) + 1).ok())
}

/// Rows with event time up to `as_of`, with the zone of their site (NULL where no reference record names it).
pub(super) fn visible(
    ctx: &SessionContext,
    current: DataFrame,
    contract: &Contract,
    as_of: &Expr,
    sites: Option<Arc<MemTable>>,
) -> Result<DataFrame, DataFusionError> {
    let Some(event_time) = contract.event_time() else { return Ok(current) };
    let rows = current.filter(ident(event_time).lt_eq(as_of.clone()))?;
    let Some(sites) = sites.filter(|_| contract.schema().field_with_name("site_id").is_ok()) else {
        return rows.with_column(ZONE, lit("UTC"));
    };
    let zones =
        ctx.read_table(sites)?.select(vec![ident("site_id").alias(ZONE_SITE), ident("timezone").alias(ZONE)])?;
    let joined = rows.join(zones, JoinType::Left, &["site_id"], &[ZONE_SITE], None)?;
    joined.drop_columns(&[ZONE_SITE])
}

/// The view of a stream from its visible rows: `week` added, intervals cut.
pub(super) fn in_weeks(visible: DataFrame, contract: &Contract, as_of: &Expr) -> Result<DataFrame, DataFusionError> {
    if is_interval(contract) {
        return cut(visible, contract, as_of);
    }
    let mut columns = columns(&visible, contract);
    columns.push(week(contract));
    let shown = local_columns(contract);
    columns.extend(shown.iter().map(|shown| shown.of(or_null(&visible, shown.instant).1)));
    visible.select(columns)
}

/// The Monday of a visible row's event time.
pub fn week(contract: &Contract) -> Expr {
    let at = contract.event_time().unwrap_or_default();
    functions::week_in().call(vec![ident(at), ident(ZONE)]).alias("week")
}

/// A column that says what clocks showed at the site when another one's instant was.
pub struct Local<'a> {
    /// Its name.
    pub name: String,
    /// The column of the contract that it is of.
    pub instant: &'a Field,
}

impl Local<'_> {
    fn of(&self, instant: Expr) -> Expr {
        functions::local_time().call(vec![instant, ident(ZONE)]).alias(&self.name)
    }
}

/// Those of the view of a stream: one for each instant of its events, unless the contract has a column of that name.
pub fn local_columns(contract: &Contract) -> Vec<Local<'_>> {
    if contract.is_reference() {
        return Vec::new();
    }
    let instants = contract.schema().fields().iter().filter(|field| *field.data_type() == functions::timestamp());
    let shown = instants.map(|instant| Local { name: format!("{}_local", instant.name()), instant });
    shown.filter(|shown| contract.schema().field_with_name(&shown.name).is_err()).collect()
}

/// The column of the contract that a column of the view is made of, where that is another one.
pub fn instant_of<'a>(contract: &'a Contract, column: &str) -> Option<&'a str> {
    local_columns(contract).into_iter().find(|shown| shown.name == column).map(|shown| shown.instant.name().as_str())
}

fn cut(visible: DataFrame, contract: &Contract, as_of: &Expr) -> Result<DataFrame, DataFusionError> {
    let ends_at = || ident(ENDS_AT);
    let until = when(ends_at().gt(as_of.clone()), as_of.clone()).otherwise(ends_at())?;
    let pieces = functions::cut_at_weeks().call(vec![ident("starts_at"), until, ident(ZONE)]).alias(PIECE);
    let mut columns = columns(&visible, contract);
    columns.extend([pieces, ident(ZONE)]);
    // An interval that begins at the clock has no pieces, and the row vanishes with them.
    let rows = visible
        .select(columns)?
        .unnest_columns_with_options(&[PIECE], datafusion::common::UnnestOptions::new().with_preserve_nulls(false))?;
    let piece = |name: &str| get_field(ident(PIECE), name);
    let cut = |name: &str| match name {
        "starts_at" | ENDS_AT => piece(name),
        other => ident(other),
    };
    let columns = names(contract).map(|name| cut(name).alias(name));
    let shown = local_columns(contract);
    let shown = shown.iter().map(|shown| shown.of(cut(shown.instant.name())));
    rows.select(columns.chain([piece("week").alias("week")]).chain(shown).collect::<Vec<_>>())
}

/// All columns of the contract; those that were not read are NULL.
fn columns(rows: &DataFrame, contract: &Contract) -> Vec<Expr> {
    contract.schema().fields().iter().map(|field| or_null(rows, field).1.alias(field.name())).collect()
}

fn names(contract: &Contract) -> impl Iterator<Item = &str> {
    contract.schema().fields().iter().map(|field: &Arc<Field>| field.name().as_str())
}
