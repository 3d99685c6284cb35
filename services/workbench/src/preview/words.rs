//! Expressions of a plan as the SQL that they came from, as near as can be.

use datafusion::{
    common::tree_node::{Transformed, TreeNode},
    logical_expr::{Expr, expr::Placeholder},
    scalar::ScalarValue,
    sql::unparser::{Unparser, dialect::CustomDialectBuilder},
};
use jiff::Timestamp;

/// How the planner names a table that has no name.
const UNNAMED: &str = "?table?.";

/// Tells expressions at one clock.
pub(super) struct Words {
    as_of: Timestamp,
}

impl Words {
    pub(super) fn at(as_of: Timestamp) -> Self {
        Self { as_of }
    }

    /// One expression, the clock as `$as_of`.
    pub(super) fn expr(&self, expr: &Expr) -> String {
        let clock =
            |expr: Expr| Ok(if self.is_clock(&expr) { Transformed::yes(as_of()) } else { Transformed::no(expr) });
        let told = expr.clone().transform(clock).map_or_else(|_| expr.clone(), |told| told.data);
        // Names come as they are, those of aggregates (`sum(field)`) too.
        let dialect = CustomDialectBuilder::new().build();
        let sql = Unparser::new(&dialect).with_pretty(true).expr_to_sql(&told);
        let sql = self.tidy(&sql.map_or_else(|_| told.human_display().to_string(), |sql| sql.to_string()));
        // The unparser leaves names away.
        if let Expr::Alias(alias) = &told { format!("{sql} AS {}", alias.name) } else { sql }
    }

    /// Several, with commas between.
    pub(super) fn list<'a>(&self, exprs: impl IntoIterator<Item = &'a Expr>) -> String {
        exprs.into_iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(", ")
    }

    /// Text without what only the planner knows.
    pub(super) fn tidy(&self, text: &str) -> String {
        text.replace(UNNAMED, "")
    }

    fn is_clock(&self, expr: &Expr) -> bool {
        let micros = self.as_of.as_microsecond();
        matches!(expr, Expr::Literal(ScalarValue::TimestampMicrosecond(Some(at), _), _) if *at == micros)
    }
}

fn as_of() -> Expr {
    Expr::Placeholder(Placeholder::new_with_field("$as_of".to_owned(), None))
}
