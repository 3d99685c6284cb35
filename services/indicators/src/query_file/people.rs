//! Which columns of a plan are made of identifiers of people, however they were worked on.

use crate::views::PERSON;
use datafusion::{
    common::{
        Column,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Expr, LogicalPlan},
};

/// Aggregates whose result says nothing of any one value.
const ANONYMOUS: [&str; 4] = ["count", "sum", "respondents", "covered_seconds"];

/// The domain of the person that the column at `at` is made of, or `None`.
pub(super) fn named_by(plan: &LogicalPlan, at: usize) -> Option<String> {
    match plan {
        LogicalPlan::TableScan(scan) => scan.projected_schema.field(at).metadata().get(PERSON).cloned(),
        LogicalPlan::Projection(projection) => of_expr(&projection.expr[at], &[&projection.input]),
        LogicalPlan::Aggregate(aggregate) => {
            let mut outputs = aggregate.group_expr.iter().chain(&aggregate.aggr_expr);
            of_expr(outputs.nth(at)?, &[&aggregate.input])
        }
        LogicalPlan::Window(window) => match at.checked_sub(window.input.schema().fields().len()) {
            None => named_by(&window.input, at),
            Some(call) => of_expr(&window.window_expr[call], &[&window.input]),
        },
        LogicalPlan::Union(union) => union.inputs.iter().find_map(|input| named_by(input, at)),
        // Whatever passes columns on: found again below by name.
        other => {
            let (qualifier, field) = other.schema().qualified_field(at);
            let inputs: Vec<&LogicalPlan> = other.inputs();
            let same_place = inputs.len() == 1 && inputs[0].schema().fields().len() == other.schema().fields().len();
            if same_place {
                named_by(inputs[0], at)
            } else {
                of_column(&Column::new(qualifier.cloned(), field.name()), &inputs)
            }
        }
    }
}

fn of_expr(expr: &Expr, inputs: &[&LogicalPlan]) -> Option<String> {
    let mut found = None;
    let _ = expr.apply(|part| {
        found = match part {
            Expr::Column(column) => of_column(column, inputs),
            Expr::ScalarSubquery(query) => named_by(&query.subquery, 0),
            // Arguments alone make the result; what a call orders or filters by is not in it.
            Expr::AggregateFunction(call) => of_call(call.func.name(), &call.params.args, inputs),
            Expr::WindowFunction(call) => of_call(call.fun.name(), &call.params.args, inputs),
            _ => None,
        };
        let call = matches!(part, Expr::AggregateFunction(_) | Expr::WindowFunction(_));
        Ok(match found {
            Some(_) => TreeNodeRecursion::Stop,
            None if call => TreeNodeRecursion::Jump,
            None => TreeNodeRecursion::Continue,
        })
    });
    found
}

fn of_call(name: &str, arguments: &[Expr], inputs: &[&LogicalPlan]) -> Option<String> {
    let tells = !ANONYMOUS.contains(&name);
    tells.then(|| arguments.iter().find_map(|argument| of_expr(argument, inputs))).flatten()
}

fn of_column(column: &Column, inputs: &[&LogicalPlan]) -> Option<String> {
    inputs.iter().find_map(|input| named_by(input, input.schema().index_of_column(column).ok()?))
}
