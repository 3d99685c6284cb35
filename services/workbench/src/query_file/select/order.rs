//! What would make results depend on the order of rows: sums of floats, estimates, and the first of unordered rows.

use super::syntax::Tokens;
use crate::calls::visit_calls;
use datafusion::{
    common::DFSchema,
    execution::session_state::SessionState,
    logical_expr::{Expr, ExprSchemable, LogicalPlan, WindowFrameUnits},
    sql::sqlparser::{
        ast::{Query, Spanned},
        tokenizer::{Location, Span},
    },
};
use evaluation::statement::{SqlFault, SqlPlace, expressions};

/// Aggregates and window functions whose result is one of the values or a count of them, floats or not.
const ORDERLESS: [&str; 12] = [
    "any_value",
    "min",
    "max",
    "count",
    "median",
    "first_value",
    "last_value",
    "nth_value",
    "array_agg",
    "string_agg",
    "lag",
    "lead",
];
/// Aggregates and window functions that distinguish rows by their order alone.
const ORDERED: [&str; 9] =
    ["first_value", "last_value", "nth_value", "array_agg", "string_agg", "row_number", "ntile", "lag", "lead"];

/// Every such call, with its place.
pub(super) fn faults(plan: &LogicalPlan, query: &Query, tokens: &Tokens, state: &SessionState) -> Vec<SqlFault> {
    let mut found = Vec::new();
    expressions(plan, |expr, inputs| {
        let messages = messages(expr, &inputs.iter().map(|input| input.schema().as_ref()).collect::<Vec<_>>());
        found.extend(messages.into_iter().map(|message| (expr.clone(), message)));
    });
    if found.is_empty() {
        return Vec::new();
    }
    let calls = calls(query, tokens, state);
    let fault = |(expr, message)| SqlFault { place: place(&expr, &calls), message, help: None };
    found.into_iter().map(fault).collect()
}

/// What is wrong with one call.
fn messages(expr: &Expr, inputs: &[&DFSchema]) -> Vec<String> {
    let (name, arguments, ordered) = match expr {
        Expr::AggregateFunction(call) => (call.func.name(), &call.params.args, !call.params.order_by.is_empty()),
        Expr::WindowFunction(call) => (call.fun.name(), &call.params.args, !call.params.order_by.is_empty()),
        _ => return Vec::new(),
    };
    if name.starts_with("approx_") {
        return vec![format!("{name} depends on how rows are batched: use an exact aggregate")];
    }
    let mut messages = Vec::new();
    if name == "any_value" {
        messages.push("any_value returns an arbitrary row's value: use MIN or MAX".to_owned());
    } else if !ordered && (ORDERED.contains(&name) || counts_rows(expr)) {
        messages.push(format!("{name} without ORDER BY depends on the order of rows: add an ORDER BY on a key"));
    }
    let float = |expr: &Expr| inputs.iter().any(|input| expr.get_type(*input).is_ok_and(|of| of.is_floating()));
    if ORDERLESS.contains(&name) {
        return messages;
    }
    if arguments.iter().any(float) {
        messages.push(format!("{name} over floats depends on the order of rows: CAST its argument to DECIMAL first"));
    } else if matches!(expr, Expr::AggregateFunction(_)) && float(expr) {
        let instead = "use rounded_quotient(SUM(x), COUNT(x)), or CAST its argument to DECIMAL first";
        messages.push(format!("{name} returns a float, which depends on the order of rows: {instead}"));
    }
    messages
}

/// Whether a window ends some rows before or after its own.
fn counts_rows(expr: &Expr) -> bool {
    let Expr::WindowFunction(call) = expr else { return false };
    let frame = &call.params.window_frame;
    let whole = frame.start_bound.is_unbounded() && frame.end_bound.is_unbounded();
    frame.units != WindowFrameUnits::Range && !whole
}

/// Calls as they are written, by the engine's name of their function.
fn calls(query: &Query, tokens: &Tokens, state: &SessionState) -> Vec<(String, Span)> {
    let mut calls = Vec::new();
    visit_calls(query, state, |call| calls.push((call.name, tokens.call(call.written.span()))));
    calls
}

/// The call that holds a column of the arguments; else the first of its name.
fn place(expr: &Expr, calls: &[(String, Span)]) -> Option<SqlPlace> {
    let (name, arguments) = match expr {
        Expr::AggregateFunction(call) => (call.func.name(), &call.params.args),
        Expr::WindowFunction(call) => (call.fun.name(), &call.params.args),
        _ => return None,
    };
    let columns = arguments.iter().flat_map(Expr::column_refs).filter_map(|column| column.spans().first());
    let columns: Vec<Location> =
        columns.map(|span| Location { line: span.start.line, column: span.start.column }).collect();
    let holds = |span: &Span| columns.iter().any(|at| span.start <= *at && *at <= span.end);
    let named = || calls.iter().filter(|(known, _)| known == name).map(|(_, span)| *span);
    named().find(holds).or_else(|| named().next()).and_then(SqlPlace::spanning)
}
