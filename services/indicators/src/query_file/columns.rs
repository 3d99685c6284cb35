//! The result's columns: what the declaration needs, exact, and additive.

use super::{part_columns::PartColumn, people};
use crate::Metric;
use arrow::datatypes::{DataType, Field};
use datafusion::logical_expr::{Expr, LogicalPlan};

/// Adds what is wrong with the result's columns.
pub(super) fn check(metric: &Metric, plan: &LogicalPlan, add: &mut impl FnMut(Option<&str>, String)) {
    let parts: Vec<&PartColumn> = PartColumn::of(metric).collect();
    let schema = plan.schema();
    let find = |name: &str| schema.fields().iter().position(|field| field.name() == name);
    match find("week").map(|at| schema.field(at).data_type()) {
        None => add(None, "the result has no column `week`".to_owned()),
        Some(DataType::Date32) => {}
        Some(other) => add(Some("week"), format!("`week` must be a date (the Monday), not {other}")),
    }
    for label in &metric.labels {
        match find(label) {
            None => add(None, format!("the result has no column `{label}`, which is a label")),
            Some(at) => {
                check_label(label, schema.field(at), add);
                if let Some(domain) = people::named_by(plan, at) {
                    add(
                        Some(label),
                        format!(
                            "label `{label}` comes from a column that names a person ({domain}): identifiers of people, also \
                         when worked on, are never labels"
                        ),
                    );
                }
            }
        }
    }
    for part in &parts {
        match (find(part.name), part.required(metric)) {
            (None, Some(why)) => add(None, format!("the result has no column `{}`: {why}", part.name)),
            (None, None) => {}
            (Some(at), _) => {
                check_type(part.name, part.digits(metric), schema.field(at).data_type(), add);
                if let Err(fault) = additive(plan, at, part.name == "respondents") {
                    add(Some(part.name), format!("`{}` {fault}", part.name));
                }
            }
        }
    }
    for field in schema.fields() {
        let name = field.name();
        let known = name == "week" || metric.labels.contains(name) || parts.iter().any(|part| part.name == name);
        if !known {
            add(
                Some(name),
                format!(
                    "the result has a column `{name}` that is neither week, label nor part: take it away or declare it"
                ),
            );
        }
    }
    let given = |name: &str| find(name).is_some();
    if given("logged") != given("expected") {
        add(
            Some(if given("logged") { "logged" } else { "expected" }),
            "`logged` and `expected` come together: coverage is one over the other".to_owned(),
        );
    }
}

fn check_label(label: &str, field: &Field, add: &mut impl FnMut(Option<&str>, String)) {
    if !matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        add(Some(label), format!("label `{label}` must be text, not {}: CAST it", field.data_type()));
    }
}

fn check_type(name: &str, digits: i8, found: &DataType, add: &mut impl FnMut(Option<&str>, String)) {
    match found {
        integer if integer.is_integer() => {}
        DataType::Decimal32(_, s) | DataType::Decimal64(_, s) | DataType::Decimal128(_, s) if *s <= digits => {}
        decimal if decimal.is_decimal() && name == "numerator" && digits == 0 => {
            let message =
                format!("`{name}` is {decimal}: `poisson` counts whole events; COUNT them, or CAST to BIGINT");
            add(Some(name), message);
        }
        decimal if decimal.is_decimal() => {
            add(Some(name), format!("`{name}` is {decimal}: it may have {digits} digits after the point"))
        }
        float if float.is_floating() => {
            add(
                Some(name),
                format!("`{name}` is a float: sums must be exact in any order; CAST what is summed to DECIMAL"),
            );
        }
        other => add(Some(name), format!("`{name}` must be an integer or a decimal, not {other}")),
    }
}

/// Whether a column of the result is SUM, COUNT(*) or COUNT(x) and nothing above it: only such parts add up.
fn additive(plan: &LogicalPlan, at: usize, respondents: bool) -> Result<(), String> {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => additive(&alias.input, at, respondents),
        LogicalPlan::Sort(sort) => additive(&sort.input, at, respondents),
        LogicalPlan::Filter(filter) => additive(&filter.input, at, respondents),
        LogicalPlan::Limit(limit) => additive(&limit.input, at, respondents), // refused elsewhere
        LogicalPlan::Projection(projection) => match bare(&projection.expr[at]) {
            Expr::Column(column) => {
                let below = projection.input.schema().index_of_column(column).map_err(|e| e.strip_backtrace())?;
                additive(&projection.input, below, respondents)
            }
            _ => Err("is worked out from aggregates: return the sums, the engine divides".to_owned()),
        },
        LogicalPlan::Aggregate(aggregate) => match at.checked_sub(aggregate.group_expr.len()) {
            None => Err("is a grouping column, not an aggregate".to_owned()),
            Some(call) => is_sum(bare(&aggregate.aggr_expr[call]), respondents),
        },
        _ => Err("is not the result of SUM, COUNT(*) or COUNT(x): aggregate last".to_owned()),
    }
}

fn is_sum(expr: &Expr, respondents: bool) -> Result<(), String> {
    let Expr::AggregateFunction(call) = expr else {
        return Err("is worked out from aggregates: return the sums, the engine divides".to_owned());
    };
    let name = call.func.name();
    if respondents {
        return if name == "respondents" {
            Ok(())
        } else {
            Err(format!("is {name}(…): it must be respondents(respondent_id, survey_id)"))
        };
    }
    if call.params.distinct {
        return Err(format!("is {name}(DISTINCT …), which does not add up: make rows distinct in a subquery"));
    }
    match name {
        "sum" | "count" => Ok(()),
        other => Err(format!("is {other}(…), which does not add up: the outermost aggregate must be SUM or COUNT")),
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
