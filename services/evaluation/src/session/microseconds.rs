//! Dates and moments meet in microseconds, as every table has them.
//!
//! The engine by itself brings a moment to nanoseconds where it meets a date or a text that is written as one. Those end in
//! 2262, so that a site which closes on 9999-12-31 would fail the query for all sites. This rule comes first and leaves
//! the engine nothing to convert.

use crate::{messages::engine_words::NO_COMMON_TYPE, statement::dates};
use arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::{
    common::{
        DFSchema, ScalarValue,
        config::ConfigOptions,
        plan_err,
        tree_node::{Transformed, TreeNode},
    },
    error::Result,
    logical_expr::{
        Between, BinaryExpr, Case, Cast, Expr, ExprSchemable, Join, LogicalPlan, Operator, TryCast, Union,
        expr::{InList, InSubquery, ScalarFunction},
        expr_rewriter::{NamePreserver, coerce_plan_expr_for_schema},
        expr_schema::cast_subquery,
        utils::merge_schema,
    },
    optimizer::AnalyzerRule,
};
use std::sync::Arc;

const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

/// The rule.
#[derive(Debug)]
pub(crate) struct Microseconds;

impl AnalyzerRule for Microseconds {
    fn name(&self) -> &'static str {
        "microseconds"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(of_plan).map(|changed| changed.data)
    }
}

/// One step of a plan, whose inputs were seen to.
fn of_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    // The types of a list of values are fixed when it is planned.
    if matches!(plan, LogicalPlan::Values(_) | LogicalPlan::TableScan(_)) {
        return Ok(Transformed::no(plan));
    }
    let schema = merge_schema(&plan.inputs());
    let names = NamePreserver::new(&plan);
    plan.map_expressions(|expr| {
        let name = names.save(&expr);
        Ok(expr.transform_up(|part| of_expr(part, &schema))?.update_data(|expr| name.restore(expr)))
    })?
    .map_data(|plan| match plan {
        LogicalPlan::Join(join) => of_join(join).map(LogicalPlan::Join),
        LogicalPlan::Union(union) => of_union(union).map(LogicalPlan::Union),
        other => Ok(other),
    })?
    .map_data(LogicalPlan::recompute_schema)
}

fn of_expr(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    Ok(Transformed::yes(match expr {
        Expr::Cast(Cast { expr, field }) => {
            let to = wider(&expr, field.data_type(), schema)?;
            Expr::Cast(to.map_or(Cast { expr: expr.clone(), field }, |to| Cast::new(expr, to)))
        }
        Expr::TryCast(TryCast { expr, field }) => {
            let to = wider(&expr, field.data_type(), schema)?;
            Expr::TryCast(to.map_or(TryCast { expr: expr.clone(), field }, |to| TryCast::new(expr, to)))
        }
        Expr::BinaryExpr(BinaryExpr { mut left, op, mut right }) if dates::compares(op) => {
            meet(&mut [&mut left, &mut right], Texts::AreMoments, schema)?;
            in_microseconds(&mut [&mut left, &mut right], schema)?;
            Expr::BinaryExpr(BinaryExpr { left, op, right })
        }
        Expr::BinaryExpr(BinaryExpr { mut left, op: Operator::Minus, mut right }) => {
            meet(&mut [&mut left, &mut right], Texts::Stay, schema)?;
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Minus, right })
        }
        Expr::Between(Between { mut expr, negated, mut low, mut high }) => {
            meet(&mut [&mut expr, &mut low, &mut high], Texts::AreMoments, schema)?;
            in_microseconds(&mut [&mut expr, &mut low, &mut high], schema)?;
            Expr::Between(Between { expr, negated, low, high })
        }
        Expr::InList(InList { mut expr, mut list, negated }) => {
            meet(&mut std::iter::once(expr.as_mut()).chain(&mut list).collect::<Vec<_>>(), Texts::AreMoments, schema)?;
            Expr::InList(InList { expr, list, negated })
        }
        Expr::Case(case) => Expr::Case(of_case(case, schema)?),
        Expr::InSubquery(given) => Expr::InSubquery(of_subquery(given, schema)?),
        Expr::ScalarFunction(ScalarFunction { func, mut args }) if dates::CHOICES.contains(&func.name()) => {
            meet(&mut args.iter_mut().collect::<Vec<_>>(), Texts::Stay, schema)?;
            Expr::ScalarFunction(ScalarFunction { func, args })
        }
        other => return Ok(Transformed::no(other)),
    }))
}

fn of_case(mut case: Case, schema: &DFSchema) -> Result<Case> {
    let results = case.when_then_expr.iter_mut().map(|(_, then)| then.as_mut());
    meet(&mut results.chain(case.else_expr.as_deref_mut()).collect::<Vec<_>>(), Texts::Stay, schema)?;
    if let Some(what) = case.expr.as_deref_mut() {
        let whens = case.when_then_expr.iter_mut().map(|(when, _)| when.as_mut());
        meet(&mut std::iter::once(what).chain(whens).collect::<Vec<_>>(), Texts::AreMoments, schema)?;
    }
    Ok(case)
}

fn of_subquery(InSubquery { mut expr, subquery, negated }: InSubquery, schema: &DFSchema) -> Result<InSubquery> {
    let types = [expr.get_type(schema)?, subquery.subquery.schema().field(0).data_type().clone()];
    let Some(common) = common(&types, Texts::AreMoments) else { return Ok(InSubquery { expr, subquery, negated }) };
    if types[0] != common {
        cast(&mut expr, &common);
    }
    Ok(InSubquery { expr, subquery: cast_subquery(subquery, &common)?, negated })
}

