//! SQL text → exactly one SELECT, with `$as_of` bound → a plan that only reads.
//!
//! The modules below find what a statement or its plan may not hold.

pub mod dates;
pub mod unsupported;

use crate::messages::{did_you_mean, engine_words};
use datafusion::{
    common::{
        SchemaError,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    error::DataFusionError,
    execution::session_state::SessionState,
    logical_expr::{self, LogicalPlan},
    prelude::{DataFrame, SQLOptions, SessionContext},
    sql::{
        parser::{DFParserBuilder, Statement},
        sqlparser::{
            ast::{
                Expr, ObjectNamePart, Query, SetExpr, Spanned, Statement as SqlStatement, Value, visit_expressions_mut,
            },
            dialect::GenericDialect,
            parser::{Parser, ParserError},
            tokenizer::{Location, Span},
        },
    },
};
use jiff::Timestamp;
use std::ops::ControlFlow;

/// A fault in SQL text, with the place in it where it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlFault {
    /// Where, if it is known.
    pub place: Option<SqlPlace>,
    /// What is wrong.
    pub message: String,
    /// What would be right, where that is known.
    pub help: Option<String>,
}

/// Line and column from 1, and how many characters of that line, where it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlPlace {
    /// From 1.
    pub line: u64,
    /// From 1.
    pub column: u64,
    /// Characters of that line.
    pub width: u64,
}

impl SqlPlace {
    /// Where a piece of syntax stands; `None` for what the parser did not track.
    pub fn of(syntax: &impl Spanned) -> Option<Self> {
        Self::spanning(syntax.span())
    }
    /// The place of a span of the parser.
    pub fn spanning(span: Span) -> Option<Self> {
        Self::new((span.start.line, span.start.column), (span.end.line, span.end.column))
    }
    fn new(start: (u64, u64), end: (u64, u64)) -> Option<Self> {
        let width = if end.0 == start.0 { end.1.saturating_sub(start.1) } else { u64::MAX };
        (start.0 > 0).then_some(Self { line: start.0, column: start.1, width })
    }
}

/// The parser's span of a span of the planner.
pub fn sql_span(span: datafusion::common::Span) -> Span {
    let location = |at: datafusion::common::Location| Location { line: at.line, column: at.column };
    Span::new(location(span.start), location(span.end))
}

impl SqlFault {
    /// A fault without a place.
    pub fn new(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into(), help: None }
    }
    /// A fault of a piece of syntax.
    pub fn at(syntax: &impl Spanned, message: impl Into<String>) -> Self {
        Self { place: SqlPlace::of(syntax), message: message.into(), help: None }
    }
    /// From a planning error: the engine's own diagnosis where it gives one.
    pub fn of(error: &DataFusionError) -> Self {
        let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
        let place = span.and_then(|s| SqlPlace::new((s.start.line, s.start.column), (s.end.line, s.end.column)));
        let (message, help) = match error.find_root() {
            DataFusionError::SQL(parser, _) => match parser.as_ref() {
                ParserError::ParserError(message) | ParserError::TokenizerError(message) => (message.clone(), None),
                ParserError::RecursionLimitExceeded => ("the query is nested too deeply".to_owned(), None),
            },
            DataFusionError::SchemaError(fault, _) => no_column(fault),
            other => engine_words::of(&other.strip_backtrace()),
        };
        match place {
            Some(place) => Self { place: Some(place), message, help },
            None => Self { help, ..Self::located(message) },
        }
    }
    /// The parser says where in its text: `… at Line: 3, Column: 7`.
    fn located(message: String) -> Self {
        let place = message.rsplit_once(" at Line: ").and_then(|(_, place)| {
            let (line, column) = place.split_once(", Column: ")?;
            let column: String = column.chars().take_while(char::is_ascii_digit).collect();
            Some(SqlPlace { line: line.parse().ok()?, column: column.parse().ok()?, width: 1 })
        });
        let message = message.split(" at Line: ").next().unwrap_or_default().to_owned();
        Self { place, message, help: None }
    }
}

