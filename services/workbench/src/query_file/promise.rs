//! Whether a `ratio` can be promised to lie from 0 to 1: where its numerator is plainly no part of its denominator, rows
//! above 1 are a matter of time. A doubt is no fault: what cannot be seen cheaply is trusted.

use super::{Planner, QueryFileError, origin};
use contracts::Contracts;
use datafusion::logical_expr::{Expr, LogicalPlan, utils::split_conjunction};
use evaluation::statement;
use indicators::{Kind, Metric};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What a part adds up.
#[derive(Debug, PartialEq, Eq)]
enum Adds {
    /// 1 for each of some rows.
    Rows,
    /// What the producer says in a column of a table.
    Column(String),
    /// Something that was worked out.
    Other,
}

/// A part as far as it can be seen.
struct Part {
    adds: Adds,
    /// Only rows for which all of these hold: as written, each with the names of its columns.
    only: BTreeMap<String, BTreeSet<String>>,
}

/// The metrics whose range is in doubt, each with why.
///
/// # Errors
/// When the engine cannot be set up.
pub async fn doubts(
    metrics: &[Arc<Metric>],
    contracts: &Contracts,
) -> Result<Vec<(Arc<Metric>, String)>, QueryFileError> {
    let planner = Planner::new(contracts).map_err(|error| QueryFileError::Engine(error.strip_backtrace()))?;
    let mut doubts = Vec::new();
    for metric in metrics.iter().filter(|metric| metric.kind == Kind::Ratio) {
        let Some(why) = doubt(metric, &planner).await else { continue };
        let message = format!(
            "a ratio lies from 0 to 1 only where the numerator is part of the denominator; {why}. A row above 1 is bad \
             and has no value: count what is part of it, or declare kind = \"rate\""
        );
        doubts.push((Arc::clone(metric), message));
    }
    Ok(doubts)
}

async fn doubt(metric: &Metric, planner: &Planner) -> Option<String> {
    let mut query = statement::one_query(&metric.sql).ok()?;
    statement::bind_clock(&mut query, Timestamp::UNIX_EPOCH).ok()?;
    let plan = statement::plan_in(query, &planner.state).await.ok()?;
    let [numerator, denominator] = ["numerator", "denominator"].map(|name| part(&plan, name));
    why(&numerator?, &denominator?)
}

fn why(numerator: &Part, denominator: &Part) -> Option<String> {
    match (&numerator.adds, &denominator.adds) {
        (Adds::Column(amount), Adds::Rows) => {
            return Some(format!("here a sum of `{amount}` is over a number of rows"));
        }
        (Adds::Rows, Adds::Column(amount)) => {
            return Some(format!(
                "here a number of rows is over a sum of `{amount}`, and there may be more rows than it says"
            ));
        }
        (Adds::Column(one), Adds::Column(other)) if one != other => {
            return Some(format!("here a sum of `{one}` is over one of `{other}`"));
        }
        _ => {}
    }
    let wider = denominator.only.iter().find(|(condition, columns)| {
        let same = numerator.only.iter().filter(|(_, own)| own == columns).map(|(own, _)| own);
        let own: Vec<&String> = same.collect();
        !own.contains(condition) && (own.is_empty() || own.iter().all(|own| excludes(own, condition)))
    });
    wider.map(|(condition, _)| format!("here only the denominator is held to {condition}"))
}

/// Two equalities of one column with different values: both start with `column = `.
fn excludes(one: &str, other: &str) -> bool {
    let equality = |text: &str| text.split_once(" = ").map(|(column, _)| column.to_owned());
    one != other && equality(one).is_some() && equality(one) == equality(other)
}

/// The aggregate behind a column of the result.
fn part(plan: &LogicalPlan, name: &str) -> Option<Part> {
    aggregate(plan, plan.schema().fields().iter().position(|field| field.name() == name)?)
}

fn aggregate(plan: &LogicalPlan, at: usize) -> Option<Part> {
    match plan {
        LogicalPlan::Projection(projection) => match bare(&projection.expr[at]) {
            Expr::Column(column) => {
                aggregate(&projection.input, projection.input.schema().index_of_column(column).ok()?)
            }
            _ => None,
        },
        LogicalPlan::Aggregate(aggregate) => {
            let groups = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
            let Expr::AggregateFunction(call) = bare(&aggregate.aggr_expr[at.checked_sub(groups)?]) else {
                return None;
            };
            let argument = call.params.args.first()?;
            let (adds, case) = match call.func.name() {
                "count" => (Adds::Rows, None),
                "sum" => summand(argument, &aggregate.input),
                _ => return None,
            };
            let conditions = call.params.filter.iter().map(AsRef::as_ref).chain(case);
            let conjuncts = conditions.flat_map(split_conjunction);
            let columns = |one: &Expr| one.column_refs().into_iter().map(|column| column.name.clone()).collect();
            let only = conjuncts.map(|one| (written(one), columns(one)));
            Some(Part { adds, only: only.collect() })
        }
        other => match other.inputs().as_slice() {
            [one] if one.schema().fields().len() == other.schema().fields().len() => aggregate(one, at),
            _ => None,
        },
    }
}

/// What is summed, and under which condition: `CASE WHEN condition THEN … ELSE 0 END` adds for some rows only.
fn summand<'a>(expr: &'a Expr, input: &LogicalPlan) -> (Adds, Option<&'a Expr>) {
    match bare(expr) {
        Expr::Case(case) if case.expr.is_none() && case.when_then_expr.len() == 1 => {
            let nothing = |other: &Expr| matches!(bare(other), Expr::Literal(value, _) if value.is_null() || value.to_string() == "0");
            let (when, then) = &case.when_then_expr[0];
            if case.else_expr.as_ref().is_none_or(|other| nothing(other)) {
                (summand(then, input).0, Some(when))
            } else {
                (Adds::Other, None)
            }
        }
        Expr::Literal(value, _) if value.to_string() == "1" => (Adds::Rows, None),
        Expr::Column(column) => match origin::of_expr(&Expr::Column(column.clone()), input) {
            Some(origin) => (Adds::Column(origin.column), None),
            None => (Adds::Other, None),
        },
        _ => (Adds::Other, None),
    }
}

/// A condition in the words of SQL, without the tables' names.
fn written(condition: &Expr) -> String {
    match condition {
        Expr::BinaryExpr(binary) => format!("{} {} {}", written(&binary.left), binary.op, written(&binary.right)),
        Expr::Column(column) => column.name.clone(),
        Expr::Literal(value, _) if value.data_type().is_string() => format!("'{value}'"),
        Expr::Literal(value, _) => value.to_string(),
        Expr::Cast(cast) => written(&cast.expr),
        other => other.human_display().to_string(),
    }
}

/// An expression without alias and cast.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => bare(&alias.expr),
        Expr::Cast(cast) => bare(&cast.expr),
        other => other,
    }
}
