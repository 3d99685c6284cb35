//! Syntax that a metric query must not use, whatever the planner would make of it.

use super::tokens::Tokens;
use datafusion::sql::sqlparser::{
    ast::{Distinct, Expr, LimitClause, ObjectName, Query, Select, SetExpr, Spanned, TableFactor, Visit, Visitor},
    tokenizer::Span,
};
use evaluation::statement::{ONLY_SELECT, SqlFault, SqlPlace};
use std::ops::ControlFlow;

/// Every fault of this kind.
pub(super) fn faults(query: &Query, tokens: &Tokens) -> Vec<SqlFault> {
    let mut refused = Refused { tokens, faults: Vec::new() };
    let _ = query.visit(&mut refused);
    refused.faults
}

struct Refused<'a> {
    tokens: &'a Tokens,
    faults: Vec<SqlFault>,
}

impl Refused<'_> {
    fn at(&mut self, span: Span, message: impl Into<String>) {
        self.faults.push(SqlFault { place: SqlPlace::spanning(span), message: message.into(), help: None });
    }

    fn table_function(&mut self, name: &ObjectName) {
        let place = self.tokens.call(name.span());
        let message = format!("`{name}(…)` makes or reads rows of its own: a query reads streams and reference tables");
        self.at(place, message);
    }

    fn limited(&mut self, query: &Query) {
        let limits = match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit: None, offset: None, limit_by }) if limit_by.is_empty() => None,
            Some(limits) => Some(limits.span()),
            None => query.fetch.as_ref().map(Spanned::span),
        };
        if let Some(span) = limits {
            let place = self.tokens.with_word_before(span);
            self.at(place, "LIMIT and OFFSET take rows by chance: filter instead");
        }
    }
}

impl Visitor for Refused<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let Some(with) = query.with.as_ref().filter(|with| with.recursive) {
            self.at(with.with_token.0.span, "WITH RECURSIVE makes rows of its own and may never end");
        }
        self.limited(query);
        if let SetExpr::Select(select) = query.body.as_ref()
            && let Some(Distinct::On(by)) = &select.distinct
            && query.order_by.is_none()
            && let Some(first) = by.first()
        {
            self.at(first.span(), "DISTINCT ON without ORDER BY takes rows by chance: order them by a key");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if let Some(into) = &select.into {
            self.at(into.span(), ONLY_SELECT);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        match table {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => {
                self.table_function(name);
            }
            TableFactor::TableFunction { expr: Expr::Function(call), .. } => self.table_function(&call.name),
            TableFactor::Table { sample: Some(_), .. } | TableFactor::Derived { sample: Some(_), .. } => {
                self.at(table.span(), "TABLESAMPLE takes rows by chance: filter instead");
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_) => {
                let message =
                    "totals beside their parts do not add up: group by week and the labels, the engine rolls up";
                self.at(expr.span(), message);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
