//! What a column of a plan is made of: the column of a table that it is, the people that it names, the week that it shows.

use contracts::Contracts;
use datafusion::{
    common::{
        Column,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Distinct, Expr, LogicalPlan},
};
use evaluation::views::PERSON;

/// Domain of the columns that name who answered a survey.
pub(super) const RESPONDENT: &str = "respondent";

/// A column of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub table: String,
    pub column: String,
    /// Domain of the person that it names.
    pub person: Option<String>,
}

/// The table's column, or `None` where the column is computed.
pub(super) fn origin(plan: &LogicalPlan, at: usize) -> Option<Origin> {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let field = scan.projected_schema.field(at);
            let (table, person) = (scan.table_name.table().to_owned(), field.metadata().get(PERSON).cloned());
            Some(Origin { table, column: field.name().clone(), person })
        }
        LogicalPlan::Projection(projection) => of_expr(&projection.expr[at], &projection.input),
        LogicalPlan::Aggregate(aggregate) => of_expr(aggregate.group_expr.get(at)?, &aggregate.input),
        LogicalPlan::Union(union) => {
            let mut origins = union.inputs.iter().map(|input| origin(input, at));
            let first = origins.next()??;
            origins.all(|other| other.as_ref() == Some(&first)).then_some(first)
        }
        other => {
            let (qualifier, field) = other.schema().qualified_field(at);
            let inputs = other.inputs();
            match inputs.as_slice() {
                // An alias of a table gives its columns another qualifier, in the same places.
                [one] if one.schema().fields().len() == other.schema().fields().len() => origin(one, at),
                several => of_column(&Column::new(qualifier.cloned(), field.name()), several),
            }
        }
    }
}

/// The same of an expression over a plan.
pub(super) fn of_expr(expr: &Expr, input: &LogicalPlan) -> Option<Origin> {
    match expr {
        Expr::Alias(alias) => of_expr(&alias.expr, input),
        Expr::Column(column) => of_column(column, &[input]),
        _ => None,
    }
}

fn of_column(column: &Column, inputs: &[&LogicalPlan]) -> Option<Origin> {
    inputs.iter().find_map(|input| origin(input, input.schema().index_of_column(column).ok()?))
}

/// An expression without alias and cast.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => bare(&alias.expr),
        Expr::Cast(cast) => bare(&cast.expr),
        other => other,
    }
}

/// Aggregates whose result says nothing of any one value.
const ANONYMOUS: [&str; 4] = ["count", "sum", "respondents", "covered_seconds"];
/// Window functions that number what they order by.
const RANKS: [&str; 6] = ["row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile"];

/// The domain of the person that the column at `at` is made of, or `None`.
pub(super) fn named_by(plan: &LogicalPlan, at: usize) -> Option<String> {
    person_of_output(plan, at, &[])
}

/// `outer`: what the plan can refer to beyond its own inputs, where it is a subquery.
fn person_of_output(plan: &LogicalPlan, at: usize, outer: &[&LogicalPlan]) -> Option<String> {
    match plan {
        LogicalPlan::TableScan(scan) => scan.projected_schema.field(at).metadata().get(PERSON).cloned(),
        LogicalPlan::Projection(projection) => person_of_expr(&projection.expr[at], &[&projection.input], outer),
        LogicalPlan::Aggregate(aggregate) => {
            let mut outputs = aggregate.group_expr.iter().chain(&aggregate.aggr_expr);
            person_of_expr(outputs.nth(at)?, &[&aggregate.input], outer)
        }
        LogicalPlan::Window(window) => match at.checked_sub(window.input.schema().fields().len()) {
            None => person_of_output(&window.input, at, outer),
            Some(call) => person_of_expr(&window.window_expr[call], &[&window.input], outer),
        },
        LogicalPlan::Union(union) => union.inputs.iter().find_map(|input| person_of_output(input, at, outer)),
        LogicalPlan::Unnest(unnest) => person_of_output(&unnest.input, *unnest.dependency_indices.get(at)?, outer),
        LogicalPlan::Subquery(query) => person_of_output(&query.subquery, at, outer),
        // The right side of a lateral join can refer to the left one.
        LogicalPlan::Join(join) => {
            let (qualifier, field) = join.schema.qualified_field(at);
            let column = Column::new(qualifier.cloned(), field.name());
            let beyond: Vec<&LogicalPlan> = [join.left.as_ref()].into_iter().chain(outer.iter().copied()).collect();
            let left = person_of_column(&column, &[&join.left], outer);
            left.or_else(|| person_of_column(&column, &[&join.right], &beyond))
        }
        // Whatever passes columns on: found again below by name.
        other => {
            let (qualifier, field) = other.schema().qualified_field(at);
            let inputs: Vec<&LogicalPlan> = other.inputs();
            let same_place = inputs.len() == 1 && inputs[0].schema().fields().len() == other.schema().fields().len();
            if same_place {
                person_of_output(inputs[0], at, outer)
            } else {
                person_of_column(&Column::new(qualifier.cloned(), field.name()), &inputs, outer)
            }
        }
    }
}

