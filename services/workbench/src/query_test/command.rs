//! A statement of a test: what it may be, and nothing else.

use super::{database::Refused, insert::moment};
use datafusion::sql::{
    parser::{DFParserBuilder, Statement},
    sqlparser::{
        ast::{Expr, Insert, Query, Set, Statement as SqlStatement, Value},
        dialect::GenericDialect,
    },
};
use evaluation::statement::{self, SqlFault};
use jiff::Timestamp;

/// What a statement asks for.
pub(super) enum Command {
    Insert(Box<Insert>),
    /// The clock from here on.
    Clock(Timestamp),
    Select(Box<Query>),
}

impl Command {
    /// Parses a statement.
    ///
    /// # Errors
    /// Whatever is not one INSERT, SELECT or `SET as_of`.
    pub(super) fn parse(sql: &str) -> Result<Self, Refused> {
        let parsed = DFParserBuilder::new(sql)
            .with_dialect(&GenericDialect {})
            .build()
            .and_then(|mut parser| parser.parse_statements());
        let mut statements = parsed.map_err(|error| SqlFault::of(&error))?;
        let (Some(Statement::Statement(statement)), None) = (statements.pop_front(), statements.pop_front()) else {
            return Err(other());
        };
        match *statement {
            SqlStatement::Insert(insert) => Ok(Self::Insert(Box::new(insert))),
            SqlStatement::Set(set) => clock(&set),
            SqlStatement::Query(_) => Ok(Self::Select(Box::new(statement::one_query(sql)?))),
            _ => Err(other()),
        }
    }
}

pub(super) fn other() -> Refused {
    Refused::new("a test may only INSERT, SELECT and SET as_of")
}

fn clock(set: &Set) -> Result<Command, Refused> {
    let Set::SingleAssignment { variable, values, .. } = set else { return Err(other()) };
    if variable.to_string() != "as_of" {
        return Err(Refused::new(format!("unknown setting `{variable}`: there is only as_of")));
    }
    let given = match values.as_slice() {
        [Expr::Value(value)] => match &value.value {
            Value::SingleQuotedString(text) => moment(text),
            _ => None,
        },
        _ => None,
    };
    let given = given.ok_or_else(|| Refused::new("as_of must be a moment, such as '2026-06-17T12:00:00Z'"))?;
    Ok(Command::Clock(given))
}
