//! `score(items)`: a survey response's score.

use super::signature::documented;
use arrow::{
    array::{Array, ArrayRef, AsArray, Decimal128Array, Float64Array},
    compute::cast,
    datatypes::{ArrowNativeType, DataType, Float64Type},
};
use datafusion::{
    common::{Result, exec_datafusion_err, plan_err},
    logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use std::sync::{Arc, LazyLock};

/// The mean, in the items' order, of (score − min)/(max − min), rounded half away from zero to 9 digits.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Score {
    signature: Signature,
}

impl Default for Score {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Score {
    fn name(&self) -> &str {
        "score"
    }
    fn documentation(&self) -> Option<&Documentation> {
        static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "score(items) → DECIMAL(10,9)",
                "Score of a survey answer from 0 to 1: the mean of (score − min)/(max − min) over its items, rounded \
                 half away from zero to 9 digits.",
            )
        });
        Some(&DOCUMENTATION)
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        if let DataType::List(item) = &types[0]
            && let DataType::Struct(fields) = item.data_type()
            && ["score", "min", "max"].iter().all(|name| fields.find(name).is_some())
        {
            return Ok(DataType::Decimal128(10, 9));
        }
        plan_err!("score takes a list of items with score, min and max, not {}", types[0])
    }
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array(Arc::new(scores(&arrays[0])?)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a list of items is shorter than 2⁵³")]
fn scores(items: &ArrayRef) -> Result<Decimal128Array> {
    let lists = items.as_list::<i32>();
    let items = lists.values().as_struct();
    let column = |name: &str| -> Result<Float64Array> {
        let values = items.column_by_name(name).ok_or_else(|| exec_datafusion_err!("score: items have no {name}"))?;
        Ok(cast(values, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
    };
    let (score, min, max) = (column("score")?, column("min")?, column("max")?);
    let offsets = lists.value_offsets();
    let means = (0..lists.len()).map(|row| {
        let (from, to) = (offsets[row].as_usize(), offsets[row + 1].as_usize());
        if lists.is_null(row) || from == to {
            return None;
        }
        let part = |i: usize| (score.value(i) - min.value(i)) / (max.value(i) - min.value(i));
        let sum = (from..to).map(part).fold(0.0, |sum, part| sum + part);
        nine_digits(sum / (to - from) as f64)
    });
    Ok(means.collect::<Decimal128Array>().with_precision_and_scale(10, 9)?)
}

/// The exact value of a float, rounded half away from zero to 9 digits. Multiplying by 10⁹ in floats would round twice.
/// `None` where it is not a number, or not of a score's size.
fn nine_digits(value: f64) -> Option<i128> {
    if !value.is_finite() || value.abs() > 1e9 {
        return None;
    }
    let bits = value.to_bits();
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
    let fraction = i128::from(bits & ((1 << 52) - 1));
    let (mantissa, power) = if exponent == 0 { (fraction, -1074) } else { (fraction | (1 << 52), exponent - 1075) };
    let scaled = mantissa * 1_000_000_000;
    let magnitude = match power {
        0.. => scaled << power,
        // Below 2⁻¹²⁰ of 83 bits nothing is left to round.
        ..-120 => 0,
        _ => (scaled + (1i128 << (-power - 1))) >> -power,
    };
    Some(if value.is_sign_negative() { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::nine_digits;
    use proptest::prelude::*;

    #[test]
    fn halves_go_away_from_zero() {
        assert_eq!(nine_digits(0.0), Some(0));
        assert_eq!(nine_digits(1.0), Some(1_000_000_000));
        assert_eq!(nine_digits(1.0 / 1024.0), Some(976_563)); // 0.0009765625 exactly: a true half
        assert_eq!(nine_digits(-1.0 / 1024.0), Some(-976_563));
        assert_eq!(nine_digits(2.0 / 3.0), Some(666_666_667));
        assert_eq!(nine_digits(1e-300), Some(0));
        assert_eq!(nine_digits(f64::NAN), None);
    }

    proptest! {
        #[test]
        fn agrees_with_exact_decimal_printing(value in 0.0f64..1.0) {
            // Rust prints the exact value, ties to even; true ties are odd multiples of 2⁻¹⁰ and left to the test above.
            prop_assume!((value * 1024.0).fract() != 0.0);
            let printed: i128 = format!("{value:.9}").replace('.', "").parse().unwrap();
            prop_assert_eq!(nine_digits(value), Some(printed));
        }
    }
}