fn person_of_expr(expr: &Expr, inputs: &[&LogicalPlan], outer: &[&LogicalPlan]) -> Option<String> {
    let mut found = None;
    let _ = expr.apply(|part| {
        found = match part {
            Expr::Column(column) => person_of_column(column, inputs, outer),
            Expr::OuterReferenceColumn(_, column) => person_of_column(column, outer, &[]),
            Expr::ScalarSubquery(query) => person_of_output(&query.subquery, 0, &[inputs, outer].concat()),
            // Arguments alone make the result; what a call orders or filters by is not in it, unless it is a rank.
            Expr::AggregateFunction(call) => person_of_call(call.func.name(), &call.params.args, inputs, outer),
            Expr::WindowFunction(call) if RANKS.contains(&call.fun.name()) => {
                call.params.order_by.iter().find_map(|sort| person_of_expr(&sort.expr, inputs, outer))
            }
            Expr::WindowFunction(call) => person_of_call(call.fun.name(), &call.params.args, inputs, outer),
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

fn person_of_call(name: &str, arguments: &[Expr], inputs: &[&LogicalPlan], outer: &[&LogicalPlan]) -> Option<String> {
    let tells = !ANONYMOUS.contains(&name);
    tells.then(|| arguments.iter().find_map(|argument| person_of_expr(argument, inputs, outer))).flatten()
}

fn person_of_column(column: &Column, inputs: &[&LogicalPlan], outer: &[&LogicalPlan]) -> Option<String> {
    inputs.iter().find_map(|input| person_of_output(input, input.schema().index_of_column(column).ok()?, outer))
}

/// Whether the column at `at` is computed from something else than the `week` or the event time of a stream.
pub(super) fn week_is_computed(plan: &LogicalPlan, at: usize, contracts: &Contracts) -> bool {
    !is_own_week(plan, at, contracts)
}

fn is_own_week(plan: &LogicalPlan, at: usize, contracts: &Contracts) -> bool {
    match plan {
        LogicalPlan::TableScan(scan) => scan.projected_schema.field(at).name() == "week",
        LogicalPlan::Projection(projection) => week_of_expr(&projection.expr[at], &projection.input, contracts),
        // Totals beside their parts are refused elsewhere.
        LogicalPlan::Aggregate(aggregate) if matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)]) => true,
        LogicalPlan::Aggregate(aggregate) => {
            aggregate.group_expr.get(at).is_some_and(|group| week_of_expr(group, &aggregate.input, contracts))
        }
        LogicalPlan::Distinct(Distinct::On(on)) => week_of_expr(&on.select_expr[at], &on.input, contracts),
        LogicalPlan::Union(union) => union.inputs.iter().all(|input| is_own_week(input, at, contracts)),
        other => {
            let (qualifier, field) = other.schema().qualified_field(at);
            match other.inputs().as_slice() {
                [one] if one.schema().fields().len() == other.schema().fields().len() => {
                    is_own_week(one, at, contracts)
                }
                several => week_of_column(&Column::new(qualifier.cloned(), field.name()), several, contracts),
            }
        }
    }
}

fn week_of_expr(expr: &Expr, input: &LogicalPlan, contracts: &Contracts) -> bool {
    let own = |expr: &Expr| week_of_expr(expr, input, contracts);
    match expr {
        Expr::Alias(alias) => own(&alias.expr),
        Expr::Cast(cast) => own(&cast.expr),
        Expr::Column(column) => week_of_column(column, &[input], contracts),
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

fn week_of_column(column: &Column, inputs: &[&LogicalPlan], contracts: &Contracts) -> bool {
    let found = inputs.iter().find_map(|input| Some((*input, input.schema().index_of_column(column).ok()?)));
    found.is_some_and(|(input, at)| is_own_week(input, at, contracts))
}

fn is_event_time(expr: &Expr, input: &LogicalPlan, contracts: &Contracts) -> bool {
    let origin = of_expr(expr, input);
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
        other => of_expr(other, input).is_some_and(|from| from.table == "sites" && from.column == "timezone"),
    }
}
