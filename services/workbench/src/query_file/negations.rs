//! Negations of what can be NULL: `x <> 'a'` is neither true nor false of a row without x, and the row is silently left out.

use super::origin;
use datafusion::{
    common::{Column, DFSchema},
    logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, utils::merge_schema},
};
use evaluation::{
    dates,
    statement::{SqlFault, SqlPlace, sql_span},
    walk,
};
use std::collections::BTreeSet;

/// Every such negation of a column of a table, unless the query says elsewhere what it makes of the column's NULLs.
pub(super) fn faults(plan: &LogicalPlan) -> Vec<SqlFault> {
    let (mut found, mut said) = (Vec::new(), BTreeSet::new());
    walk::expressions(plan, |expr, inputs| {
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
    found.into_iter().map(|(column, negation)| fault(&column, negation)).collect()
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
        can_be && inputs.iter().any(|input| origin::of_expr(&column, input).is_some())
    };
    columns.into_iter().find(|column| of_table(column)).cloned()
}

/// The column that a subquery gives, where it can be NULL: then nothing is outside of what it gives.
fn of_subquery(expr: &Expr) -> Option<Column> {
    let Expr::InSubquery(query) = expr else { return None };
    let plan = query.subquery.subquery.as_ref();
    let (_, field) = plan.schema().qualified_field(0);
    let of_table = origin::origin(plan, 0).filter(|_| field.is_nullable())?;
    Some(Column::new_unqualified(of_table.column))
}

fn fault(column: &Column, negation: &str) -> SqlFault {
    let name = &column.name;
    let place = column.spans().first().and_then(|span| SqlPlace::spanning(sql_span(span)));
    let (message, help) = if negation.contains("SELECT") {
        let message = format!("`{name}` can be NULL: one such row, and {negation} is true of nothing");
        (message, format!("add WHERE {name} IS NOT NULL within, or write NOT EXISTS (…)"))
    } else {
        let message = format!("`{name}` can be NULL: {negation} leaves out the rows where it is");
        let keep = format!("({name} IS DISTINCT FROM …)");
        (
            message,
            format!("write {keep} (or … OR {name} IS NULL) to keep them, {name} IS NOT NULL AND … to leave them out"),
        )
    };
    SqlFault { place, message, help: Some(help) }
}