/// Both sides of each equality.
fn of_join(mut join: Join) -> Result<Join> {
    for (left, right) in &mut join.on {
        let types = [left.get_type(join.left.schema())?, right.get_type(join.right.schema())?];
        let Some(common) = common(&types, Texts::AreMoments) else { continue };
        for (side, is) in [left, right].into_iter().zip(&types) {
            if *is != common {
                cast(side, &common);
            }
        }
    }
    Ok(join)
}

/// The same column of all inputs.
fn of_union(union: Union) -> Result<Union> {
    let columns = union.schema.fields().len();
    if union.inputs.iter().any(|input| input.schema().fields().len() != columns) {
        return Ok(union);
    }
    let wanted: Vec<Option<DataType>> = (0..columns)
        .map(|at| {
            let types: Vec<_> = union.inputs.iter().map(|input| input.schema().field(at).data_type().clone()).collect();
            let alike = || types.iter().all(|of| *of == types[0] && is_moment(of)).then(|| types[0].clone());
            common(&types, Texts::Stay).or_else(alike)
        })
        .collect();
    let mut inputs = Vec::new();
    for input in union.inputs {
        let schema = with_types(input.schema(), &wanted)?;
        let differs = schema.fields().iter().zip(input.schema().fields()).any(|(a, b)| a.data_type() != b.data_type());
        let input =
            if differs { Arc::new(coerce_plan_expr_for_schema(Arc::unwrap_or_clone(input), &schema)?) } else { input };
        inputs.push(input);
    }
    let schema = Arc::new(with_types(&union.schema, &wanted)?);
    Ok(Union { inputs, schema })
}

/// A schema with other types, where one is wanted.
fn with_types(schema: &DFSchema, wanted: &[Option<DataType>]) -> Result<DFSchema> {
    let fields = schema.iter().zip(wanted).map(|((qualifier, field), wanted)| {
        let field = match wanted {
            Some(wanted) => Arc::new(Field::clone(field).with_data_type(wanted.clone())),
            None => Arc::clone(field),
        };
        (qualifier.cloned(), field)
    });
    let fields = fields.collect();
    DFSchema::new_with_metadata(fields, schema.metadata().clone())?
        .with_functional_dependencies(schema.functional_dependencies().clone())
}

/// What becomes of texts that meet moments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    /// They are compared with them, so they are read as some.
    AreMoments,
    /// The engine is to say.
    Stay,
}

/// Casts what meets to one type, where moments meet dates, moments of another unit, or texts that are some.
fn meet(exprs: &mut [&mut Expr], texts: Texts, schema: &DFSchema) -> Result<()> {
    let types = exprs.iter().map(|expr| expr.get_type(schema)).collect::<Result<Vec<_>>>()?;
    if let Some(common) = common(&types, texts) {
        for (expr, is) in exprs.iter_mut().zip(&types) {
            if *is != common && is_like_one(is, texts) {
                cast(expr, &common);
            }
        }
    }
    Ok(())
}

/// Lengths between moments are microseconds, so the intervals that they are compared with become some. By itself the engine
/// compares months, then days, then nanoseconds, by which 36 hours are less than one day.
fn in_microseconds(exprs: &mut [&mut Expr], schema: &DFSchema) -> Result<()> {
    let types = exprs.iter().map(|expr| expr.get_type(schema)).collect::<Result<Vec<_>>>()?;
    if !types.iter().any(|of| matches!(of, DataType::Duration(_))) {
        return Ok(());
    }
    for (expr, _) in exprs.iter_mut().zip(&types).filter(|(_, of)| matches!(of, DataType::Interval(_))) {
        let Some(length) = length(expr) else {
            return plan_err!("{NO_COMMON_TYPE}a length of time with {expr}, which is none in days or less");
        };
        **expr = Expr::Literal(ScalarValue::DurationMicrosecond(Some(length)), None);
    }
    Ok(())
}

/// How long an interval is that is written out; `None` where it has months, or is not.
fn length(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), _) if interval.months == 0 => {
            i64::from(interval.days).checked_mul(MICROSECONDS_A_DAY)?.checked_add(interval.nanoseconds / 1000)
        }
        Expr::Negative(inner) => length(inner)?.checked_neg(),
        Expr::BinaryExpr(sum) if sum.op == Operator::Plus => length(&sum.left)?.checked_add(length(&sum.right)?),
        Expr::BinaryExpr(rest) if rest.op == Operator::Minus => length(&rest.left)?.checked_sub(length(&rest.right)?),
        _ => None,
    }
}

/// What these types are brought to; `None` where there is nothing to be done.
fn common(types: &[DataType], texts: Texts) -> Option<DataType> {
    let first = types.iter().find(|of| is_moment(of))?;
    let differ = types.iter().any(|of| of != first && is_like_one(of, texts));
    let zone = types.iter().find_map(|of| match of {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    });
    differ.then(|| microseconds(zone))
}

fn is_like_one(of: &DataType, texts: Texts) -> bool {
    let text = matches!(of, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    is_moment(of) || matches!(of, DataType::Date32 | DataType::Date64) || text && texts == Texts::AreMoments
}

/// In the place of nanoseconds. A number counts them, so it stays one of nanoseconds.
fn wider(expr: &Expr, to: &DataType, schema: &DFSchema) -> Result<Option<DataType>> {
    Ok(match to {
        DataType::Timestamp(TimeUnit::Nanosecond, zone) if !expr.get_type(schema)?.is_numeric() => {
            Some(microseconds(zone.clone()))
        }
        _ => None,
    })
}

fn microseconds(zone: Option<Arc<str>>) -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, zone)
}

fn is_moment(of: &DataType) -> bool {
    matches!(of, DataType::Timestamp(..))
}

fn cast(expr: &mut Expr, to: &DataType) {
    *expr = Expr::Cast(Cast::new(Box::new(std::mem::take(expr)), to.clone()));
}
