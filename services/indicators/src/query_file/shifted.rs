//! Whether the result's week is another one than that of the rows it is made of, as far as the plan tells.

use super::origin;
use contracts::Contracts;
use datafusion::{
    common::Column,
    logical_expr::{Expr, LogicalPlan},
};

/// Whether the column at `at` is worked out from something else than the `week` or the event time of a stream.
pub(super) fn is_worked_out(plan: &LogicalPlan, at: usize, contracts: &Contracts) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => of_expr(&projection.expr[at], &projection.input, contracts),
        LogicalPlan::Aggregate(aggregate) => {
            let mut outputs = aggregate.group_expr.iter().chain(&aggregate.aggr_expr);
            outputs.nth(at).is_some_and(|expr| of_expr(expr, &aggregate.input, contracts))
        }
        LogicalPlan::Union(union) => union.inputs.iter().any(|input| is_worked_out(input, at, contracts)),
        other => {
            let (qualifier, field) = other.schema().qualified_field(at);
            match other.inputs().as_slice() {
                [one] if one.schema().fields().len() == other.schema().fields().len() => {
                    is_worked_out(one, at, contracts)
                }
                several => of_column(&Column::new(qualifier.cloned(), field.name()), several, contracts),
            }
        }
    }
}

fn of_expr(expr: &Expr, input: &LogicalPlan, contracts: &Contracts) -> bool {
    match expr {
        Expr::Alias(alias) => of_expr(&alias.expr, input, contracts),
        Expr::Cast(cast) => of_expr(&cast.expr, input, contracts),
        Expr::Column(column) => of_column(column, &[input], contracts),
        Expr::BinaryExpr(_) => true,
        Expr::ScalarFunction(call) => match call.name() {
            "coalesce" => call.args.iter().any(|argument| of_expr(argument, input, contracts)),
            "week_in" => !call.args.first().is_some_and(|at| is_event_time(at, input, contracts)),
            _ => true,
        },
        _ => false,
    }
}

fn of_column(column: &Column, inputs: &[&LogicalPlan], contracts: &Contracts) -> bool {
    let found = inputs.iter().find_map(|input| Some((*input, input.schema().index_of_column(column).ok()?)));
    found.is_some_and(|(input, at)| is_worked_out(input, at, contracts))
}

fn is_event_time(expr: &Expr, input: &LogicalPlan, contracts: &Contracts) -> bool {
    let origin = origin::of_expr(expr, input);
    origin.is_some_and(|from| {
        contracts.get(&from.table).and_then(|contract| contract.event_time()) == Some(from.column.as_str())
    })
}
