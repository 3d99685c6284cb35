//! Dates that are compared with numbers: without quotes 2026-06-01 is 2019. (Times the engine itself refuses.)

use crate::{
    statement::{SqlFault, SqlPlace, sql_span},
    walk,
};
use arrow::datatypes::DataType;
use datafusion::{
    logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, utils::merge_schema},
    scalar::ScalarValue,
};

/// Every such comparison.
pub(crate) fn faults(plan: &LogicalPlan) -> Vec<SqlFault> {
    let mut found = Vec::new();
    walk::expressions(plan, |expr, inputs| {
        for (date, number) in compared(expr) {
            let schema = merge_schema(inputs);
            let is = |expr: &Expr, wanted: fn(&DataType) -> bool| expr.get_type(&schema).is_ok_and(|of| wanted(&of));
            if is(date, |of| *of == DataType::Date32) && is(number, DataType::is_numeric) {
                found.push(fault(date, number));
            }
        }
    });
    found
}

/// What is compared with what, both ways.
fn compared(expr: &Expr) -> Vec<(&Expr, &Expr)> {
    let pairs: Vec<(&Expr, &Expr)> = match expr {
        Expr::BinaryExpr(binary) if compares(binary.op) => vec![(&binary.left, &binary.right)],
        Expr::Between(between) => vec![(&between.expr, &between.low), (&between.expr, &between.high)],
        Expr::InList(list) => list.list.iter().map(|one| (list.expr.as_ref(), one)).collect(),
        _ => Vec::new(),
    };
    pairs.into_iter().flat_map(|(one, other)| [(one, other), (other, one)]).collect()
}

/// Whether an operator compares two values.
pub(crate) fn compares(op: Operator) -> bool {
    use Operator::*;
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

fn fault(date: &Expr, number: &Expr) -> SqlFault {
    let place = date.column_refs().iter().find_map(|column| column.spans().first());
    let example = written(number).unwrap_or_else(|| "2026-06-01".to_owned());
    SqlFault {
        place: place.and_then(|span| SqlPlace::spanning(sql_span(span))),
        message: format!("`{}` is a date and is compared with a number", date.qualified_name().1),
        help: Some(format!("write DATE '{example}'")),
    }
}

/// The date that was meant by a year less a month less a day.
fn written(expr: &Expr) -> Option<String> {
    let minus = |expr: &Expr| match expr {
        Expr::BinaryExpr(binary) if binary.op == Operator::Minus => Some((*binary.left.clone(), *binary.right.clone())),
        _ => None,
    };
    let (rest, day) = minus(expr)?;
    let (year, month) = minus(&rest)?;
    let (year, month, day) = (integer(&year)?, integer(&month)?, integer(&day)?);
    jiff::civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?)
        .ok()
        .map(|date| date.to_string())
}

fn integer(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::Int64(number), _) => *number,
        _ => None,
    }
}
