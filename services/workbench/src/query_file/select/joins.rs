//! Joins that count a row several times: a row that matches several of the other side is repeated, and a sum over what is
//! joined adds it up as often as that.
//!
//! Only what can be seen is doubted: a join by equalities of columns that hold no key of the side that repeats the other.
//! Conditions of other kinds (an overlap in time) are the author's way of matching at most one, or all that are meant.

use super::{columns::outermost, lineage::bare};
use contracts::Contracts;
use datafusion::{
    common::{Column, JoinType},
    logical_expr::{BinaryExpr, Distinct, Expr, Join, LogicalPlan, Operator, utils::split_conjunction},
};
use indicators::{Metric, PartColumn};
use std::collections::BTreeSet;

/// Columns of a plan, by number.
type Numbers = BTreeSet<usize>;

/// Why a part may count rows several times.
pub(super) fn doubt(metric: &Metric, plan: &LogicalPlan, contracts: &Contracts) -> Option<String> {
    let doubt = |part: &PartColumn| {
        let at = plan.schema().fields().iter().position(|field| field.name() == part.name)?;
        let (Expr::AggregateFunction(call), input) = outermost(plan, at).ok()? else { return None };
        let values = match call.func.name() {
            "count" => Vec::new(),
            "sum" => call.params.args.iter().flat_map(values).collect(),
            _ => return None,
        };
        let repeated = repeated(input, &numbers(values, input), &grouped(plan), contracts)?;
        Some(format!("{repeated}, and `{}` counts it as often", part.name))
    };
    let found = PartColumn::of(metric).find_map(doubt)?;
    Some(format!("{found}: aggregate one side in a subquery first, GROUP BY what is joined on, or join on a key"))
}

/// The columns that make what is summed; those of a condition only choose.
fn values(expr: &Expr) -> Vec<&Column> {
    match bare(expr) {
        Expr::Case(case) => {
            let results = case.when_then_expr.iter().map(|(_, then)| then).chain(&case.else_expr);
            results.flat_map(|result| values(result)).collect()
        }
        other => other.column_refs().into_iter().collect(),
    }
}

fn numbers<'a>(columns: impl IntoIterator<Item = &'a Column>, plan: &LogicalPlan) -> Numbers {
    columns.into_iter().filter_map(|column| plan.schema().index_of_column(column).ok()).collect()
}

/// The columns that the outermost aggregate groups by, as those of its input.
fn grouped(plan: &LogicalPlan) -> Numbers {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => grouped(&alias.input),
        LogicalPlan::Sort(sort) => grouped(&sort.input),
        LogicalPlan::Filter(filter) => grouped(&filter.input),
        LogicalPlan::Projection(projection) => grouped(&projection.input),
        LogicalPlan::Aggregate(aggregate) => plain(&aggregate.group_expr, &aggregate.input),
        _ => Numbers::new(),
    }
}

/// Those of the expressions that are columns and nothing else.
fn plain<'a>(exprs: impl IntoIterator<Item = &'a Expr>, input: &LogicalPlan) -> Numbers {
    let column = |expr: &'a Expr| match bare(expr) {
        Expr::Column(column) => Some(column),
        _ => None,
    };
    numbers(exprs.into_iter().filter_map(column), input)
}

/// Which join repeats the rows that these columns are of; without any column, the rows that are counted. Within one of the
/// groups that are summed, rows are alike in the columns `by` which they are grouped.
fn repeated(plan: &LogicalPlan, of: &Numbers, by: &Numbers, contracts: &Contracts) -> Option<String> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => repeated(&alias.input, of, by, contracts),
        LogicalPlan::Filter(filter) => {
            // It may say which of several is meant.
            let chooses = split_conjunction(&filter.predicate).into_iter().any(|one| tables_of(one).len() > 1);
            if chooses { None } else { repeated(&filter.input, of, by, contracts) }
        }
        LogicalPlan::Projection(projection) => {
            let below = of.iter().filter_map(|at| projection.expr.get(*at)).flat_map(Expr::column_refs);
            let by = plain(by.iter().filter_map(|at| projection.expr.get(*at)), &projection.input);
            repeated(&projection.input, &numbers(below, &projection.input), &by, contracts)
        }
        LogicalPlan::Join(join) => {
            let (left, right) = sides(of, join);
            let (left_by, right_by) = sides(by, join);
            match join.join_type {
                JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {}
                JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => {
                    return repeated(&join.left, &left, &left_by, contracts);
                }
                _ => return None,
            }
            let pairs = equalities(join)?;
            let (by_left, by_right): (Numbers, Numbers) = pairs.iter().copied().unzip();
            let left_once = is_unique(&join.right, &(&by_right | &right_by), contracts);
            let right_once = is_unique(&join.left, &(&by_left | &left_by), contracts);
            let doubted = match (left.is_empty(), right.is_empty()) {
                (false, true) => !left_once,
                (true, false) => !right_once,
                _ => !left_once && !right_once,
            };
            if doubted {
                let (one, other) = if left_once || left.is_empty() && !right.is_empty() {
                    (name_of(&join.right), name_of(&join.left))
                } else {
                    (name_of(&join.left), name_of(&join.right))
                };
                let on: Vec<&str> = by_left.iter().map(|at| join.left.schema().field(*at).name().as_str()).collect();
                return Some(format!("joined on {}, a row of `{one}` can match several of `{other}`", on.join(", ")));
            }
            repeated(&join.left, &left, &left_by, contracts)
                .or_else(|| repeated(&join.right, &right, &right_by, contracts))
        }
        // Rows that are grouped or made distinct count once again; what else there is, is not looked through.
        _ => None,
    }
}

