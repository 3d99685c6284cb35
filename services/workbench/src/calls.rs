//! Calls as they are written, and which function of the engine each is: any spelling, any quotes, any alias.

use datafusion::{
    execution::session_state::SessionState,
    logical_expr::Volatility,
    sql::sqlparser::ast::{Expr, Function, ObjectName, ObjectNamePart, Query, visit_expressions},
};
use std::ops::ControlFlow;

/// A call.
pub(crate) struct Call<'a> {
    pub written: &'a Function,
    /// The engine's own name of the function; what is written, where it has none.
    pub name: String,
    /// Whether its result follows from its arguments. Functions that there are not: unknown.
    pub volatility: Option<Volatility>,
}

/// Visits every call of a query.
pub(crate) fn visit(query: &Query, state: &SessionState, mut visit: impl FnMut(Call<'_>)) {
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
