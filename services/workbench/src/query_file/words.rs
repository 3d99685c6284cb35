//! Values that a column never has: its contract names all that it takes.

use super::origin;
use contracts::Contracts;
use datafusion::logical_expr::{Expr, LogicalPlan, Operator};
use evaluation::{near::did_you_mean, statement::SqlFault, walk};

/// Every comparison of such a column, as it is stored, with a text that it never holds.
pub(super) fn faults(plan: &LogicalPlan, contracts: &Contracts) -> Vec<SqlFault> {
    let mut found = Vec::new();
    walk::expressions(plan, |expr, inputs| {
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
    let origin = inputs.iter().find_map(|input| origin::of_expr(expr, input))?;
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
