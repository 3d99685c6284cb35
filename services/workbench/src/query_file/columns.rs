//! The result's columns: what the declaration needs, exact, and additive.

use super::{RESPONDENT, origin, people, shifted};
use arrow::datatypes::DataType;
use contracts::Contracts;
use datafusion::{
    common::Span,
    logical_expr::{Expr, LogicalPlan, builder::add_group_by_exprs_from_dependencies},
};
use indicators::PartColumn;
use indicators::{Kind, Metric};

/// The column that names a survey.
const SURVEY: &str = "survey_id";

/// What of the SELECT a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// All of it: something is missing.
    Select,
    /// A column of its result, by number.
    Column(usize),
    /// A place in the text, where the engine knows it.
    Span(Option<Span>),
}

/// Adds what is wrong with the result's columns.
pub(super) fn check(metric: &Metric, plan: &LogicalPlan, contracts: &Contracts, add: &mut impl FnMut(At, String)) {
    let parts: Vec<&PartColumn> = PartColumn::of(metric).collect();
    let schema = plan.schema();
    let find = |name: &str| schema.fields().iter().position(|field| field.name() == name);
    match find("week").map(|at| (at, schema.field(at).data_type())) {
        None => add(At::Select, "the result has no column `week`".to_owned()),
        Some((at, DataType::Date32)) => {
            let alone = (metric.horizon_back, metric.horizon_ahead) == (0, 0);
            if alone && shifted::is_worked_out(plan, at, contracts) {
                let message =
                    "return the `week` of the table, or declare by `horizon` which weeks around its own a row changes";
                add(At::Column(at), format!("`week` is worked out: {message}"));
            }
        }
        Some((at, other)) => add(
            At::Column(at),
            format!("`week` must be a date, not {other}: use the `week` of a table, or week_in(at, timezone)"),
        ),
    }
    for label in &metric.labels {
        match find(label) {
            None => add(At::Select, format!("the result has no column `{label}`, which is a label")),
            Some(at) => check_label(label, at, plan, add),
        }
    }
    for part in &parts {
        match (find(part.name), part.required(metric)) {
            (None, Some(why)) => add(At::Select, format!("the result has no column `{}`: {why}", part.name)),
            (None, None) => {}
            (Some(at), _) => check_part(part, part.digits(metric), at, plan, add),
        }
    }
    for (at, field) in schema.fields().iter().enumerate() {
        let name = field.name();
        let known = name == "week" || metric.labels.contains(name) || parts.iter().any(|part| part.name == name);
        if name == "denominator" && metric.kind == Kind::Count {
            add(
                At::Column(at),
                "a count has no denominator: each week counts 1; take it away, or make it a rate".to_owned(),
            );
        } else if !known {
            let message = "neither week, label nor part: take it away, rename or declare it";
            add(At::Column(at), format!("the result has a column `{name}` that is {message}"));
        }
    }
    if let (Some(at), None) | (None, Some(at)) = (find("logged"), find("expected")) {
        add(At::Column(at), "`logged` and `expected` come together: coverage is one over the other".to_owned());
    }
    // What is missing may well be what it groups by.
    if metric.labels.iter().map(String::as_str).chain(["week", "site"]).all(|name| find(name).is_some()) {
        check_grouping(plan, add);
    }
}

fn check_label(label: &str, at: usize, plan: &LogicalPlan, add: &mut impl FnMut(At, String)) {
    let of = plan.schema().field(at).data_type();
    if !matches!(of, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        add(At::Column(at), format!("label `{label}` must be text, not {of}: CAST it"));
    }
    if let Some(domain) = people::named_by(plan, at) {
        let never = "identifiers of people, also when worked on, are never labels";
        add(At::Column(at), format!("label `{label}` comes from a column that names a person ({domain}): {never}"));
    }
}

fn check_part(part: &PartColumn, digits: i8, at: usize, plan: &LogicalPlan, add: &mut impl FnMut(At, String)) {
    let aggregate = if part.name == "respondents" { counts_people } else { adds_up };
    match outermost(plan, at, aggregate) {
        Err(fault) => add(At::Column(at), format!("`{}` {fault}", part.name)),
        // The type of what is no sum would be told in vain.
        Ok(()) => {
            let found = plan.schema().field(at).data_type();
            check_type(part.name, digits, found, &mut |message| add(At::Column(at), message));
        }
    }
}

fn check_type(name: &str, digits: i8, found: &DataType, add: &mut impl FnMut(String)) {
    match found {
        integer if integer.is_integer() => {}
        DataType::Decimal32(_, s) | DataType::Decimal64(_, s) | DataType::Decimal128(_, s) if *s <= digits => {}
        decimal if decimal.is_decimal() && name == "numerator" && digits == 0 => {
            let message =
                format!("`{name}` is {decimal}: `poisson` counts whole events; COUNT them, or CAST to BIGINT");
            add(message);
        }
        decimal if decimal.is_decimal() => {
            add(format!("`{name}` is {decimal}: it may have {digits} digits after the point"));
        }
        float if float.is_floating() => {
            add(format!("`{name}` is a float: sums must be exact in any order; CAST what is summed to DECIMAL"));
        }
        other => add(format!("`{name}` must be an integer or a decimal, not {other}")),
    }
}

