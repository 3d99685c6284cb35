//! Which columns of a plan are made of identifiers of people, however they were worked on.

use datafusion::{
    common::{
        Column,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Expr, LogicalPlan},
};
use evaluation::views::PERSON;

/// Aggregates whose result says nothing of any one value.
const ANONYMOUS: [&str; 4] = ["count", "sum", "respondents", "covered_seconds"];
/// Window functions that number what they order by.
const RANKS: [&str; 6] = ["row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile"];

/// The domain of the person that the column at `at` is made of, or `None`.
pub(super) fn named_by(plan: &LogicalPlan, at: usize) -> Option<String> {
    of_output(plan, at, &[])
}

/// `outer`: what the plan can refer to beyond its own inputs, where it is a subquery.
fn of_output(plan: &LogicalPlan, at: usize, outer: &[&LogicalPlan]) -> Option<String> {
    match plan {
        LogicalPlan::TableScan(scan) => scan.projected_schema.field(at).metadata().get(PERSON).cloned(),
        LogicalPlan::Projection(projection) => of_expr(&projection.expr[at], &[&projection.input], outer),
        LogicalPlan::Aggregate(aggregate) => {
            let mut outputs = aggregate.group_expr.iter().chain(&aggregate.aggr_expr);
            of_expr(outputs.nth(at)?, &[&aggregate.input], outer)
        }
        LogicalPlan::Window(window) => match at.checked_sub(window.input.schema().fields().len()) {
            None => of_output(&window.input, at, outer),
            Some(call) => of_expr(&window.window_expr[call], &[&window.input], outer),
        },
        LogicalPlan::Union(union) => union.inputs.iter().find_map(|input| of_output(input, at, outer)),
        LogicalPlan::Unnest(unnest) => of_output(&unnest.input, *unnest.dependency_indices.get(at)?, outer),
        LogicalPlan::Subquery(query) => of_output(&query.subquery, at, outer),
        // The right side of a lateral join can refer to the left one.
        LogicalPlan::Join(join) => {
            let (qualifier, field) = join.schema.qualified_field(at);
            let column = Column::new(qualifier.cloned(), field.name());
            let beyond: Vec<&LogicalPlan> = [join.left.as_ref()].into_iter().chain(outer.iter().copied()).collect();
            let left = of_column(&column, &[&join.left], outer);
            left.or_else(|| of_column(&column, &[&join.right], &beyond))
        }
        // Whatever passes columns on: found again below by name.
        other => {
            let (qualifier, field) = other.schema().qualified_field(at);
            let inputs: Vec<&LogicalPlan> = other.inputs();
            let same_place = inputs.len() == 1 && inputs[0].schema().fields().len() == other.schema().fields().len();
            if same_place {
                of_output(inputs[0], at, outer)
            } else {
                of_column(&Column::new(qualifier.cloned(), field.name()), &inputs, outer)
            }
        }
    }
}

fn of_expr(expr: &Expr, inputs: &[&LogicalPlan], outer: &[&LogicalPlan]) -> Option<String> {
    let mut found = None;
    let _ = expr.apply(|part| {
        found = match part {
            Expr::Column(column) => of_column(column, inputs, outer),
            Expr::OuterReferenceColumn(_, column) => of_column(column, outer, &[]),
            Expr::ScalarSubquery(query) => of_output(&query.subquery, 0, &[inputs, outer].concat()),
            // Arguments alone make the result; what a call orders or filters by is not in it, unless it is a rank.
            Expr::AggregateFunction(call) => of_call(call.func.name(), &call.params.args, inputs, outer),
            Expr::WindowFunction(call) if RANKS.contains(&call.fun.name()) => {
                call.params.order_by.iter().find_map(|sort| of_expr(&sort.expr, inputs, outer))
            }
            Expr::WindowFunction(call) => of_call(call.fun.name(), &call.params.args, inputs, outer),
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

fn of_call(name: &str, arguments: &[Expr], inputs: &[&LogicalPlan], outer: &[&LogicalPlan]) -> Option<String> {
    let tells = !ANONYMOUS.contains(&name);
    tells.then(|| arguments.iter().find_map(|argument| of_expr(argument, inputs, outer))).flatten()
}

fn of_column(column: &Column, inputs: &[&LogicalPlan], outer: &[&LogicalPlan]) -> Option<String> {
    inputs.iter().find_map(|input| of_output(input, input.schema().index_of_column(column).ok()?, outer))
}
