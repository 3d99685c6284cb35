//! Conditions that say less than they seem to. A value that a column never has: its contract names all that it takes. A
//! negation of what can be NULL: `x <> 'a'` is neither true nor false of a row without x, and the row is silently left out.

use super::lineage;
use contracts::Contracts;
use datafusion::{
    common::{Column, DFSchema},
    logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, utils::merge_schema},
};
use evaluation::{
    messages::did_you_mean,
    statement::{SqlFault, SqlPlace, dates, expressions, sql_span},
};
use std::collections::BTreeSet;

/// Every comparison of such a column, as it is stored, with a text that it never holds.
pub(super) fn unknown_values(plan: &LogicalPlan, contracts: &Contracts) -> Vec<SqlFault> {
    let mut found = Vec::new();
    expressions(plan, |expr, inputs| {
        let compared = compared(expr).into_iter();
        found.extend(compared.filter_map(|(column, text)| never(column, text, inputs, contracts)));
    });
    found
}

/// What is compared with which texts.
fn compared(expr: &Expr) -> Vec<(&Expr, &str)> {
    match expr {
        Expr::BinaryExpr(binary) if matches!(binary.op, Operator::Eq | Operator::NotEq) => {
            let sides = [(&binary.left, &binary.right), (&binary.right, &binary.left)];
            sides.into_iter().filter_map(|(one, other)| Some((one.as_ref(), text(other)?))).collect()
        }
        Expr::InList(list) => list.list.iter().filter_map(text).map(|text| (list.expr.as_ref(), text)).collect(),
        Expr::Case(case) => {
            let Some(what) = &case.expr else { return Vec::new() };
            case.when_then_expr.iter().filter_map(|(when, _)| Some((what.as_ref(), text(when)?))).collect()
        }
        _ => Vec::new(),
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        _ => None,
    }
}

fn never(expr: &Expr, text: &str, inputs: &[&LogicalPlan], contracts: &Contracts) -> Option<SqlFault> {
    let origin = inputs.iter().find_map(|input| lineage::of_expr(expr, input))?;
    let fields = contracts.get(&origin.table)?.fields();
    let choices = &fields.iter().find(|field| field.name == origin.column)?.choices;
    if choices.is_empty() || choices.iter().any(|choice| choice == text) {
        return None;
    }
    let known = || format!("`{}` takes: {}", origin.column, choices.join(", "));
    Some(SqlFault {
        place: None, // the engine keeps none of literals: it is found by the words between the first quotes
        message: format!("`'{text}'` is never in column `{}` of `{}`", origin.column, origin.table),
        help: Some(did_you_mean(text, choices.iter().map(String::as_str)).unwrap_or_else(known)),
    })
}

/// Every such negation of a column of a table, unless the query says elsewhere what it makes of the column's NULLs.
pub(super) fn negations(plan: &LogicalPlan) -> Vec<SqlFault> {
    let (mut found, mut said) = (Vec::new(), BTreeSet::new());
    expressions(plan, |expr, inputs| {
        if let Expr::IsNull(tested) | Expr::IsNotNull(tested) = expr {
            said.extend(tested.column_refs().into_iter().map(|column| column.name.clone()));
        }
        if let Some((negation, negated)) = negated(expr) {
            let schema = merge_schema(inputs);
            found.extend(negated.into_iter().find_map(|side| {
                let column = nullable(side, &schema, inputs)?;
                Some((column, negation))
            }));
            found.extend(of_subquery(expr).map(|column| (column, "NOT IN (SELECT …)")));
        }
    });
    found.retain(|(column, _)| !said.contains(&column.name));
    found.into_iter().map(|(column, negation)| leaves_out(&column, negation)).collect()
}

/// How it is negated, and what.
fn negated(expr: &Expr) -> Option<(&'static str, Vec<&Expr>)> {
    match expr {
        Expr::BinaryExpr(binary) => {
            let negation = match binary.op {
                Operator::NotEq => "<>",
                Operator::RegexNotMatch | Operator::RegexNotIMatch => "!~",
                _ => return None,
            };
            Some((negation, vec![&binary.left, &binary.right]))
        }
        Expr::Not(inner) => match inner.as_ref() {
            Expr::BinaryExpr(binary) if dates::compares(binary.op) && !is_exact(binary.op) => {
                Some(("NOT", vec![&binary.left, &binary.right]))
            }
            Expr::InList(list) => Some(("NOT", vec![&list.expr])),
            Expr::Like(like) | Expr::SimilarTo(like) => Some(("NOT", vec![&like.expr])),
            Expr::Between(between) => Some(("NOT", vec![&between.expr])),
            _ => None,
        },
        Expr::InList(list) if list.negated => Some(("NOT IN", vec![&list.expr])),
        Expr::InSubquery(query) if query.negated => Some(("NOT IN", vec![&query.expr])),
        Expr::Like(like) | Expr::SimilarTo(like) if like.negated => Some(("NOT LIKE", vec![&like.expr])),
        Expr::Between(between) if between.negated => Some(("NOT BETWEEN", vec![&between.expr])),
        _ => None,
    }
}

/// Operators to which NULL is a value.
fn is_exact(op: Operator) -> bool {
    matches!(op, Operator::IsDistinctFrom | Operator::IsNotDistinctFrom)
}

/// The column of a table for whose NULLs the expression is NULL.
fn nullable(expr: &Expr, schema: &DFSchema, inputs: &[&LogicalPlan]) -> Option<Column> {
    if !expr.nullable(schema).is_ok_and(|nullable| nullable) {
        return None;
    }
    let mut columns: Vec<&Column> = expr.column_refs().into_iter().collect();
    columns.sort();
    let of_table = |column: &Column| {
        let column = Expr::Column(column.clone());
        let can_be = column.nullable(schema).is_ok_and(|nullable| nullable);
        can_be && inputs.iter().any(|input| lineage::of_expr(&column, input).is_some())
    };
    columns.into_iter().find(|column| of_table(column)).cloned()
}

/// The column that a subquery returns, where it can be NULL: then no value is outside of what it returns.
fn of_subquery(expr: &Expr) -> Option<Column> {
    let Expr::InSubquery(query) = expr else { return None };
    let plan = query.subquery.subquery.as_ref();
    let (_, field) = plan.schema().qualified_field(0);
    let of_table = lineage::origin(plan, 0).filter(|_| field.is_nullable())?;
    Some(Column::new_unqualified(of_table.column))
}

fn leaves_out(column: &Column, negation: &str) -> SqlFault {
    let name = &column.name;
    let place = column.spans().first().and_then(|span| SqlPlace::spanning(sql_span(span)));
    let (message, help) = if negation.contains("SELECT") {
        let message = format!("`{name}` can be NULL: with one such row {negation} is true for no row at all");
        (message, format!("add WHERE {name} IS NOT NULL inside it, or write NOT EXISTS (…)"))
    } else {
        let message = format!("`{name}` can be NULL: {negation} drops the rows where it is NULL");
        let keep = format!("({name} IS DISTINCT FROM …)");
        (
            message,
            format!(
                "write {keep} (or … OR {name} IS NULL) to keep them, {name} IS NOT NULL AND … to drop them on purpose"
            ),
        )
    };
    SqlFault { place, message, help: Some(help) }
}
