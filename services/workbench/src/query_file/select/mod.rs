//! The SELECT of a query file: planned against the views' columns before it ever runs.
//!
//! ```text
//! text ─parsed─► Query ─syntax, planning─► plan ┬─ reads ─► tables and columns
//!                                               ├─ order, conditions, clocks ─► faults of expressions
//!                                               └─ columns (by their lineage) ─► faults against the declaration
//! ```
//!
//! It is parsed once. What is refused whatever it means is found on the text, names that are not there while planning, all
//! else on the plan.

mod clocks;
mod columns;
mod conditions;
mod joins;
mod lineage;
mod order;
mod planning;
mod promise;
mod reads;
mod syntax;

pub(super) use planning::Planner;
pub(super) use reads::{Reads, streams};

use super::{
    fault::{Faults, Place, QueryFileError},
    front_matter::Halves,
};
use crate::calls;
use columns::At;
use contracts::Contracts;
use datafusion::{
    logical_expr::LogicalPlan,
    sql::sqlparser::{
        ast::{Query, SetExpr, Spanned},
        tokenizer::{Location, Span},
    },
};
use evaluation::statement::{self, SqlFault, SqlPlace, dates, unsupported};
use indicators::{Kind, Metric};
use jiff::Timestamp;
use std::sync::Arc;
use syntax::Tokens;

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
    let start = tokens.first().and_then(SqlPlace::spanning).map_or_else(end, Place::from);
    let query = match parsed(halves, &tokens) {
        Ok(query) => query,
        Err(fault) => {
            faults.at_line(fault.place.map_or(start, Place::from), fault.message, fault.help);
            return None;
        }
    };
    let mut found = calls::impure_calls(&query, &planner.state);
    for fault in &mut found {
        fault.place = fault.place.map(|place| call_at(place, &tokens));
    }
    found.extend(syntax::refused(&query, &tokens));
    found.extend(unsupported::faults(&query));
    let refused = !found.is_empty();
    let planned = planning::plan(query.clone(), &planner.state, &planner.offered).await;
    let mut read = None;
    match planned {
        Ok(plan) => {
            let reads = reads::of(&plan, &planner.state, &planner.contracts);
            if found.is_empty() {
                found.extend(calls::impure_in_plan(&plan));
            }
            found.extend(order::faults(&plan, &query, &tokens, &planner.state));
            found.extend(conditions::unknown_values(&plan, &planner.contracts));
            found.extend(dates::faults(&plan));
            found.extend(clocks::faults(&plan, &planner.contracts));
            found.extend(conditions::negations(&plan));
            found.extend(beyond_the_text(metric, &plan, &query, &tokens, &reads, &planner.contracts));
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
        faults.at_line(fault.place.map_or(start, Place::from), fault.message, fault.help);
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
        add(
            At::Select,
            "the query reads no stream, only reference tables: no event would ever cause it to be computed again"
                .to_owned(),
        );
    }
    if let Some(fault) = metric.and_then(|metric| reads::unprotected(metric, query, reads, contracts)) {
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

/// What is no fault of these metrics, but in doubt: a ratio that may be above 1, rows that a join may count several times.
/// What cannot be seen cheaply is trusted.
///
/// # Errors
/// When the engine cannot be set up.
pub async fn doubts(
    metrics: &[Arc<Metric>],
    contracts: &Contracts,
) -> Result<Vec<(Arc<Metric>, String)>, QueryFileError> {
    let planner = Planner::new(contracts).map_err(|error| QueryFileError::Engine(error.strip_backtrace()))?;
    let mut doubts = Vec::new();
    for metric in metrics {
        let Some(plan) = planned_again(metric, &planner).await else { continue };
        let ratio = if metric.kind == Kind::Ratio { promise::doubt(&plan) } else { None };
        let join = joins::doubt(metric, &plan, contracts);
        doubts.extend(ratio.into_iter().chain(join).map(|doubt| (Arc::clone(metric), doubt)));
    }
    Ok(doubts)
}

/// The plan of a metric without a fault.
async fn planned_again(metric: &Metric, planner: &Planner) -> Option<LogicalPlan> {
    let mut query = statement::one_query(&metric.sql).ok()?;
    statement::bind_clock(&mut query, Timestamp::UNIX_EPOCH).ok()?;
    statement::plan_in(query, &planner.state).await.ok()
}
