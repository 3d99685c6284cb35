//! `+`, `-` and `*` of whole numbers and decimals that fail where a result leaves its type. The engine's own wrap around
//! and return a number that looks like any other.
//!
//! The rule comes after the engine has settled the types, and before it works out constants. What stands in the place of an
//! operator has the operator's name, type and nullability, so that nothing else of a plan changes.

use arrow::{
    array::{ArrayRef, AsArray, Datum},
    compute::kernels::numeric::{add, mul, neg, sub},
    datatypes::{DataType, Decimal128Type, Decimal256Type, Field, FieldRef},
    error::ArrowError,
};
use datafusion::{
    common::{
        DFSchema, ScalarValue,
        config::ConfigOptions,
        internal_err,
        tree_node::{Transformed, TreeNode},
    },
    error::Result,
    logical_expr::{
        BinaryExpr, ColumnarValue, Expr, ExprSchemable, LogicalPlan, Operator, ReturnFieldArgs, ScalarFunctionArgs,
        ScalarUDF, ScalarUDFImpl, Signature, Volatility, binary::BinaryTypeCoercer, expr::ScalarFunction,
        expr_rewriter::NamePreserver, utils::merge_schema,
    },
    optimizer::AnalyzerRule,
    physical_expr_common::datum::apply,
};
use std::sync::{Arc, LazyLock};

/// The rule.
#[derive(Debug)]
pub(crate) struct CheckedArithmetic;

impl AnalyzerRule for CheckedArithmetic {
    fn name(&self) -> &'static str {
        "checked_arithmetic"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(in_plan).map(|changed| changed.data)
    }
}

fn in_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    // A limit is read by the optimizer, which understands the operators alone.
    if matches!(plan, LogicalPlan::Limit(_) | LogicalPlan::TableScan(_)) {
        return Ok(Transformed::no(plan));
    }
    let schema = merge_schema(&plan.inputs());
    let names = NamePreserver::new(&plan);
    plan.map_expressions(|expr| {
        let name = names.save(&expr);
        Ok(expr.transform_up(|part| checked(part, &schema))?.update_data(|expr| name.restore(expr)))
    })
}

fn checked(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let exact = |expr: &Expr| Ok::<_, datafusion::error::DataFusionError>(is_exact(&expr.get_type(schema)?));
    let (operator, args) = match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right })
            if OPERATORS.contains(&op) && exact(&left)? && exact(&right)? =>
        {
            (Some(op), vec![*left, *right])
        }
        Expr::Negative(inner) if exact(&inner)? => (None, vec![*inner]),
        other => return Ok(Transformed::no(other)),
    };
    let Some(func) = FUNCTIONS.iter().find(|(of, _)| *of == operator).map(|(_, func)| Arc::clone(func)) else {
        return internal_err!("no checked function");
    };
    Ok(Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args })))
}

fn is_exact(of: &DataType) -> bool {
    of.is_integer() || of.is_decimal()
}

/// An expression with the operators that its author wrote.
pub fn as_written(expr: Expr) -> Expr {
    let back = |expr: Expr| {
        Ok(match expr {
            Expr::ScalarFunction(call) => match FUNCTIONS.iter().find(|(_, func)| *func == call.func) {
                Some((operator, _)) => Transformed::yes(operation(*operator, call.args)),
                None => Transformed::no(Expr::ScalarFunction(call)),
            },
            other => Transformed::no(other),
        })
    };
    let unchanged = expr.clone();
    expr.transform_down(back).map_or(unchanged, |back| back.data)
}

fn operation(operator: Option<Operator>, args: Vec<Expr>) -> Expr {
    let mut args = args.into_iter().map(Box::new);
    match (operator, args.next(), args.next()) {
        (Some(op), Some(left), Some(right)) => Expr::BinaryExpr(BinaryExpr { left, op, right }),
        (_, Some(inner), _) => Expr::Negative(inner),
        _ => Expr::default(),
    }
}

const OPERATORS: [Operator; 3] = [Operator::Plus, Operator::Minus, Operator::Multiply];

/// By operator; `None` is the sign before a number.
static FUNCTIONS: LazyLock<Vec<(Option<Operator>, Arc<ScalarUDF>)>> = LazyLock::new(|| {
    let operators = OPERATORS.into_iter().map(Some).chain([None]);
    operators.map(|operator| (operator, Arc::new(ScalarUDF::new_from_impl(Checked::new(operator))))).collect()
});

/// One operator.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Checked {
    operator: Option<Operator>,
    signature: Signature,
}

impl Checked {
    fn new(operator: Option<Operator>) -> Self {
        let args = if operator.is_some() { 2 } else { 1 };
        Self { operator, signature: Signature::any(args, Volatility::Immutable) }
    }

    fn written(&self, args: &[Expr]) -> Expr {
        as_written(operation(self.operator, args.to_vec()))
    }
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &str {
        match self.operator {
            Some(Operator::Plus) => "checked_add",
            Some(Operator::Minus) => "checked_subtract",
            Some(_) => "checked_multiply",
            None => "checked_negate",
        }
    }
    fn display_name(&self, args: &[Expr]) -> Result<String> {
        Ok(self.written(args).to_string())
    }
    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        Ok(self.written(args).schema_name().to_string())
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, args: &[DataType]) -> Result<DataType> {
        match (&self.operator, args) {
            (Some(operator), [left, right]) => BinaryTypeCoercer::new(left, operator, right).get_result_type(),
            (None, [of]) => Ok(of.clone()),
            _ => internal_err!("{} of {} arguments", self.name(), args.len()),
        }
    }
    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let nullable = args.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(self.name(), self.return_type(&types)?, nullable)))
    }
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let kernel = |left: &dyn Datum, right: &dyn Datum| {
            within(match self.operator {
                Some(Operator::Plus) => add(left, right),
                Some(Operator::Minus) => sub(left, right),
                _ => mul(left, right),
            }?)
        };
        match args.args.as_slice() {
            [left, right] => apply(left, right, kernel),
            [ColumnarValue::Array(values)] => Ok(ColumnarValue::Array(neg(values)?)),
            [ColumnarValue::Scalar(value)] => {
                let negated = neg(&value.to_array()?)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&negated, 0)?))
            }
            _ => internal_err!("{} of {} arguments", self.name(), args.args.len()),
        }
    }
}

/// The engine checks decimals against the width of their memory only, in which some have a digit too many.
fn within(result: ArrayRef) -> std::result::Result<ArrayRef, ArrowError> {
    let fits = match result.data_type() {
        DataType::Decimal128(precision, _) => {
            result.as_primitive::<Decimal128Type>().validate_decimal_precision(*precision)
        }
        DataType::Decimal256(precision, _) => {
            result.as_primitive::<Decimal256Type>().validate_decimal_precision(*precision)
        }
        _ => Ok(()),
    };
    match fits {
        Ok(()) => Ok(result),
        Err(error) => Err(ArrowError::ArithmeticOverflow(error.to_string())),
    }
}
