//! Planning a SELECT against the views' columns, or every unknown table, column and function of it: the engine stops at
//! the first one.

use contracts::Contracts;
use datafusion::{
    common::SchemaError,
    datasource::MemTable,
    error::DataFusionError,
    execution::{SessionStateBuilder, session_state::SessionState},
    logical_expr::LogicalPlan,
    sql::sqlparser::{
        ast::{Expr, Query, Spanned, Value, visit_expressions, visit_expressions_mut},
        tokenizer::Span,
    },
};
use evaluation::{
    messages::{missing_function, near_function},
    session,
    sql::unknown_tables,
    statement::{self, SqlFault, SqlPlace},
    views,
};
use std::{ops::ControlFlow, sync::Arc};

/// What queries are planned with: the views' columns, and no rows. Made once for all files.
pub(in super::super) struct Planner {
    pub contracts: Contracts,
    pub state: SessionState,
    /// Names of the tables, in order.
    pub offered: Vec<String>,
}

impl Planner {
    pub fn new(contracts: &Contracts) -> Result<Self, DataFusionError> {
        let ctx = session(64 << 20, 1)?;
        for contract in contracts.iter() {
            let empty = MemTable::try_new(views::offered(contract), vec![vec![]])?;
            ctx.register_table(contract.name(), Arc::new(empty))?;
        }
        let mut offered: Vec<String> = contracts.iter().map(|contract| contract.name().to_owned()).collect();
        offered.sort_unstable();
        // What makes a plan of no rows faster is half the time, and finds no fault.
        let state =
            SessionStateBuilder::new_from_existing(ctx.state()).with_physical_optimizer_rules(Vec::new()).build();
        Ok(Self { contracts: contracts.clone(), state, offered })
    }
}

/// More than so many faults of one query help nobody.
const MOST_FAULTS: usize = 20;
/// Places that cost more plans are not looked for.
const MOST_PLANS: usize = 100;

/// Plans a query, or reports what is wrong with it. `offered` are the tables that there are, in order.
pub(super) async fn plan(
    mut query: Query,
    state: &SessionState,
    offered: &[String],
) -> Result<LogicalPlan, Vec<SqlFault>> {
    let mut faults = unknown_tables(&query, offered);
    while faults.len() < MOST_FAULTS {
        let error = match plan_to_the_end(query.clone(), state).await {
            Ok(written) if faults.is_empty() => return Ok(written),
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
                fault.place = culprit(&query, state).await.and_then(SqlPlace::spanning);
            }
            faults.push(fault);
        }
        if !named || !take_out(&mut query, &error) {
            break;
        }
    }
    Err(faults)
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
    match missing_function(&fault.message).filter(|name| state.window_functions().contains_key(*name)) {
        Some(name) => SqlFault {
            message: format!("`{name}` is a window function and needs OVER (…)"),
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

/// The shortest expression without which, NULL in its place, the query can be planned: the engine gives few of its errors a
/// place, those of types none. Looked for from the outside in, so that some dozen plans find it.
async fn culprit(query: &Query, state: &SessionState) -> Option<Span> {
    let (mut left, mut found, mut tried) = (placed(query), None, 0);
    while !left.is_empty() {
        let within = |(_, one): &(usize, Span)| left.iter().any(|(_, other)| lies_in(*one, *other));
        let (inner, outer): (Vec<_>, Vec<_>) = left.iter().partition(|one| within(one));
        let mut culprit = None;
        for (number, span) in outer {
            tried += 1;
            if tried > MOST_PLANS {
                return found;
            }
            if plan_to_the_end(without(query, number), state).await.is_ok() {
                culprit = Some(span);
                break;
            }
        }
        left = match culprit {
            Some(span) => inner.into_iter().filter(|(_, one)| lies_in(*one, span)).collect(),
            // An expression that others need cannot be left out, what is in it perhaps can.
            None if found.is_none() => inner,
            None => break,
        };
        found = culprit.or(found);
    }
    found
}

/// Every expression that has a place, by number; the shorter first.
fn placed(query: &Query) -> Vec<(usize, Span)> {
    let mut spans = Vec::new();
    let _ = visit_expressions_mut(&mut query.clone(), |expr: &mut Expr| {
        spans.push(expr.span());
        ControlFlow::<()>::Continue(())
    });
    let mut numbered: Vec<(usize, Span)> =
        spans.into_iter().enumerate().filter(|(_, span)| span.start.line > 0).collect();
    numbered.sort_by_key(|(_, span)| (span.end.line - span.start.line, span.end.column.abs_diff(span.start.column)));
    numbered
}

/// Whether one span is a piece of the other.
fn lies_in(one: Span, other: Span) -> bool {
    one != other && other.start <= one.start && one.end <= other.end
}

/// The query with NULL in the place of its expression of that number.
fn without(query: &Query, number: usize) -> Query {
    let (mut query, mut at) = (query.clone(), 0);
    let _ = visit_expressions_mut(&mut query, |expr: &mut Expr| {
        let found = at == number;
        at += 1;
        if found {
            *expr = Expr::Value(Value::Null.into());
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    query
}
