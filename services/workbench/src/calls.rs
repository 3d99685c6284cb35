//! Calls as they are written, which function of the engine each is (any spelling, any quotes, any alias), and those whose
//! result depends on more than their arguments: `$as_of` is the only clock, and nothing is random.

use datafusion::{
    execution::session_state::SessionState,
    logical_expr::{Expr as PlanExpr, LogicalPlan, Volatility, WindowFunctionDefinition},
    sql::sqlparser::ast::{Expr, Function, ObjectName, ObjectNamePart, Query, visit_expressions},
};
use evaluation::statement::{SqlFault, expressions};
use std::ops::ControlFlow;

/// Every such call of a query, where it stands; also of a query that cannot be planned.
pub(crate) fn impure_calls(query: &Query, state: &SessionState) -> Vec<SqlFault> {
    let mut faults = Vec::new();
    visit_calls(query, state, |Call { written, volatility, .. }| {
        if volatility.is_some_and(|volatility| volatility != Volatility::Immutable) {
            faults.push(SqlFault::at(&written.name, message(&written.name.to_string().replace('"', ""))));
        }
    });
    faults
}

/// Every such function of a plan, however it came into it.
pub(crate) fn impure_in_plan(plan: &LogicalPlan) -> Vec<SqlFault> {
    let mut faults = Vec::new();
    expressions(plan, |expr, _| {
        let (name, volatility) = match expr {
            PlanExpr::ScalarFunction(call) => (call.func.name(), call.func.signature().volatility),
            PlanExpr::AggregateFunction(call) => (call.func.name(), call.func.signature().volatility),
            PlanExpr::WindowFunction(call) => (call.fun.name(), of_window(&call.fun)),
            _ => return,
        };
        if volatility != Volatility::Immutable {
            faults.push(SqlFault::new(message(name)));
        }
    });
    faults
}

fn of_window(function: &WindowFunctionDefinition) -> Volatility {
    match function {
        WindowFunctionDefinition::AggregateUDF(function) => function.signature().volatility,
        WindowFunctionDefinition::WindowUDF(function) => function.signature().volatility,
    }
}

fn message(name: &str) -> String {
    format!("`{name}` returns another result each time: the only clock is $as_of")
}

/// A call.
pub(crate) struct Call<'a> {
    pub written: &'a Function,
    /// The engine's own name of the function; what is written, where it has none.
    pub name: String,
    /// Whether its result follows from its arguments. Functions that there are not: unknown.
    pub volatility: Option<Volatility>,
}

/// Visits every call of a query.
pub(crate) fn visit_calls(query: &Query, state: &SessionState, mut visit: impl FnMut(Call<'_>)) {
    let _ = visit_expressions(query, |expr: &Expr| {
        if let Expr::Function(written) = expr {
            visit(call(written, state));
        }
        ControlFlow::<()>::Continue(())
    });
}

fn call<'a>(written: &'a Function, state: &SessionState) -> Call<'a> {
    let name = looked_up(&written.name);
    let scalar = state.scalar_functions().get(&name).map(|known| (known.name(), known.signature().volatility));
    let aggregate = || state.aggregate_functions().get(&name).map(|known| (known.name(), known.signature().volatility));
    let window = || state.window_functions().get(&name).map(|known| (known.name(), known.signature().volatility));
    match scalar.or_else(aggregate).or_else(window) {
        Some((known, volatility)) => Call { written, name: known.to_owned(), volatility: Some(volatility) },
        None => Call { written, name, volatility: None },
    }
}

/// The name as the planner looks it up: letters between quotes as they are, others in lower case.
fn looked_up(name: &ObjectName) -> String {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] if ident.quote_style.is_some() => ident.value.clone(),
        _ => name.to_string().to_lowercase(),
    }
}
