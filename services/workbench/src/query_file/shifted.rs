//! Whether the result's week is another one than that of the rows it is made of. Only what is known to be their own week is:
//! the `week` of a stream, the week of its event time at its site, passed on or chosen from. All else is worked out, an
//! aggregate of weeks too: the first week of several rows changes with rows of other weeks.

use super::origin;
use contracts::Contracts;
use datafusion::{
    common::Column,
    logical_expr::{Distinct, Expr, LogicalPlan},
};

/// Whether the column at `at` is worked out from something else than the `week` or the event time of a stream.
pub(super) fn is_worked_out(plan: &LogicalPlan, at: usize, contracts: &Contracts) -> bool {
    !is_own(plan, at, contracts)
}

fn is_own(plan: &LogicalPlan, at: usize, contracts: &Contracts) -> bool {
    match plan {
        LogicalPlan::TableScan(scan) => scan.projected_schema.field(at).name() == "week",
        LogicalPlan::Projection(projection) => of_expr(&projection.expr[at], &projection.input, contracts),
        // Totals beside their parts are refused elsewhere.
        LogicalPlan::Aggregate(aggregate) if matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)]) => true,
        LogicalPlan::Aggregate(aggregate) => {
            aggregate.group_expr.get(at).is_some_and(|group| of_expr(group, &aggregate.input, contracts))
        }
        LogicalPlan::Distinct(Distinct::On(on)) => of_expr(&on.select_expr[at], &on.input, contracts),
        LogicalPlan::Union(union) => union.inputs.iter().all(|input| is_own(input, at, contracts)),
        other => {
            let (qualifier, field) = other.schema().qualified_field(at);
            match other.inputs().as_slice() {
                [one] if one.schema().fields().len() == other.schema().fields().len() => is_own(one, at, contracts),
                several => of_column(&Column::new(qualifier.cloned(), field.name()), several, contracts),
            }
        }
    }
}

fn of_expr(expr: &Expr, input: &LogicalPlan, contracts: &Contracts) -> bool {
    let own = |expr: &Expr| of_expr(expr, input, contracts);
    match expr {
        Expr::Alias(alias) => own(&alias.expr),
        Expr::Cast(cast) => own(&cast.expr),
        Expr::Column(column) => of_column(column, &[input], contracts),
        Expr::Literal(value, _) => value.is_null(),
        Expr::Case(case) => case.when_then_expr.iter().map(|(_, then)| then).chain(&case.else_expr).all(|one| own(one)),
        Expr::ScalarFunction(call) => match (call.name(), call.args.as_slice()) {
            ("coalesce", choices) => choices.iter().all(own),
            ("week_in", [moment, zone]) => is_event_time(moment, input, contracts) && is_zone_of_site(zone, input),
            _ => false,
        },
        _ => false,
    }
}

fn of_column(column: &Column, inputs: &[&LogicalPlan], contracts: &Contracts) -> bool {
    let found = inputs.iter().find_map(|input| Some((*input, input.schema().index_of_column(column).ok()?)));
    found.is_some_and(|(input, at)| is_own(input, at, contracts))
}

fn is_event_time(expr: &Expr, input: &LogicalPlan, contracts: &Contracts) -> bool {
    let origin = origin::of_expr(expr, input);
    origin.is_some_and(|from| {
        contracts.get(&from.table).and_then(|contract| contract.event_time()) == Some(from.column.as_str())
    })
}

/// Another zone has other weeks. Sites that no record names are in UTC.
fn is_zone_of_site(expr: &Expr, input: &LogicalPlan) -> bool {
    match expr {
        Expr::ScalarFunction(call) if call.name() == "coalesce" => {
            call.args.first().is_some_and(|zone| is_zone_of_site(zone, input))
        }
        other => origin::of_expr(other, input).is_some_and(|from| from.table == "sites" && from.column == "timezone"),
    }
}
