//! Every unknown table, column and function of a query: the planner stops at the first one.

use crate::{
    near::did_you_mean,
    statement::{self, SqlFault},
};
use datafusion::{
    common::SchemaError,
    error::DataFusionError,
    logical_expr::LogicalPlan,
    prelude::SessionContext,
    sql::sqlparser::ast::{Expr, ObjectName, Query, Spanned, Value, Visit, Visitor, visit_expressions_mut},
};
use std::{collections::BTreeSet, ops::ControlFlow};

/// More than so many faults of one query help nobody.
const MOST: usize = 20;

/// Plans a query, or tells what is wrong with it.
pub(super) async fn plan(mut query: Query, ctx: &SessionContext) -> Result<LogicalPlan, Vec<SqlFault>> {
    let mut faults = unknown_tables(&query, ctx);
    while faults.len() < MOST {
        let error = match statement::plan(query.clone(), ctx).await {
            Ok(plan) if faults.is_empty() => return Ok(plan),
            Ok(_) => break,
            Err(error) => error,
        };
        let named = unknown(&error);
        // What follows from a name that was taken out is no fault of the author's.
        if faults.is_empty() || named {
            faults.push(SqlFault::of(&error));
        }
        if !named || !take_out(&mut query, &error) {
            break;
        }
    }
    Err(faults)
}

/// Whether the planner missed a column or a function.
fn unknown(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::SchemaError(fault, _) => matches!(fault.as_ref(), SchemaError::FieldNotFound { .. }),
        other => other.strip_backtrace().contains("Invalid function '"),
    }
}

/// Puts NULL where the planner stopped, so that it comes to the next fault. `false` where that place is not known.
fn take_out(query: &mut Query, error: &DataFusionError) -> bool {
    let Some(at) = error.diagnostic().and_then(|diagnostic| diagnostic.span).map(|span| span.start) else {
        return false;
    };
    let flow = visit_expressions_mut(query, |expr: &mut Expr| {
        let start = match expr {
            Expr::Identifier(ident) => ident.span.start,
            Expr::CompoundIdentifier(_) => expr.span().start,
            Expr::Function(function) => function.name.span().start,
            _ => return ControlFlow::Continue(()),
        };
        if (start.line, start.column) != (at.line, at.column) {
            return ControlFlow::Continue(());
        }
        *expr = Expr::Value(Value::Null.into());
        ControlFlow::Break(())
    });
    flow.is_break()
}

/// Tables that neither the session nor the query itself has.
fn unknown_tables(query: &Query, ctx: &SessionContext) -> Vec<SqlFault> {
    let mut names = Names::default();
    let _ = query.visit(&mut names);
    let mut offered =
        ctx.catalog("datafusion").and_then(|c| c.schema("public")).map_or_else(Vec::new, |s| s.table_names());
    offered.sort_unstable();
    let functions = ctx.state().table_functions().keys().cloned().collect::<BTreeSet<_>>();
    let mut faults = Vec::new();
    for table in names.tables {
        let name = table.to_string().to_lowercase();
        if offered.contains(&name) || names.own.contains(&name) || functions.contains(&name) {
            continue;
        }
        let all = || format!("there are {}", offered.join(", "));
        let help = did_you_mean(&name, offered.iter().chain(&names.own).map(String::as_str)).unwrap_or_else(all);
        let fault = SqlFault::at(&table, format!("there is no table `{table}`"));
        faults.push(SqlFault { help: Some(help), ..fault });
    }
    faults
}

/// Tables that a query reads by a simple name, and those that its WITH clauses make.
#[derive(Default)]
struct Names {
    tables: Vec<ObjectName>,
    own: BTreeSet<String>,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let made = query.with.iter().flat_map(|with| &with.cte_tables);
        self.own.extend(made.map(|table| table.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        if relation.0.len() == 1 {
            self.tables.push(relation.clone());
        }
        ControlFlow::Continue(())
    }
}
