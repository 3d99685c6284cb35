//! The SELECT of a query file: planned against the views' columns before it ever runs.

use super::{
    Planner, answers, clocks,
    columns::{self, At},
    fault::{Faults, Place},
    negations, order,
    reads::{self, Reads},
    refused,
    split::Halves,
    tokens::Tokens,
    unknown_names, words,
};
use crate::impure;
use contracts::Contracts;
use datafusion::{
    logical_expr::LogicalPlan,
    sql::sqlparser::{
        ast::{Query, SetExpr, Spanned},
        tokenizer::{Location, Span},
    },
};
use evaluation::{
    dates,
    statement::{self, SqlFault, SqlPlace},
    unsupported,
};
use indicators::Metric;
use jiff::Timestamp;

/// Checks the SELECT, and where there is a declaration also against that. Gives the tables that it reads, and which columns
/// of each.
pub(super) async fn check(
    metric: Option<&Metric>,
    halves: &Halves<'_>,
    planner: &Planner,
    faults: &mut Faults<'_>,
) -> Option<Reads> {
    let tokens = Tokens::of(&halves.padded_sql);
    let end = || Place { line: halves.padded_sql.matches('\n').count() + 1, column: 1, width: 1 };
    let start = tokens.first().and_then(SqlPlace::spanning).map_or_else(end, here);
    let query = match parsed(halves, &tokens) {
        Ok(query) => query,
        Err(fault) => {
            faults.at_line(fault.place.map_or(start, here), fault.message, fault.help);
            return None;
        }
    };
    let mut found = impure::written(&query, &planner.state);
    for fault in &mut found {
        fault.place = fault.place.map(|place| call_at(place, &tokens));
    }
    found.extend(refused::faults(&query, &tokens));
    found.extend(unsupported::faults(&query));
    let refused = !found.is_empty();
    let planned = unknown_names::plan(query.clone(), &planner.state, &planner.offered).await;
    let mut read = None;
    match planned {
        Ok(planned) => {
            let reads = reads::of(&planned, &planner.contracts);
            if found.is_empty() {
                found.extend(impure::planned(&planned.written));
            }
            found.extend(order::faults(&planned.written, &query, &tokens, &planner.state));
            found.extend(words::faults(&planned.written, &planner.contracts));
            found.extend(dates::faults(&planned.written));
            found.extend(clocks::faults(&planned.written, &planner.contracts));
            found.extend(negations::faults(&planned.written));
            found.extend(beyond_the_text(metric, &planned.written, &query, &tokens, &reads, &planner.contracts));
            read = Some(reads);
        }
        // What is refused anyway may be what the planner stumbles over.
        Err(more) => {
            found.extend(more.into_iter().filter(|fault| !refused || fault.message.starts_with("there is no")))
        }
    }
    for mut fault in found {
        let named = || tokens.find(fault.message.split('`').nth(1)?).and_then(SqlPlace::spanning);
        fault.place = fault.place.or_else(named);
        faults.at_line(fault.place.map_or(start, here), fault.message, fault.help);
    }
    read
}

/// Faults of the plan against the declaration.
fn beyond_the_text(
    metric: Option<&Metric>,
    plan: &LogicalPlan,
    query: &Query,
    tokens: &Tokens,
    reads: &Reads,
    contracts: &Contracts,
) -> Vec<SqlFault> {
    let select = select_span(query);
    let items = tokens.items(select.start);
    let mut found = Vec::new();
    let mut add = |at: At, message: String| {
        let whole = items.len() == plan.schema().fields().len(); // no `*` among them
        let place = match at {
            At::Column(column) if whole => items[column],
            At::Span(Some(span)) => statement::sql_span(span),
            At::Column(_) | At::Span(None) | At::Select => select,
        };
        found.push(SqlFault { place: SqlPlace::spanning(place), message, help: None });
    };
    if let Some(metric) = metric {
        columns::check(metric, plan, contracts, &mut add);
    }
    if reads::streams(reads, contracts).is_empty() {
        add(At::Select, "the query reads no stream: nothing would ever make it change".to_owned());
    }
    if let Some(fault) = metric.and_then(|metric| answers::unprotected(metric, query, reads, contracts)) {
        found.push(fault);
    }
    found
}

/// The keyword of the outermost SELECT.
fn select_span(query: &Query) -> Span {
    match query.body.as_ref() {
        SetExpr::Select(select) => select.select_token.0.span,
        other => other.span(),
    }
}

/// A call's place with its brackets.
fn call_at(place: SqlPlace, tokens: &Tokens) -> SqlPlace {
    let (start, end) = ((place.line, place.column), (place.line, place.column.saturating_add(place.width)));
    let span = Span::new(Location { line: start.0, column: start.1 }, Location { line: end.0, column: end.1 });
    SqlPlace::spanning(tokens.call(span)).unwrap_or(place)
}

fn parsed(halves: &Halves<'_>, tokens: &Tokens) -> Result<Query, SqlFault> {
    if halves.sql.is_empty() {
        return Err(SqlFault::new("the SELECT is missing: it follows the front matter"));
    }
    let mut query = statement::one_query(&halves.padded_sql).map_err(|fault| {
        let second = (fault.message == statement::MORE_THAN_ONE).then(|| tokens.after_semicolon()).flatten();
        SqlFault { place: fault.place.or_else(|| second.and_then(SqlPlace::spanning)), ..fault }
    })?;
    if !matches!(*query.body, SetExpr::Select(_)) {
        return Err(SqlFault::new("the query must be one SELECT … GROUP BY; put UNION and VALUES inside it"));
    }
    statement::bind_clock(&mut query, Timestamp::UNIX_EPOCH)?;
    Ok(query)
}

/// A place in the padded SQL, which is the same in the file.
fn here(place: SqlPlace) -> Place {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Place { line: number(place.line), column: number(place.column), width: number(place.width) }
}
