//! SQL that the engine does not take where it stands, named as it was written, not as the engine fails at it.

use super::{SqlFault, SqlPlace};
use crate::messages::engine_words::{OF_EXISTENCE, ONLY_IN_CONDITIONS};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Interval, Query, Select, SelectItem, Value, Visit, Visitor,
};
use std::ops::ControlFlow;

/// Every such piece of a query.
pub fn faults(query: &Query) -> Vec<SqlFault> {
    let mut search = Search { faults: Vec::new() };
    let _ = query.visit(&mut search);
    search.faults
}

struct Search {
    faults: Vec<SqlFault>,
}

impl Search {
    fn add(&mut self, at: &Expr, message: &str, help: &str) {
        let (message, help) = (message.to_owned(), Some(help.to_owned()));
        self.faults.push(SqlFault { place: SqlPlace::of(at), message, help });
    }
}

impl Visitor for Search {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                let mut inside = Existence::default();
                let _ = expr.visit(&mut inside);
                inside.found.iter().for_each(|found| self.add(found, ONLY_IN_CONDITIONS, OF_EXISTENCE));
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Some((at, message, help)) = fault(expr) {
            self.add(at, message, help);
        }
        ControlFlow::Continue(())
    }
}

/// Questions whether there are rows, in an expression but not in the queries within it.
#[derive(Default)]
struct Existence {
    depth: u32,
    found: Vec<Expr>,
}

impl Visitor for Existence {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.depth == 0 && matches!(expr, Expr::Exists { .. } | Expr::InSubquery { .. }) {
            self.found.push(expr.clone());
        }
        ControlFlow::Continue(())
    }
}

/// Where, what and what instead.
fn fault(expr: &Expr) -> Option<(&Expr, &'static str, &'static str)> {
    match expr {
        Expr::AtTimeZone { time_zone, .. } if !is_text(time_zone) => Some((
            expr,
            "AT TIME ZONE takes a zone that is written out, such as 'Europe/London', not a column",
            "a row's week at its site is `week`, that of another moment week_in(moment, timezone)",
        )),
        Expr::Interval(interval) if !is_written_out(interval) => Some((
            expr,
            "INTERVAL takes a length that is written out, such as INTERVAL '2 days'",
            "so many days are added to a date as a number: week + n; a length that a column holds is compared in seconds, with \
             EXTRACT(EPOCH FROM later - earlier)",
        )),
        Expr::BinaryOp { op: BinaryOperator::Overlaps, .. } => Some((
            expr,
            "OVERLAPS is not supported",
            "a and b overlap where a.starts_at < b.ends_at AND b.starts_at < a.ends_at",
        )),
        // The parser takes all that follows for what is compared with.
        Expr::IsDistinctFrom(_, with) | Expr::IsNotDistinctFrom(_, with) if is_joined(with) => Some((
            expr,
            "AND and OR behind IS DISTINCT FROM would be part of what is compared",
            "put the comparison in brackets: (a IS DISTINCT FROM b) AND …",
        )),
        Expr::RLike { expr, .. } => {
            Some((expr, "REGEXP and RLIKE are not supported", "match a pattern with x ~ 'pattern'"))
        }
        Expr::Collate { .. } => {
            Some((expr, "COLLATE is not supported", "texts are compared as they are; lower(x) levels case"))
        }
        Expr::Convert { .. } => Some((expr, "CONVERT is not supported", "write CAST(x AS TYPE)")),
        _ => None,
    }
}

/// Conditions that are joined, without brackets around them.
fn is_joined(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Xor, .. })
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_)))
}

/// Texts and numbers, and sums of these.
fn is_written_out(interval: &Interval) -> bool {
    fn literal(expr: &Expr) -> bool {
        match expr {
            Expr::Value(value) => matches!(value.value, Value::SingleQuotedString(_) | Value::Number(..)),
            Expr::UnaryOp { expr, .. } => literal(expr),
            Expr::BinaryOp { left, right, op: BinaryOperator::Plus | BinaryOperator::Minus } => {
                literal(left) && literal(right)
            }
            _ => false,
        }
    }
    interval.last_field.is_none() && literal(&interval.value)
}