fn no_column(fault: &SchemaError) -> (String, Option<String>) {
    let SchemaError::FieldNotFound { field, valid_fields } = fault else { return engine_words::of(&fault.to_string()) };
    let mut known: Vec<&str> = valid_fields.iter().map(|column| column.name()).collect();
    known.sort_unstable();
    known.dedup();
    let all = || match known.is_empty() {
        true => text_in_quotes(field.name()),
        false => format!("columns here: {}", known.join(", ")),
    };
    let help = Some(did_you_mean(field.name(), known.iter().copied()).unwrap_or_else(all));
    (format!("there is no column `{}`", field.flat_name()), help)
}

/// What a name in double quotes was meant to be that names nothing.
pub fn text_in_quotes(text: &str) -> String {
    format!("a text stands in single quotes: '{text}'")
}

/// What is wrong with statements that do more than read.
pub const ONLY_SELECT: &str = "only SELECT is allowed: nothing may be created, changed or set";
/// What is wrong with texts of several statements, or none.
pub const MORE_THAN_ONE: &str = "expected exactly one SELECT";

/// Parses text that must be one query and nothing else.
pub fn one_query(sql: &str) -> Result<Query, SqlFault> {
    let dialect = GenericDialect {};
    let parsed =
        DFParserBuilder::new(sql).with_dialect(&dialect).build().and_then(|mut parser| parser.parse_statements());
    let mut statements = parsed.map_err(|error| SqlFault::of(&error))?;
    let (Some(statement), None) = (statements.pop_front(), statements.pop_front()) else {
        return Err(SqlFault::new(MORE_THAN_ONE));
    };
    match statement {
        Statement::Statement(statement) => match *statement {
            SqlStatement::Query(query) if reads_only(&query.body) => Ok(*query),
            _ => Err(SqlFault::new(ONLY_SELECT)),
        },
        _ => Err(SqlFault::new(ONLY_SELECT)),
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

/// Puts the clock in the place of `$as_of`. Any other placeholder is a fault.
pub fn bind_clock(query: &mut Query, as_of: Timestamp) -> Result<(), SqlFault> {
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
            let place = value.span;
            *expr = clock.clone();
            placed(expr, place);
        }
        ControlFlow::Continue(())
    });
    match flow {
        ControlFlow::Break(fault) => Err(fault),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// Lets an expression stand where another one stood, so that faults name that place.
fn placed(expr: &mut Expr, place: Span) {
    let _ = visit_expressions_mut(expr, |part: &mut Expr| {
        match part {
            Expr::Value(value) => value.span = place,
            Expr::Function(call) => {
                for name in &mut call.name.0 {
                    if let ObjectNamePart::Identifier(ident) = name {
                        ident.span = place;
                    }
                }
            }
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
}

/// Plans a query that reads, and nothing else.
pub async fn plan(query: Query, ctx: &SessionContext) -> Result<LogicalPlan, DataFusionError> {
    plan_in(query, &ctx.state()).await
}

/// The same in a state that is at hand: taking one from a session copies all its functions.
pub async fn plan_in(query: Query, state: &SessionState) -> Result<LogicalPlan, DataFusionError> {
    let statement = Statement::Statement(Box::new(SqlStatement::Query(Box::new(query))));
    let plan = state.statement_to_plan(statement).await?;
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    options.verify_plan(&plan)?;
    Ok(plan)
}

/// A plan with its session, ready to run.
pub fn frame(plan: LogicalPlan, ctx: &SessionContext) -> DataFrame {
    DataFrame::new(ctx.state(), plan)
}

/// Visits every expression of a plan, those of its subqueries and the parts of each included, with the plans that its columns
/// come from.
pub fn expressions(plan: &LogicalPlan, mut visit: impl FnMut(&logical_expr::Expr, &[&LogicalPlan])) {
    let _ = plan.apply_with_subqueries(|node| {
        let inputs = node.inputs();
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                visit(expr, &inputs);
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(TreeNodeRecursion::Continue)
    });
}
