//! The SELECT of a query file: planned against the views' columns before it ever runs.

use super::{
    columns,
    fault::{Faults, Place},
    split::Halves,
    unknown_names,
};
use crate::{
    Metric,
    statement::{self, SqlFault, SqlPlace},
    views::offered,
};
use contracts::Contracts;
use datafusion::{
    common::tree_node::{TreeNode, TreeNodeRecursion},
    logical_expr::{Distinct, Expr, LogicalPlan, WindowFrameUnits, expr::Sort},
    prelude::SessionContext,
    sql::sqlparser::ast::{Expr as SqlExpr, Query, SelectItem, SetExpr},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Domain of the columns that name who answered a survey.
const RESPONDENT: &str = "respondent";
/// Aggregates whose result does not depend on the order of their rows, floats or not.
const ORDERLESS: [&str; 3] = ["min", "max", "count"];
/// Aggregates and window functions that tell rows apart by their order alone.
const ORDERED: [&str; 9] =
    ["first_value", "last_value", "nth_value", "array_agg", "string_agg", "row_number", "ntile", "lag", "lead"];

/// Checks the SELECT, and where there is a declaration also against that. Gives the tables that it reads, and which columns
/// of each.
pub(super) async fn check(
    metric: Option<&Metric>,
    halves: &Halves<'_>,
    contracts: &Contracts,
    ctx: &SessionContext,
    faults: &mut Faults<'_>,
) -> Option<Reads> {
    let start = select_place(halves);
    let note = |fault: SqlFault, faults: &mut Faults<'_>| {
        faults.at_line(fault.place.map_or(start, here), fault.message, fault.help);
    };
    let query = match parsed(halves) {
        Ok(query) => query,
        Err(fault) => {
            note(fault, faults);
            return None;
        }
    };
    let places = select_items(&query);
    let mut found = statement::impure_calls(&query, ctx);
    let plan = unknown_names::plan(query, ctx).await.map_err(|more| found.extend(more)).ok();
    let clean = found.is_empty();
    found.into_iter().for_each(|fault| note(fault, faults));
    let plan = plan.filter(|_| clean)?;
    let mut add = |column: Option<&str>, message: String| {
        let place = column.and_then(|column| places.get(column)).map_or(start, |place| here(*place));
        faults.at_line(place, message, None);
    };
    if let Some(metric) = metric {
        columns::check(metric, &plan, &mut add);
    }
    for message in shaky_aggregates(&plan) {
        add(None, message);
    }
    let streams: BTreeSet<String> =
        tables(&plan).into_iter().filter(|table| contracts.get(table).is_some_and(|c| !c.is_reference())).collect();
    if streams.is_empty() {
        add(None, "the query reads no stream: nothing would ever make it change".to_owned());
    }
    if let Some(metric) = metric {
        check_privacy(metric, &streams, contracts, &mut |message| add(None, message));
    }
    Some(reads(&plan, contracts, ctx))
}

/// By table, the columns that are needed of it.
type Reads = BTreeMap<String, BTreeSet<String>>;

/// What the optimised plan scans; all columns of a table where it cannot be told.
fn reads(plan: &LogicalPlan, contracts: &Contracts, ctx: &SessionContext) -> Reads {
    let mut reads = Reads::new();
    if let Ok(optimised) = ctx.state().optimize(plan) {
        let _ = optimised.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                let columns = scan.projected_schema.fields().iter().map(|field| field.name().clone());
                let filtered = scan.filters.iter().flat_map(|filter| filter.column_refs()).map(|c| c.name.clone());
                reads.entry(scan.table_name.table().to_owned()).or_default().extend(columns.chain(filtered));
            }
            Ok(TreeNodeRecursion::Continue)
        });
    }
    for table in tables(plan) {
        let all = || {
            let schema = contracts.get(&table).map(|contract| offered(contract));
            schema.iter().flat_map(|schema| schema.fields()).map(|field| field.name().clone()).collect()
        };
        reads.entry(table.clone()).or_insert_with(all);
    }
    reads
}

fn parsed(halves: &Halves<'_>) -> Result<Query, SqlFault> {
    if halves.sql.is_empty() {
        return Err(SqlFault::new("the SELECT is missing: it follows the front matter"));
    }
    let mut query = statement::one_query(&halves.padded_sql)?;
    if !matches!(*query.body, SetExpr::Select(_)) {
        return Err(SqlFault::at(&query, "the query must be one SELECT … GROUP BY; put UNION and VALUES inside it"));
    }
    statement::bind_clock(&mut query, Timestamp::UNIX_EPOCH)?;
    Ok(query)
}

/// Where the outermost SELECT names each of its columns.
fn select_items(query: &Query) -> BTreeMap<String, SqlPlace> {
    let SetExpr::Select(select) = query.body.as_ref() else { return BTreeMap::new() };
    let name = |item: &SelectItem| {
        let ident = match item {
            SelectItem::ExprWithAlias { alias, .. } => alias,
            SelectItem::UnnamedExpr(SqlExpr::Identifier(ident)) => ident,
            SelectItem::UnnamedExpr(SqlExpr::CompoundIdentifier(idents)) => idents.last()?,
            _ => return None,
        };
        Some((ident.value.clone(), SqlPlace::spanning(ident.span)?))
    };
    select.projection.iter().filter_map(name).collect()
}

/// A place in the padded SQL, which is the same in the file.
fn here(place: SqlPlace) -> Place {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Place { line: number(place.line), column: number(place.column), width: number(place.width) }
}

/// The first word after the front matter.
fn select_place(halves: &Halves<'_>) -> Place {
    let after = &halves.padded_sql;
    let start = after.len() - after.trim_start().len();
    let before = &after[..start];
    let width = after[start..].chars().take_while(|c| c.is_alphanumeric()).count();
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    Place { line: before.matches('\n').count() + 1, column, width }
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
