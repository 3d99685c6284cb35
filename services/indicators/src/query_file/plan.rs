//! The SELECT of a query file: planned against the views' columns before it ever runs.

use super::{columns, fault::Faults, split::Halves};
use crate::{
    Metric,
    statement::{self, SqlFault},
};
use contracts::Contracts;
use datafusion::{
    common::tree_node::{TreeNode, TreeNodeRecursion},
    logical_expr::{Distinct, Expr, LogicalPlan, WindowFrameUnits, expr::Sort},
    prelude::SessionContext,
    sql::sqlparser::ast::SetExpr,
};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Domain of the columns that name who answered a survey.
const RESPONDENT: &str = "respondent";
/// Aggregates whose result does not depend on the order of their rows, floats or not.
const ORDERLESS: [&str; 3] = ["min", "max", "count"];
/// Aggregates and window functions that tell rows apart by their order alone.
const ORDERED: [&str; 9] =
    ["first_value", "last_value", "nth_value", "array_agg", "string_agg", "row_number", "ntile", "lag", "lead"];

/// Checks the SELECT and gives the streams that it reads, reference tables left out.
pub(super) async fn check(
    metric: &Metric,
    halves: &Halves<'_>,
    contracts: &Contracts,
    ctx: &SessionContext,
    faults: &mut Faults<'_>,
) -> Option<BTreeSet<String>> {
    let plan = match planned(halves, ctx, faults).await {
        Ok(plan) => plan?,
        Err(fault) => {
            note(fault, halves, faults);
            return None;
        }
    };
    let tables = tables(&plan);
    let (line, column) = select_place(halves);
    let mut add = |message: String| faults.at_line(line, column, message);
    columns::check(metric, &plan, &mut add);
    for message in shaky_aggregates(&plan) {
        add(message);
    }
    let streams: BTreeSet<String> =
        tables.into_iter().filter(|table| contracts.get(table).is_some_and(|c| !c.is_reference())).collect();
    if streams.is_empty() {
        add("the query reads no stream: nothing would ever make it change".to_owned());
    }
    check_privacy(metric, &streams, contracts, &mut add);
    Some(streams)
}

async fn planned(
    halves: &Halves<'_>,
    ctx: &SessionContext,
    faults: &mut Faults<'_>,
) -> Result<Option<LogicalPlan>, SqlFault> {
    if halves.sql.is_empty() {
        return Err(SqlFault::new("the SELECT is missing: it follows the front matter"));
    }
    let mut query = statement::one_query(&halves.padded_sql)?;
    if !matches!(*query.body, SetExpr::Select(_)) {
        return Err(SqlFault::at(&query, "the query must be one SELECT … GROUP BY; put UNION and VALUES inside it"));
    }
    let impure = statement::impure_calls(&query, ctx);
    let clean = impure.is_empty();
    impure.into_iter().for_each(|fault| note(fault, halves, faults));
    statement::bind_clock(&mut query, Timestamp::UNIX_EPOCH)?;
    match statement::plan(query, ctx).await {
        Ok(plan) => Ok(clean.then_some(plan)),
        Err(error) if clean => Err(SqlFault::of(&error)),
        Err(_) => Ok(None),
    }
}

fn note(fault: SqlFault, halves: &Halves<'_>, faults: &mut Faults<'_>) {
    let (line, column) = select_place(halves);
    let number = |known: Option<u64>, otherwise| known.and_then(|n| usize::try_from(n).ok()).unwrap_or(otherwise);
    faults.at_line(number(fault.line, line), number(fault.column, column), fault.message);
}

/// Line and column of the first word after the front matter.
fn select_place(halves: &Halves<'_>) -> (usize, usize) {
    let after = &halves.padded_sql;
    let start = after.len() - after.trim_start().len();
    let before = &after[..start];
    (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1)
}

/// Names of the tables that a plan reads, subqueries included.
pub(crate) fn tables(plan: &LogicalPlan) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            tables.insert(scan.table_name.table().to_owned());
        }
        Ok(TreeNodeRecursion::Continue)
    });
    tables
}

/// What would make results depend on the order of rows: sums of floats, the first of unordered rows, and LIMIT.
fn shaky_aggregates(plan: &LogicalPlan) -> BTreeSet<String> {
    let mut messages = BTreeSet::new();
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::Limit(_) = node {
            messages.insert("LIMIT and OFFSET take rows by chance: filter instead".to_owned());
        }
        if let LogicalPlan::Distinct(Distinct::On(on)) = node
            && on.sort_expr.is_none()
        {
            messages.insert("DISTINCT ON without ORDER BY takes rows by chance: order them by a key".to_owned());
        }
        let inputs = node.inputs();
        let _ = node.apply_expressions(|expr| {
            expr.apply(|expr| {
                let Some((name, arguments, order)) = aggregate(expr) else { return Ok(TreeNodeRecursion::Continue) };
                if order.is_empty() && (ORDERED.contains(&name.as_str()) || counts_rows(expr)) {
                    messages.insert(format!("{name} without ORDER BY takes rows by chance: order them by a key"));
                }
                if !ORDERLESS.contains(&name.as_str()) {
                    let float = |argument: &Expr| {
                        use datafusion::logical_expr::ExprSchemable;
                        inputs.iter().any(|input| argument.get_type(input.schema()).is_ok_and(|t| t.is_floating()))
                    };
                    if arguments.iter().any(float) {
                        messages.insert(format!(
                            "{name} over floats depends on the order of rows: CAST its argument to DECIMAL first"
                        ));
                    }
                }
                Ok(TreeNodeRecursion::Continue)
            })
        });
        Ok(TreeNodeRecursion::Continue)
    });
    messages
}

fn aggregate(expr: &Expr) -> Option<(String, &[Expr], &[Sort])> {
    match expr {
        Expr::AggregateFunction(call) => Some((call.func.name().to_owned(), &call.params.args, &call.params.order_by)),
        Expr::WindowFunction(call) => Some((call.fun.name().to_owned(), &call.params.args, &call.params.order_by)),
        _ => None,
    }
}

/// Whether a window ends some rows before or after its own.
fn counts_rows(expr: &Expr) -> bool {
    let Expr::WindowFunction(call) = expr else { return false };
    let frame = &call.params.window_frame;
    let whole = frame.start_bound.is_unbounded() && frame.end_bound.is_unbounded();
    frame.units != WindowFrameUnits::Range && !whole
}

/// Survey answers need suppression.
fn check_privacy(metric: &Metric, streams: &BTreeSet<String>, contracts: &Contracts, add: &mut impl FnMut(String)) {
    let answers = streams.iter().find(|stream| {
        let contract = contracts.get(stream);
        contract.is_some_and(|contract| contract.persons().iter().any(|(_, domain)| domain == RESPONDENT))
    });
    if let Some(stream) = answers
        && metric.privacy.is_none()
    {
        add(format!("`{stream}` holds survey answers: declare privacy = {{ minimum = 5 }} and return respondents"));
    }
}
