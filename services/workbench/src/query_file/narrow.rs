//! Where an error of the engine comes from that does not say so itself.

use super::unknown_names::plan_to_the_end;
use datafusion::{
    execution::session_state::SessionState,
    sql::sqlparser::{
        ast::{Expr, Query, Spanned, Value, visit_expressions_mut},
        tokenizer::Span,
    },
};
use std::ops::ControlFlow;

/// Longer queries are not searched.
const MOST: usize = 300;

/// The shortest expression without which, NULL in its place, the query can be planned.
pub(super) async fn culprit(query: &Query, state: &SessionState) -> Option<Span> {
    let mut spans = Vec::new();
    let _ = visit_expressions_mut(&mut query.clone(), |expr: &mut Expr| {
        spans.push(expr.span());
        ControlFlow::<()>::Continue(())
    });
    if spans.len() > MOST {
        return None;
    }
    let mut numbered: Vec<(usize, Span)> = spans.into_iter().enumerate().filter(|(_, s)| s.start.line > 0).collect();
    numbered.sort_by_key(|(_, span)| (span.end.line - span.start.line, span.end.column.abs_diff(span.start.column)));
    for (number, span) in numbered {
        if plan_to_the_end(without(query, number), state).await.is_ok() {
            return Some(span);
        }
    }
    None
}

/// The query with NULL in the place of its expression of that number.
fn without(query: &Query, number: usize) -> Query {
    let (mut query, mut at) = (query.clone(), 0);
    let _ = visit_expressions_mut(&mut query, |expr: &mut Expr| {
        let found = at == number;
        at += 1;
        if found {
            *expr = Expr::Value(Value::Null.into());
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    query
}
