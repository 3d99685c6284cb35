//! Dates that are compared with numbers (without quotes 2026-06-01 is 2019; times the engine itself refuses), hours that are
//! added to dates, and texts that are read as other times than are meant.

use super::{SqlFault, SqlPlace, expressions, sql_span};
use arrow::datatypes::DataType;
use datafusion::{
    logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, utils::merge_schema},
    scalar::ScalarValue,
};

/// Functions that return one of their arguments as it is, or compare them.
pub const CHOICES: [&str; 6] = ["coalesce", "nvl", "nvl2", "nullif", "greatest", "least"];
const NANOSECONDS_A_DAY: i64 = 86_400_000_000_000;

/// Every such comparison and sum.
pub fn faults(plan: &LogicalPlan) -> Vec<SqlFault> {
    let mut found = Vec::new();
    expressions(plan, |expr, inputs| {
        for (date, number) in compared(expr) {
            let schema = merge_schema(inputs);
            let is = |expr: &Expr, wanted: fn(&DataType) -> bool| expr.get_type(&schema).is_ok_and(|of| wanted(&of));
            if is(date, |of| *of == DataType::Date32) && is(number, DataType::is_numeric) {
                found.push(fault(date, number));
            }
            // A cast to a time of day is reported below.
            let is_reported =
                |of: &DataType| matches!(of, DataType::Timestamp(..)) || matches!(number, Expr::Literal(..));
            let read = |of| text_of(number).filter(|_| is_reported(&of)).and_then(|text| misread(&of, text));
            let is_read = !date.column_refs().is_empty();
            found.extend(date.get_type(&schema).ok().filter(|_| is_read).and_then(read).map(|fault| at(fault, date)));
        }
        if let Expr::Cast(cast) = expr
            && matches!(cast.field.data_type(), DataType::Time32(_) | DataType::Time64(_))
        {
            found.extend(text_of(&cast.expr).and_then(|text| misread(cast.field.data_type(), text)));
        }
        if let Expr::BinaryExpr(binary) = expr
            && let Some(hours) = hours_added(binary)
            && binary.left.get_type(&merge_schema(inputs)).is_ok_and(|of| of == DataType::Date32)
        {
            found.push(hours_of_a_date(&binary.left, &hours));
        }
    });
    found
}

/// An interval that is no whole number of days and is added or taken away on the right side.
fn hours_added(binary: &BinaryExpr) -> Option<String> {
    match (binary.op, binary.right.as_ref()) {
        (Operator::Plus | Operator::Minus, Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), _)) => {
            (interval.nanoseconds % NANOSECONDS_A_DAY != 0).then(|| binary.op.to_string())
        }
        _ => None,
    }
}

/// The engine would drop what is less than a day.
fn hours_of_a_date(date: &Expr, sign: &str) -> SqlFault {
    let name = date.qualified_name().1;
    SqlFault {
        place: place(date),
        message: format!("`{name}` is a date, and a date has no hours: what is less than a day would be dropped"),
        help: Some(format!("write CAST({name} AS TIMESTAMP) {sign} INTERVAL …")),
    }
}

/// What a literal text is, cast or not.
fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Cast(cast) => text_of(&cast.expr),
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text),
        _ => None,
    }
}

/// A text that the engine takes for a value of that type, and for another one than is meant.
fn misread(of: &DataType, text: &str) -> Option<SqlFault> {
    let (message, help) = match of {
        DataType::Time32(_) | DataType::Time64(_) if !text.contains(':') => {
            (format!("'{text}' is no time of day"), "write hours and minutes: '12:00'")
        }
        DataType::Timestamp(_, None) if has_offset(text) => (
            format!("'{text}' is an instant, and what it is compared with is not"),
            "write what clocks show, without an offset; or compare the instant itself, the column without `_local`",
        ),
        _ => return None,
    };
    Some(SqlFault { place: None, message, help: Some(help.to_owned()) })
}

/// `2026-06-03T12:00:00+05:30`, `…Z`.
fn has_offset(text: &str) -> bool {
    let time = text.split_once(['T', 't', ' ']).map_or("", |(_, time)| time);
    time.contains(['+', '-', 'Z', 'z'])
}

fn at(fault: SqlFault, expr: &Expr) -> SqlFault {
    SqlFault { place: place(expr), ..fault }
}

/// What is compared with what, both ways.
fn compared(expr: &Expr) -> Vec<(&Expr, &Expr)> {
    let pairs: Vec<(&Expr, &Expr)> = match expr {
        Expr::BinaryExpr(binary) if compares(binary.op) => vec![(&binary.left, &binary.right)],
        Expr::Between(between) => vec![(&between.expr, &between.low), (&between.expr, &between.high)],
        Expr::InList(list) => list.list.iter().map(|one| (list.expr.as_ref(), one)).collect(),
        _ => Vec::new(),
    };
    pairs.into_iter().flat_map(|(one, other)| [(one, other), (other, one)]).collect()
}

/// Whether an operator compares two values.
pub fn compares(op: Operator) -> bool {
    use Operator::*;
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

fn fault(date: &Expr, number: &Expr) -> SqlFault {
    let example = written(number).unwrap_or_else(|| "2026-06-01".to_owned());
    SqlFault {
        place: place(date),
        message: format!("`{}` is a date and is compared with a number", date.qualified_name().1),
        help: Some(format!("write DATE '{example}'")),
    }
}

/// Where the first column of an expression stands.
pub fn place(expr: &Expr) -> Option<SqlPlace> {
    let columns = expr.column_refs();
    let span = columns.iter().find_map(|column| column.spans().first());
    span.and_then(|span| SqlPlace::spanning(sql_span(span)))
}

/// The date that was meant by a year less a month less a day.
fn written(expr: &Expr) -> Option<String> {
    let minus = |expr: &Expr| match expr {
        Expr::BinaryExpr(binary) if binary.op == Operator::Minus => Some((*binary.left.clone(), *binary.right.clone())),
        _ => None,
    };
    let (rest, day) = minus(expr)?;
    let (year, month) = minus(&rest)?;
    let (year, month, day) = (integer(&year)?, integer(&month)?, integer(&day)?);
    jiff::civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?)
        .ok()
        .map(|date| date.to_string())
}

fn integer(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::Int64(number), _) => *number,
        _ => None,
    }
}