/// What an outermost aggregate over a plan must be.
type Rule = fn(&Expr, &LogicalPlan) -> Result<(), String>;

/// Whether a column of the result is an aggregate as `rule` wants it, and nothing above it.
fn outermost(plan: &LogicalPlan, at: usize, rule: Rule) -> Result<(), String> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => outermost(&alias.input, at, rule),
        LogicalPlan::Sort(sort) => outermost(&sort.input, at, rule),
        LogicalPlan::Filter(filter) => outermost(&filter.input, at, rule),
        LogicalPlan::Limit(limit) => outermost(&limit.input, at, rule), // refused elsewhere
        LogicalPlan::Projection(projection) => match bare(&projection.expr[at]) {
            Expr::Column(column) => {
                let below = projection.input.schema().index_of_column(column).map_err(|e| e.strip_backtrace())?;
                outermost(&projection.input, below, rule)
            }
            _ => Err("is worked out from aggregates: return the sums, the engine divides".to_owned()),
        },
        LogicalPlan::Aggregate(aggregate) => {
            // Totals beside their parts have one more column; they are refused elsewhere.
            let groups = aggregate.schema.fields().len() - aggregate.aggr_expr.len();
            let call = at.checked_sub(groups).ok_or("is a grouping column, not an aggregate")?;
            rule(bare(&aggregate.aggr_expr[call]), &aggregate.input)
        }
        _ => Err("is not the result of SUM, COUNT(*) or COUNT(x): aggregate last".to_owned()),
    }
}

/// SUM, COUNT(*) or COUNT(x): only such parts add up.
fn adds_up(expr: &Expr, _: &LogicalPlan) -> Result<(), String> {
    let Expr::AggregateFunction(call) = expr else {
        return Err("is worked out from aggregates: return the sums, the engine divides".to_owned());
    };
    let name = call.func.name();
    if call.params.distinct {
        return Err(format!("is {name}(DISTINCT …), which does not add up: make rows distinct in a subquery"));
    }
    match name {
        "sum" | "count" => Ok(()),
        other => Err(format!("is {other}(…), which does not add up: the outermost aggregate must be SUM or COUNT")),
    }
}

/// `respondents` of who answered and of which survey, as they are stored: suppression rests on it.
fn counts_people(expr: &Expr, input: &LogicalPlan) -> Result<(), String> {
    const WANTED: &str = "it must be respondents(respondent_id, survey_id)";
    let Expr::AggregateFunction(call) = expr else { return Err(format!("is worked out: {WANTED}")) };
    let name = call.func.name();
    if name != "respondents" || call.params.filter.is_some() {
        let filtered = if call.params.filter.is_some() { " FILTER (…)" } else { "" };
        return Err(format!("is {name}(…){filtered}: {WANTED}"));
    }
    let origins: Vec<_> = call.params.args.iter().map(|argument| origin::of_expr(argument, input)).collect();
    match origins.as_slice() {
        [Some(who), Some(survey)] if who.person.as_deref() == Some(RESPONDENT) && survey.column == SURVEY => Ok(()),
        _ => Err(format!("does not count the respondents as they are stored: {WANTED}, both columns unchanged")),
    }
}

/// The query groups by what it returns and by nothing else: otherwise rows of a week and label set come twice.
fn check_grouping(plan: &LogicalPlan, add: &mut impl FnMut(At, String)) {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => check_grouping(&alias.input, add),
        LogicalPlan::Sort(sort) => check_grouping(&sort.input, add),
        LogicalPlan::Projection(projection) => {
            let mut below = projection.input.as_ref();
            while let LogicalPlan::Filter(filter) = below {
                below = &filter.input;
            }
            let LogicalPlan::Aggregate(aggregate) = below else { return };
            let returned = |name: &str| {
                let mut columns = projection.expr.iter().flat_map(Expr::column_refs);
                columns.any(|column| column.name == name)
            };
            let names = |group: &Expr| group.qualified_name().1;
            let (kept, others): (Vec<&Expr>, Vec<&Expr>) =
                aggregate.group_expr.iter().partition(|group| returned(&names(group)));
            // What follows from the others makes no rows of its own; the planner itself adds such columns.
            let kept = kept.into_iter().cloned().collect();
            let following = add_group_by_exprs_from_dependencies(kept, aggregate.input.schema()).unwrap_or_default();
            for group in others.into_iter().filter(|group| !following.contains(group)) {
                if !matches!(group, Expr::GroupingSet(_)) {
                    let place = group.column_refs().iter().find_map(|column| column.spans().first());
                    let message = "which it does not return: a week and its labels would come in several rows";
                    add(At::Span(place), format!("the query groups by `{}`, {message}", names(group)));
                }
            }
        }
        _ => {}
    }
}

/// An expression without alias and cast.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => bare(&alias.expr),
        Expr::Cast(cast) => bare(&cast.expr),
        other => other,
    }
}
