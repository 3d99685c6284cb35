//! Whether a `ratio` can be promised to lie from 0 to 1: where its numerator is plainly no part of its denominator, rows
//! above 1 are a matter of time. A doubt is no fault: what cannot be seen cheaply is trusted.

use super::{
    columns::outermost,
    lineage::{self, bare},
};
use datafusion::logical_expr::{Expr, LogicalPlan, utils::split_conjunction};
use std::collections::{BTreeMap, BTreeSet};

/// What a part adds up.
#[derive(Debug, PartialEq, Eq)]
enum Adds {
    /// 1 for each of some rows.
    Rows,
    /// What the producer says in a column of a table.
    Column(String),
    /// Some expression.
    Other,
}

/// A part as far as it can be seen.
struct Part {
    adds: Adds,
    /// Only rows for which all of these hold: as written, each with the names of its columns.
    only: BTreeMap<String, BTreeSet<String>>,
}

/// Why a ratio of this plan may be above 1.
pub(super) fn doubt(plan: &LogicalPlan) -> Option<String> {
    let [numerator, denominator] = ["numerator", "denominator"].map(|name| part(plan, name));
    let why = why(&numerator?, &denominator?)?;
    Some(format!(
        "a ratio is from 0 to 1 only if the numerator is part of the denominator; {why}. A row above 1 is a bad row, without \
         a value: count a part of the denominator, or declare kind = \"rate\""
    ))
}

fn why(numerator: &Part, denominator: &Part) -> Option<String> {
    match (&numerator.adds, &denominator.adds) {
        (Adds::Column(amount), Adds::Rows) => {
            return Some(format!("here a sum of `{amount}` is divided by a number of rows"));
        }
        (Adds::Rows, Adds::Column(amount)) => {
            return Some(format!(
                "here a number of rows is divided by a sum of `{amount}`, and there may be more rows than that"
            ));
        }
        (Adds::Column(one), Adds::Column(other)) if one != other => {
            return Some(format!("here a sum of `{one}` is divided by one of `{other}`"));
        }
        _ => {}
    }
    let wider = denominator.only.iter().find(|(condition, columns)| {
        let same = numerator.only.iter().filter(|(_, own)| own == columns).map(|(own, _)| own);
        let own: Vec<&String> = same.collect();
        !own.contains(condition) && (own.is_empty() || own.iter().all(|own| excludes(own, condition)))
    });
    wider.map(|(condition, _)| format!("here only the denominator is restricted to {condition}"))
}

/// Two equalities of one column with different values: both start with `column = `.
fn excludes(one: &str, other: &str) -> bool {
    let equality = |text: &str| text.split_once(" = ").map(|(column, _)| column.to_owned());
    one != other && equality(one).is_some() && equality(one) == equality(other)
}

/// The aggregate behind a column of the result.
fn part(plan: &LogicalPlan, name: &str) -> Option<Part> {
    let at = plan.schema().fields().iter().position(|field| field.name() == name)?;
    let (Expr::AggregateFunction(call), input) = outermost(plan, at).ok()? else { return None };
    let argument = call.params.args.first()?;
    let (adds, case) = match call.func.name() {
        "count" => (Adds::Rows, None),
        "sum" => summand(argument, input),
        _ => return None,
    };
    let conditions = call.params.filter.iter().map(AsRef::as_ref).chain(case);
    let columns = |one: &Expr| one.column_refs().into_iter().map(|column| column.name.clone()).collect();
    let only = conditions.flat_map(split_conjunction).map(|one| (written(one), columns(one)));
    Some(Part { adds, only: only.collect() })
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
        Expr::Column(column) => match lineage::of_expr(&Expr::Column(column.clone()), input) {
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
