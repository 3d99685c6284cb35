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
        match part {
            Expr::AggregateFunction(call) if ANONYMOUS.contains(&call.func.name()) => {
                return Ok(TreeNodeRecursion::Jump);
            }
            Expr::Column(column) => found = found.take().or_else(|| of_column(column, inputs)),
            Expr::ScalarSubquery(query) => found = found.take().or_else(|| named_by(&query.subquery, 0)),
            _ => {}
        }
        Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found
}

fn of_column(column: &Column, inputs: &[&LogicalPlan]) -> Option<String> {
    inputs.iter().find_map(|input| named_by(input, input.schema().index_of_column(column).ok()?))
}
