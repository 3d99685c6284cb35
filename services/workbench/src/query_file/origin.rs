//! The column of a table that a column of a plan is, when nothing but its name was changed on the way.

use datafusion::{
    common::Column,
    logical_expr::{Expr, LogicalPlan},
};
use evaluation::views::PERSON;

/// A column of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub table: String,
    pub column: String,
    /// Domain of the person that it names.
    pub person: Option<String>,
}

/// The table's column, or `None` where the column was worked out.
pub(super) fn origin(plan: &LogicalPlan, at: usize) -> Option<Origin> {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let field = scan.projected_schema.field(at);
            let (table, person) = (scan.table_name.table().to_owned(), field.metadata().get(PERSON).cloned());
            Some(Origin { table, column: field.name().clone(), person })
        }
        LogicalPlan::Projection(projection) => of_expr(&projection.expr[at], &projection.input),
        LogicalPlan::Aggregate(aggregate) => of_expr(aggregate.group_expr.get(at)?, &aggregate.input),
        LogicalPlan::Union(union) => {
            let mut origins = union.inputs.iter().map(|input| origin(input, at));
            let first = origins.next()??;
            origins.all(|other| other.as_ref() == Some(&first)).then_some(first)
        }
        other => {
            let (qualifier, field) = other.schema().qualified_field(at);
            let inputs = other.inputs();
            match inputs.as_slice() {
                // An alias of a table gives its columns another qualifier, in the same places.
                [one] if one.schema().fields().len() == other.schema().fields().len() => origin(one, at),
                several => of_column(&Column::new(qualifier.cloned(), field.name()), several),
            }
        }
    }
}

/// The same of an expression over a plan.
pub(super) fn of_expr(expr: &Expr, input: &LogicalPlan) -> Option<Origin> {
    match expr {
        Expr::Alias(alias) => of_expr(&alias.expr, input),
        Expr::Column(column) => of_column(column, &[input]),
        _ => None,
    }
}

fn of_column(column: &Column, inputs: &[&LogicalPlan]) -> Option<Origin> {
    inputs.iter().find_map(|input| origin(input, input.schema().index_of_column(column).ok()?))
}
