//! Every unknown table, column and function of a query: the planner stops at the first one.

use super::{narrow, needed::needed};
use datafusion::{
    common::SchemaError,
    error::DataFusionError,
    execution::session_state::SessionState,
    logical_expr::LogicalPlan,
    sql::sqlparser::ast::{Expr, Query, Spanned, Value, visit_expressions, visit_expressions_mut},
};
use evaluation::{
    near::{called, near_function},
    statement::{self, SqlFault, SqlPlace},
    unknown_tables::unknown_tables,
};
use std::ops::ControlFlow;

/// More than so many faults of one query help nobody.
const MOST: usize = 20;

/// Plans a query, or tells what is wrong with it. `offered` are the tables that there are, in order.
pub(super) async fn plan(mut query: Query, state: &SessionState, offered: &[String]) -> Result<Planned, Vec<SqlFault>> {
    let mut faults = unknown_tables(&query, offered);
    while faults.len() < MOST {
        let error = match plan_to_the_end(query.clone(), state).await {
            Ok(written) if faults.is_empty() => return Ok(Planned { needed: needed(&written, state), written }),
            Ok(_) => break,
            Err(error) => error,
        };
        let named = unknown(&error);
        // What follows from a name that was taken out is no fault of the author's.
        if faults.is_empty() || named {
            let mut fault = without_rows(SqlFault::of(&error), state);
            let near = fault.help.as_ref().is_some_and(|help| help.starts_with("did you mean"));
            let text = quoted(&query, &error).filter(|_| !near).map(|name| statement::text_in_quotes(&name));
            let function = || near_function(&fault.message, state).or_else(|| signature(&fault.message, state));
            fault.help = text.or_else(function).or(fault.help);
            if fault.place.is_none() {
                fault.place = narrow::culprit(&query, state).await.and_then(SqlPlace::spanning);
            }
            faults.push(fault);
        }
        if !named || !take_out(&mut query, &error) {
            break;
        }
    }
    Err(faults)
}

/// A query that can be run.
pub(super) struct Planned {
    /// Its plan as it is written.
    pub written: LogicalPlan,
    /// And with nothing but what it needs of its tables.
    pub needed: LogicalPlan,
}

/// Plans a query as far as it goes without rows, so that types fit too.
pub(super) async fn plan_to_the_end(query: Query, state: &SessionState) -> Result<LogicalPlan, DataFusionError> {
    let written = statement::plan_in(query, state).await?;
    let optimised = state.optimize(&written)?;
    state.query_planner().create_physical_plan(&optimised, state).await?;
    Ok(written)
}

/// Whether the planner missed a column or a function.
fn unknown(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::SchemaError(fault, _) => matches!(fault.as_ref(), SchemaError::FieldNotFound { .. }),
        other => other.strip_backtrace().contains("Invalid function '"),
    }
}

/// A function that looks at other rows is known, if not without them.
fn without_rows(fault: SqlFault, state: &SessionState) -> SqlFault {
    match called(&fault.message).filter(|name| state.window_functions().contains_key(*name)) {
        Some(name) => SqlFault {
            message: format!("`{name}` looks at other rows, and it is not said at which"),
            help: Some(format!("write {name}(…) OVER (PARTITION BY … ORDER BY …)")),
            ..fault
        },
        None => fault,
    }
}

/// How a function is called whose arguments do not fit.
fn signature(message: &str, state: &SessionState) -> Option<String> {
    let name = message.strip_suffix("` cannot take these arguments")?.strip_prefix('`')?;
    let scalar = state.scalar_functions().get(name).and_then(|function| function.documentation());
    let aggregate = || state.aggregate_functions().get(name).and_then(|function| function.documentation());
    let window = || state.window_functions().get(name).and_then(|function| function.documentation());
    Some(scalar.or_else(aggregate).or_else(window)?.syntax_example.clone())
}

/// The name in double quotes where the planner stopped.
fn quoted(query: &Query, error: &DataFusionError) -> Option<String> {
    let at = error.diagnostic()?.span?.start;
    let mut found = None;
    let _ = visit_expressions(query, |expr: &Expr| {
        if let Expr::Identifier(ident) = expr
            && ident.quote_style == Some('"')
            && (ident.span.start.line, ident.span.start.column) == (at.line, at.column)
        {
            found = Some(ident.value.clone());
        }
        ControlFlow::<()>::Continue(())
    });
    found
}

/// Puts NULL where the planner stopped, so that it comes to the next fault. `false` where that place is not known.
fn take_out(query: &mut Query, error: &DataFusionError) -> bool {
    let Some(at) = error.diagnostic().and_then(|diagnostic| diagnostic.span).map(|span| span.start) else {
        return false;
    };
    let flow = visit_expressions_mut(query, |expr: &mut Expr| {
        let start = match expr {
            Expr::Identifier(ident) => ident.span.start,
            Expr::CompoundIdentifier(_) => expr.span().start,
            Expr::Function(function) => function.name.span().start,
            _ => return ControlFlow::Continue(()),
        };
        if (start.line, start.column) != (at.line, at.column) {
            return ControlFlow::Continue(());
        }
        *expr = Expr::Value(Value::Null.into());
        ControlFlow::Break(())
    });
    flow.is_break()
}
