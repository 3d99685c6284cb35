//! A condition that people write → the rows for which it holds.

use super::error::{PreviewError, failed};
use crate::{
    calls,
    query_file::{Fault, Faults},
};
use arrow::array::RecordBatch;
use datafusion::{
    error::DataFusionError,
    sql::sqlparser::{
        ast::{Expr, Query, SetExpr, Visit, Visitor},
        dialect::GenericDialect,
        parser::Parser,
        tokenizer::Token,
    },
};
use evaluation::{
    Limits, Rows, SqlError,
    statement::{self, SqlFault, SqlPlace, dates, unsupported},
};
use jiff::Timestamp;
use std::{ops::ControlFlow, path::Path, sync::Arc};

/// The name of the condition in its faults.
const PLACE: &str = "--where";

/// Those rows of `all` for which the condition holds; it may name their columns and `$as_of`, and no other table.
pub(super) async fn keep(
    all: RecordBatch,
    condition: &str,
    as_of: Timestamp,
    limits: &Limits,
) -> Result<Rows, PreviewError> {
    let failed_at = |fault: SqlFault| PreviewError::Condition(fault_in(condition, fault));
    let ctx = evaluation::session(limits.share(), 1).map_err(failed)?;
    let schema = all.schema();
    ctx.register_batch("result", all).map_err(failed)?;
    let mut query = statement::one_query("SELECT * FROM result").map_err(failed_at)?;
    if let SetExpr::Select(select) = query.body.as_mut() {
        select.selection = Some(parse(condition).map_err(failed_at)?);
    }
    statement::bind_clock(&mut query, as_of).map_err(failed_at)?;
    let refused = unsupported::faults(&query).into_iter().chain(calls::impure_calls(&query, &ctx.state()));
    if let Some(fault) = refused.into_iter().next() {
        return Err(failed_at(fault));
    }
    let plan = statement::plan(query, &ctx).await.map_err(|error| failed_at(SqlFault::of(&error)))?;
    if let Some(fault) = calls::impure_in_plan(&plan).into_iter().chain(dates::faults(&plan)).next() {
        return Err(failed_at(fault));
    }
    let batches = tokio::time::timeout(limits.timeout, statement::frame(plan, &ctx).collect()).await;
    let batches = batches.map_err(|_| SqlError::Timeout(limits.timeout))?;
    Ok(Rows { schema, batches: batches.map_err(|error| failed_at(SqlFault::of(&error)))? })
}

/// Exactly one expression, without a query inside.
fn parse(text: &str) -> Result<Expr, SqlFault> {
    let wrong = |error| SqlFault::of(&DataFusionError::SQL(Box::new(error), None));
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(text).map_err(wrong)?;
    let expr = parser.parse_expr().map_err(wrong)?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        let place = SqlPlace::spanning(next.span);
        let message = format!("the condition ends before `{}`: write one expression, such as value < 0.3", next.token);
        return Err(SqlFault { place, message, help: None });
    }
    match expr.visit(&mut NoQuery) {
        ControlFlow::Break(fault) => Err(fault),
        ControlFlow::Continue(()) => Ok(expr),
    }
}

struct NoQuery;

impl Visitor for NoQuery {
    type Break = SqlFault;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<SqlFault> {
        let message = "a condition cannot hold a SELECT: it sees one row at a time";
        ControlFlow::Break(SqlFault::at(query, message))
    }
}

/// The fault with its line of the condition.
fn fault_in(condition: &str, fault: SqlFault) -> Fault {
    let place = fault.place.unwrap_or(SqlPlace { line: 1, column: 1, width: u64::MAX });
    Faults::new(Path::new(PLACE), condition).fault(place.into(), fault.message, fault.help)
}

/// All rows, unasked.
pub(super) fn all(batch: RecordBatch) -> Rows {
    Rows { schema: Arc::clone(&batch.schema()), batches: vec![batch] }
}