/// The columns of the left and of the right side of a join.
fn sides(of: &Numbers, join: &Join) -> (Numbers, Numbers) {
    let width = join.left.schema().fields().len();
    let left = of.iter().copied().filter(|at| *at < width).collect();
    (left, of.iter().filter_map(|at| at.checked_sub(width)).collect())
}

/// The columns that are joined on; `None` where rows are matched by anything else.
fn equalities(join: &Join) -> Option<Vec<(usize, usize)>> {
    let number = |expr: &Expr, side: &LogicalPlan| match bare(expr) {
        Expr::Column(column) => side.schema().index_of_column(column).ok(),
        _ => None,
    };
    let pair = |one: &Expr, other: &Expr| {
        let straight = number(one, &join.left).zip(number(other, &join.right));
        straight.or_else(|| number(other, &join.left).zip(number(one, &join.right)))
    };
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (one, other) in &join.on {
        pairs.push(pair(one, other)?);
    }
    for condition in join.filter.iter().flat_map(split_conjunction) {
        match condition {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) if tables_of(condition).len() > 1 => {
                pairs.push(pair(left, right)?);
            }
            other if tables_of(other).len() > 1 => return None,
            _ => {}
        }
    }
    (!pairs.is_empty()).then_some(pairs)
}

fn tables_of(expr: &Expr) -> BTreeSet<String> {
    let tables = expr.column_refs().into_iter().filter_map(|column| column.relation.as_ref());
    tables.map(ToString::to_string).collect()
}

/// Whether no two rows are alike in these columns. What cannot be seen is taken to be so.
fn is_unique(plan: &LogicalPlan, by: &Numbers, contracts: &Contracts) -> bool {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let Some(contract) = contracts.get(scan.table_name.table()) else { return true };
            by.iter().any(|at| scan.projected_schema.field(*at).name() == contract.key())
        }
        LogicalPlan::SubqueryAlias(alias) => is_unique(&alias.input, by, contracts),
        LogicalPlan::Filter(filter) => is_unique(&filter.input, by, contracts),
        LogicalPlan::Sort(sort) => is_unique(&sort.input, by, contracts),
        LogicalPlan::Projection(projection) => {
            let by = plain(by.iter().filter_map(|at| projection.expr.get(*at)), &projection.input);
            is_unique(&projection.input, &by, contracts)
        }
        LogicalPlan::Aggregate(aggregate) => {
            let groups = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
            let grouped = by.iter().filter_map(|at| aggregate.group_expr.get(*at)).flat_map(Expr::column_refs);
            (0..groups).all(|group| by.contains(&group))
                || is_unique(&aggregate.input, &numbers(grouped, &aggregate.input), contracts)
        }
        LogicalPlan::Distinct(Distinct::All(input)) => {
            by.len() == input.schema().fields().len() || is_unique(input, by, contracts)
        }
        LogicalPlan::Join(join) => {
            let (left, right) = sides(by, join);
            let Some(pairs) = equalities(join) else { return true };
            let (on_left, on_right): (Numbers, Numbers) = pairs.into_iter().unzip();
            let unique = |side: &LogicalPlan, by: &Numbers| is_unique(side, by, contracts);
            unique(&join.left, &left) && (unique(&join.right, &on_right) || unique(&join.right, &right))
                || unique(&join.right, &right) && unique(&join.left, &on_left)
        }
        _ => true,
    }
}

/// What people call a side of a join.
fn name_of(plan: &LogicalPlan) -> String {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => alias.alias.table().to_owned(),
        LogicalPlan::TableScan(scan) => scan.table_name.table().to_owned(),
        other => other.inputs().first().map_or_else(|| "the other side".to_owned(), |input| name_of(input)),
    }
}
