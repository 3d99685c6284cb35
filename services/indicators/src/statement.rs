//! SQL text → exactly one SELECT, with `$as_of` bound.

use datafusion::{
    error::DataFusionError,
    logical_expr::LogicalPlan,
    prelude::{DataFrame, SQLOptions, SessionContext},
    sql::{
        parser::{DFParserBuilder, Statement},
        sqlparser::{
            ast::{
                Expr, Query, SetExpr, Spanned, Statement as SqlStatement, Value, visit_expressions,
                visit_expressions_mut,
            },
            dialect::GenericDialect,
            parser::{Parser, ParserError},
        },
    },
};
use jiff::Timestamp;
use std::ops::ControlFlow;

/// A fault in SQL text, with the place in it where it is known (both from 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqlFault {
    pub line: Option<u64>,
    pub column: Option<u64>,
    pub message: String,
}

impl SqlFault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { line: None, column: None, message: message.into() }
    }
    pub(crate) fn at(place: &impl Spanned, message: impl Into<String>) -> Self {
        let start = place.span().start;
        let known = start.line > 0;
        Self { line: known.then_some(start.line), column: known.then_some(start.column), message: message.into() }
    }
    /// From a planning error: the engine's own diagnosis where it gives one.
    pub(crate) fn of(error: &DataFusionError) -> Self {
        let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
        let message = match error.find_root() {
            DataFusionError::SQL(parser, _) => match parser.as_ref() {
                ParserError::ParserError(message) | ParserError::TokenizerError(message) => message.clone(),
                ParserError::RecursionLimitExceeded => "the query is nested too deeply".to_owned(),
            },
            other => other.strip_backtrace(),
        };
        match span {
            Some(span) => Self { line: Some(span.start.line), column: Some(span.start.column), message },
            None => Self::located(message),
        }
    }
    /// The parser says where in its text: `… at Line: 3, Column: 7`.
    fn located(message: String) -> Self {
        let place = message.rsplit_once(" at Line: ").and_then(|(_, place)| {
            let (line, column) = place.split_once(", Column: ")?;
            let column: String = column.chars().take_while(char::is_ascii_digit).collect();
            Some((line.parse().ok()?, column.parse().ok()?))
        });
        let message = message.split(" at Line: ").next().unwrap_or_default().to_owned();
        Self { line: place.map(|p| p.0), column: place.map(|p| p.1), message }
    }
}

/// Parses text that must be one query and nothing else.
pub(crate) fn one_query(sql: &str) -> Result<Query, SqlFault> {
    let dialect = GenericDialect {};
    let parsed =
        DFParserBuilder::new(sql).with_dialect(&dialect).build().and_then(|mut parser| parser.parse_statements());
    let mut statements = parsed.map_err(|error| SqlFault::of(&error))?;
    let (Some(statement), None) = (statements.pop_front(), statements.pop_front()) else {
        return Err(SqlFault::new("expected exactly one SELECT"));
    };
    match statement {
        Statement::Statement(statement) => match *statement {
            SqlStatement::Query(query) if reads_only(&query.body) => Ok(*query),
            other => Err(SqlFault::at(&other, "only SELECT is allowed: nothing may be created, changed or set")),
        },
        _ => Err(SqlFault::new("only SELECT is allowed: nothing may be created, changed or set")),
    }
}

fn reads_only(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Query(query) => reads_only(&query.body),
        SetExpr::SetOperation { left, right, .. } => reads_only(left) && reads_only(right),
        SetExpr::Values(_) => true,
        _ => false,
    }
}

/// Faults of calls whose result depends on more than their arguments: `$as_of` is the only clock, and nothing is random.
pub(crate) fn impure_calls(query: &Query, ctx: &SessionContext) -> Vec<SqlFault> {
    let state = ctx.state();
    let mut faults = Vec::new();
    let _ = visit_expressions(query, |expr: &Expr| {
        if let Expr::Function(function) = expr {
            let name = function.name.to_string().to_lowercase();
            let pure = datafusion::logical_expr::Volatility::Immutable;
            if state.scalar_functions().get(&name).is_some_and(|udf| udf.signature().volatility != pure) {
                let message = format!("`{name}` gives another result each time: the only clock is $as_of");
                faults.push(SqlFault::at(&function.name, message));
            }
        }
        ControlFlow::<()>::Continue(())
    });
    faults
}

/// Puts the clock in the place of `$as_of`. Any other placeholder is a fault.
pub(crate) fn bind_clock(query: &mut Query, as_of: Timestamp) -> Result<(), SqlFault> {
    let micros = Timestamp::from_microsecond(as_of.as_microsecond()).unwrap_or(as_of);
    let literal = format!("arrow_cast('{micros}', 'Timestamp(Microsecond, Some(\"UTC\"))')");
    let clock = Parser::new(&GenericDialect {})
        .try_with_sql(&literal)
        .and_then(|mut parser| parser.parse_expr())
        .map_err(|error| SqlFault::new(error.to_string()))?;
    let flow = visit_expressions_mut(query, |expr: &mut Expr| {
        if let Expr::Value(value) = expr
            && let Value::Placeholder(name) = &value.value
        {
            if name != "$as_of" {
                return ControlFlow::Break(SqlFault::at(
                    value,
                    format!("unknown parameter {name}: there is only $as_of"),
                ));
            }
            *expr = clock.clone();
        }
        ControlFlow::Continue(())
    });
    match flow {
        ControlFlow::Break(fault) => Err(fault),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// Plans a query that reads, and nothing else.
pub(crate) async fn plan(query: Query, ctx: &SessionContext) -> Result<LogicalPlan, DataFusionError> {
    let statement = Statement::Statement(Box::new(SqlStatement::Query(Box::new(query))));
    let plan = ctx.state().statement_to_plan(statement).await?;
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    options.verify_plan(&plan)?;
    Ok(plan)
}

/// A plan with its session, ready to run.
pub(crate) fn frame(plan: LogicalPlan, ctx: &SessionContext) -> DataFrame {
    DataFrame::new(ctx.state(), plan)
}
