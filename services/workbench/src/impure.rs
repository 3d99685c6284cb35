//! Functions whose result depends on more than their arguments: `$as_of` is the only clock, and nothing is random.

use crate::calls::{self, Call};
use datafusion::{
    execution::session_state::SessionState,
    logical_expr::{Expr, LogicalPlan, Volatility, WindowFunctionDefinition},
    sql::sqlparser::ast::Query,
};
use evaluation::{statement::SqlFault, walk};

/// Every such call of a query, where it stands; also of a query that cannot be planned.
pub(crate) fn written(query: &Query, state: &SessionState) -> Vec<SqlFault> {
    let mut faults = Vec::new();
    calls::visit(query, state, |Call { written, volatility, .. }| {
        if volatility.is_some_and(|volatility| volatility != Volatility::Immutable) {
            faults.push(SqlFault::at(&written.name, message(&written.name.to_string().replace('"', ""))));
        }
    });
    faults
}

/// Every such function of a plan, however it came into it.
pub(crate) fn planned(plan: &LogicalPlan) -> Vec<SqlFault> {
    let mut faults = Vec::new();
    walk::expressions(plan, |expr, _| {
        let (name, volatility) = match expr {
            Expr::ScalarFunction(call) => (call.func.name(), call.func.signature().volatility),
            Expr::AggregateFunction(call) => (call.func.name(), call.func.signature().volatility),
            Expr::WindowFunction(call) => (call.fun.name(), of_window(&call.fun)),
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
    format!("`{name}` gives another result each time: the only clock is $as_of")
}
