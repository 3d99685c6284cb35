//! Exact arithmetic on decimals, where SQL's own would round or lose digits.

use super::signature::documented;
use arrow::{
    array::{AsArray, Decimal128Array},
    datatypes::{DataType, Decimal128Type, Int64Type},
};
use datafusion::{
    common::{Result, exec_err},
    logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use std::sync::{Arc, LazyLock};

const NINE_DIGITS: DataType = DataType::Decimal128(38, 9);
const EIGHTEEN_DIGITS: DataType = DataType::Decimal128(38, 18);

/// `rounded_quotient(sum, count)`: DECIMAL(38,9), rounded half away from zero; NULL where count is 0.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct RoundedQuotient {
    signature: Signature,
}

impl Default for RoundedQuotient {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for RoundedQuotient {
    fn name(&self) -> &str {
        "rounded_quotient"
    }
    fn documentation(&self) -> Option<&Documentation> {
        static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "rounded_quotient(sum DECIMAL, count BIGINT) → DECIMAL(38,9)",
                "Exact quotient, rounded half away from zero to 9 digits; NULL where count is 0. Integers and \
                 decimals only.",
            )
        });
        Some(&DOCUMENTATION)
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(NINE_DIGITS)
    }
    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        exact_arguments(self.name(), types, 2)?;
        Ok(vec![NINE_DIGITS, DataType::Int64])
    }
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (sums, counts) = (arrays[0].as_primitive::<Decimal128Type>(), arrays[1].as_primitive::<Int64Type>());
        let quotients = sums.iter().zip(counts.iter()).map(|pair| match pair {
            (Some(sum), Some(count)) if count != 0 => Some(half_away(sum, i128::from(count))),
            _ => None,
        });
        decimals(quotients.collect(), 9)
    }
}

/// `exact_square(x)`: DECIMAL(38,18).
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ExactSquare {
    signature: Signature,
}

impl Default for ExactSquare {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ExactSquare {
    fn name(&self) -> &str {
        "exact_square"
    }
    fn documentation(&self) -> Option<&Documentation> {
        static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "exact_square(x DECIMAL) → DECIMAL(38,18)",
                "Exact square of a number of at most 9 digits after the point: what `sum_squares` is summed of.",
            )
        });
        Some(&DOCUMENTATION)
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(EIGHTEEN_DIGITS)
    }
    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        exact_arguments(self.name(), types, 1)?;
        Ok(vec![NINE_DIGITS])
    }
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let values = arrays[0].as_primitive::<Decimal128Type>();
        let mut squares = Vec::with_capacity(values.len());
        for value in values.iter() {
            match value.map(|v| v.checked_mul(v)) {
                Some(None) => return exec_err!("exact_square: the square does not fit DECIMAL(38,18)"),
                square => squares.push(square.flatten()),
            }
        }
        decimals(squares, 18)
    }
}

/// `numerator / denominator`, rounded half away from zero. The denominator is not 0.
pub(super) fn half_away(numerator: i128, denominator: i128) -> i128 {
    let (quotient, rest) = (numerator / denominator, numerator % denominator);
    let away = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
    if rest.unsigned_abs() >= denominator.unsigned_abs() - rest.unsigned_abs() { quotient + away } else { quotient }
}

/// Floats would make sums depend on their order: they are refused, not rounded.
fn exact_arguments(name: &str, types: &[DataType], arguments: usize) -> Result<()> {
    if types.len() != arguments {
        return datafusion::common::plan_err!("{name} takes {arguments} argument(s), not {}", types.len());
    }
    match types.iter().find(|t| !(t.is_integer() || t.is_decimal() || t.is_null())) {
        Some(wrong) => datafusion::common::plan_err!("{name} takes integers and decimals, not {wrong}"),
        None => Ok(()),
    }
}

fn decimals(values: Vec<Option<i128>>, scale: i8) -> Result<ColumnarValue> {
    let array = Decimal128Array::from(values).with_precision_and_scale(38, scale)?;
    Ok(ColumnarValue::Array(Arc::new(array)))
}

#[cfg(test)]
mod tests {
    use super::half_away;

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!(half_away(5, 2), 3);
        assert_eq!(half_away(-5, 2), -3);
        assert_eq!(half_away(5, -2), -3);
        assert_eq!(half_away(4, 3), 1);
        assert_eq!(half_away(-4, 3), -1);
        assert_eq!(half_away(5, 3), 2);
        assert_eq!(half_away(0, 7), 0);
        assert_eq!(half_away(6, 3), 2);
    }
}
