//! Whose clock is read: an instant has no hour and no day but those of some time zone. Left alone the engine takes those
//! of UTC, in silence, so that mornings are none of one site's working time and all of another's.
//!
//! | | instant (`starts_at`) | civil time (`starts_at_local`), dates |
//! | --- | --- | --- |
//! | parts of the calendar, casts to dates and the like | refused here | as they are written |
//! | lengths, order, our functions of instants | as they are written | mixed with instants: refused here |

use super::lineage;
use arrow::datatypes::DataType;
use contracts::Contracts;
use datafusion::{
    common::tree_node::TreeNode,
    logical_expr::{
        Documentation, Expr, ExprSchemable, LogicalPlan, Operator, expr::ScalarFunction, utils::merge_schema,
    },
    scalar::ScalarValue,
};
use evaluation::{
    functions::OURS,
    statement::{SqlFault, dates, expressions},
    views::local_columns,
};

/// Functions that read a clock, whatever the type of their result.
const READ_A_CLOCK: [&str; 3] = ["date_part", "date_trunc", "date_bin"];

/// Every place where a query reads the clock of UTC, or takes for an instant what a clock showed.
pub(super) fn faults(plan: &LogicalPlan, contracts: &Contracts) -> Vec<SqlFault> {
    let mut found = Vec::new();
    expressions(plan, |expr, inputs| {
        let schema = merge_schema(inputs);
        let type_of = |expr: &Expr| expr.get_type(&schema).ok();
        let is = |expr: &Expr, wanted: fn(&DataType) -> bool| type_of(expr).is_some_and(|of| wanted(&of));
        for (reader, instant) in readings(expr, type_of(expr).as_ref()) {
            if is(instant, is_of_utc) {
                found.push(clock_of_utc(&reader, instant, inputs, contracts));
            }
        }
        for (taker, civil) in taken_for_instants(expr, |expr| is(expr, is_instant)) {
            // A literal or a date without a zone is UTC's, as everywhere.
            if is(civil, is_civil) && shows_a_clock(civil, |part| is(part, is_civil)) {
                found.push(no_instant(&taker, civil));
            }
        }
    });
    found
}

fn is_instant(of: &DataType) -> bool {
    matches!(of, DataType::Timestamp(_, Some(_)))
}

/// An instant as every table has it. One `AT TIME ZONE 'Europe/London'` is read off the clock that its author names.
fn is_of_utc(of: &DataType) -> bool {
    matches!(of, DataType::Timestamp(_, Some(zone)) if matches!(zone.as_ref(), "UTC" | "+00:00"))
}

fn is_civil(of: &DataType) -> bool {
    matches!(of, DataType::Timestamp(_, None))
}

/// What is read off a clock or a calendar.
fn is_read_off(of: &DataType) -> bool {
    of.is_string()
        || is_civil(of)
        || matches!(of, DataType::Date32 | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_))
}

/// What reads a clock (in words), and of what.
fn readings<'a>(expr: &'a Expr, gives: Option<&DataType>) -> Vec<(String, &'a Expr)> {
    let reads = gives.is_some_and(is_read_off);
    match expr {
        Expr::Cast(cast) if reads => vec![("the cast".to_owned(), cast.expr.as_ref())],
        Expr::TryCast(cast) if reads => vec![("the cast".to_owned(), cast.expr.as_ref())],
        Expr::ScalarFunction(call) if dates::CHOICES.contains(&call.name()) => Vec::new(),
        Expr::ScalarFunction(call) if (reads || READ_A_CLOCK.contains(&call.name())) && !counts_seconds(call) => {
            let reader = format!("`{}`", call.name());
            let arguments = call.args.iter().filter(|_| !is_ours(call.func.documentation()));
            arguments.map(|argument| (reader.clone(), argument)).collect()
        }
        _ => Vec::new(),
    }
}

/// Seconds since 1970 are the same on every clock.
fn counts_seconds(call: &ScalarFunction) -> bool {
    let part = match call.args.first() {
        Some(Expr::Literal(ScalarValue::Utf8(Some(part)), _)) => part,
        _ => return false,
    };
    call.name() == "date_part" && part.eq_ignore_ascii_case("epoch")
}

/// Whether what clocks showed is in it: a column of it, or a call that returns it.
fn shows_a_clock(expr: &Expr, is_civil: impl Fn(&Expr) -> bool) -> bool {
    let shows = |part: &Expr| match part {
        Expr::Column(_) => is_civil(part),
        Expr::ScalarFunction(call) => call.name() == "local_time",
        _ => false,
    };
    expr.exists(|part| Ok(shows(part))).unwrap_or(false)
}

fn is_ours(told: Option<&Documentation>) -> bool {
    told.is_some_and(|told| told.doc_section.label == OURS.label)
}

/// What takes instants (in words), and what is given to it.
fn taken_for_instants<'a>(expr: &'a Expr, is_instant: impl Fn(&Expr) -> bool) -> Vec<(String, &'a Expr)> {
    let of_call = |name: &str, told: Option<&Documentation>, arguments: &'a [Expr]| {
        let given = arguments.iter().filter(|_| is_ours(told));
        given.map(|argument| (format!("`{name}` takes instants"), argument)).collect()
    };
    let beside = |one: &'a Expr, others: &[&'a Expr]| {
        let compared = "it is compared with an instant".to_owned();
        let pairs = others.iter().flat_map(|other| [(one, *other), (*other, one)]);
        pairs.filter(|(instant, _)| is_instant(instant)).map(|(_, civil)| (compared.clone(), civil)).collect()
    };
    match expr {
        Expr::ScalarFunction(call) => of_call(call.name(), call.func.documentation(), &call.args),
        Expr::AggregateFunction(call) => of_call(call.func.name(), call.func.documentation(), &call.params.args),
        Expr::BinaryExpr(binary) if dates::compares(binary.op) || binary.op == Operator::Minus => {
            beside(&binary.left, &[&binary.right])
        }
        Expr::Between(between) => beside(&between.expr, &[&between.low, &between.high]),
        _ => Vec::new(),
    }
}

fn clock_of_utc(reader: &str, instant: &Expr, inputs: &[&LogicalPlan], contracts: &Contracts) -> SqlFault {
    let local = local_of(instant, inputs, contracts).unwrap_or_else(|| "local_time(…, sites.timezone)".to_owned());
    SqlFault {
        place: dates::place(instant),
        message: format!("{reader} uses the UTC time, not the site's local time, of {}", named(instant)),
        help: Some(format!("the site's local time is `{local}`")),
    }
}

/// The column with the site's clock for a column of a stream.
fn local_of(instant: &Expr, inputs: &[&LogicalPlan], contracts: &Contracts) -> Option<String> {
    let origin = inputs.iter().find_map(|input| lineage::of_expr(instant, input))?;
    let shown = local_columns(contracts.get(&origin.table)?);
    Some(shown.into_iter().find(|shown| *shown.instant.name() == origin.column)?.name)
}

fn no_instant(taker: &str, civil: &Expr) -> SqlFault {
    SqlFault {
        place: dates::place(civil),
        message: format!("{} is a local time without a time zone, not an instant: {taker}", named(civil)),
        help: Some("pass the instant itself: the column without `_local`".to_owned()),
    }
}

fn named(expr: &Expr) -> String {
    match expr {
        Expr::Column(column) => format!("`{}`", column.name),
        _ => "this".to_owned(),
    }
}
