//! `sum`, as the engine has it, but for sums that leave their type: the engine's own wraps around and returns a number that
//! looks like any other.

use arrow::{
    array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray},
    datatypes::{DataType, Decimal128Type, FieldRef, Int64Type, UInt64Type, i256},
};
use datafusion::{
    common::{DataFusionError, Result, ScalarValue, exec_err},
    functions_aggregate::sum::Sum,
    logical_expr::{
        Accumulator, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, ReversedUDAF, SetMonotonicity,
        Signature,
        function::{AccumulatorArgs, StateFieldsArgs},
        utils::AggregateOrderSensitivity,
    },
};
use datafusion_functions_aggregate_common::aggregate::groups_accumulator::prim_op::PrimitiveGroupsAccumulator;

/// The aggregate.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct CheckedSum(Sum);

impl AggregateUDFImpl for CheckedSum {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn documentation(&self) -> Option<&Documentation> {
        self.0.documentation()
    }
    fn signature(&self) -> &Signature {
        self.0.signature()
    }
    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.0.return_type(arguments)
    }
    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.0.state_fields(args)
    }
    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.0.order_sensitivity()
    }
    fn reverse_expr(&self) -> ReversedUDAF {
        self.0.reverse_expr()
    }
    fn set_monotonicity(&self, of: &DataType) -> SetMonotonicity {
        self.0.set_monotonicity(of)
    }
    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let Some(total) = Total::of(&args) else { return self.0.accumulator(args) };
        if args.is_distinct {
            return Ok(Box::new(Distinct { inner: self.0.accumulator(args)?, total }));
        }
        Ok(Box::new(total))
    }
    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        match Total::of(&args) {
            Some(total) if !args.is_distinct => Ok(Box::new(total)),
            _ => self.0.create_sliding_accumulator(args),
        }
    }
    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        self.0.groups_accumulator_supported(args)
    }
    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        let of = args.return_field.data_type().clone();
        let inner: Box<dyn GroupsAccumulator> = match of {
            DataType::Int64 => {
                let add = |sum: &mut i64, more| *sum = sticky(*sum, i64::MIN, i64::checked_add(*sum, more));
                Box::new(PrimitiveGroupsAccumulator::<Int64Type, _>::new(&of, add))
            }
            DataType::UInt64 => {
                let add = |sum: &mut u64, more| *sum = sticky(*sum, u64::MAX, u64::checked_add(*sum, more));
                Box::new(PrimitiveGroupsAccumulator::<UInt64Type, _>::new(&of, add))
            }
            DataType::Decimal128(..) => {
                let add = |sum: &mut i128, more| *sum = sticky(*sum, i128::MAX, i128::checked_add(*sum, more));
                Box::new(PrimitiveGroupsAccumulator::<Decimal128Type, _>::new(&of, add))
            }
            _ => return self.0.create_groups_accumulator(args),
        };
        Ok(Box::new(Groups { inner, of, name: args.name.to_owned() }))
    }
}

/// A sum that has once left its type stays out of it: `out` is no sum of that type, or the very last one.
fn sticky<T: PartialEq>(sum: T, out: T, added: Option<T>) -> T {
    if sum == out { sum } else { added.unwrap_or(out) }
}

fn left<T>(name: &str, of: &DataType) -> Result<T> {
    exec_err!("{name} leaves its type, {of}: sum fewer or smaller numbers, or CAST them to a wider type")
}

/// 10 to the power of a decimal's precision: the first number that has more digits.
fn beyond(precision: u8) -> i128 {
    10_i128.saturating_pow(u32::from(precision))
}

/// One sum a group.
struct Groups {
    inner: Box<dyn GroupsAccumulator>,
    of: DataType,
    name: String,
}

impl Groups {
    fn checked(&self, sums: ArrayRef) -> Result<ArrayRef> {
        let out = match self.of {
            DataType::Int64 => any::<Int64Type>(&sums, |sum| sum == i64::MIN),
            DataType::UInt64 => any::<UInt64Type>(&sums, |sum| sum == u64::MAX),
            DataType::Decimal128(precision, _) => {
                let beyond = beyond(precision).unsigned_abs();
                any::<Decimal128Type>(&sums, |sum| sum.unsigned_abs() >= beyond)
            }
            _ => false,
        };
        if out { left(&self.name, &self.of) } else { Ok(sums) }
    }
}

fn any<T: ArrowPrimitiveType>(sums: &ArrayRef, out: impl Fn(T::Native) -> bool) -> bool {
    sums.as_primitive::<T>().iter().flatten().any(out)
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.inner.update_batch(values, groups, filter, total)
    }
    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.inner.merge_batch(values, groups, total)
    }
    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let sums = self.inner.evaluate(emit)?;
        self.checked(sums)
    }
    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let sums = self.inner.state(emit)?;
        sums.into_iter().map(|sums| self.checked(sums)).collect()
    }
    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(values, filter)
    }
    fn size(&self) -> usize {
        self.inner.size()
    }
}

/// One sum, of all rows or of a window's: wide enough for any, and held to its type when it is asked for.
#[derive(Debug, Clone)]
struct Total {
    sum: i256,
    rows: usize,
    of: DataType,
    name: String,
}

impl Total {
    /// `None` for what is not summed exactly.
    fn of(args: &AccumulatorArgs<'_>) -> Option<Self> {
        let of = args.return_field.data_type().clone();
        let exact = matches!(of, DataType::Int64 | DataType::UInt64 | DataType::Decimal128(..));
        exact.then(|| Self { sum: i256::ZERO, rows: 0, of, name: args.name.to_owned() })
    }

    /// The sum of the values, and how many there are.
    fn summed(values: &ArrayRef) -> Result<(i256, usize)> {
        let sum = match values.data_type() {
            DataType::Int64 => sum::<Int64Type>(values),
            DataType::UInt64 => sum::<UInt64Type>(values),
            DataType::Decimal128(..) => sum::<Decimal128Type>(values),
            other => return exec_err!("sum of {other}"),
        };
        Ok((sum, values.len() - values.null_count()))
    }

    fn narrowed(&self) -> Option<ScalarValue> {
        let sum = self.sum.to_i128()?;
        match self.of {
            DataType::Int64 => Some(ScalarValue::Int64(Some(i64::try_from(sum).ok()?))),
            DataType::UInt64 => Some(ScalarValue::UInt64(Some(u64::try_from(sum).ok()?))),
            DataType::Decimal128(precision, scale) => (sum.unsigned_abs() < beyond(precision).unsigned_abs())
                .then_some(ScalarValue::Decimal128(Some(sum), precision, scale)),
            _ => None,
        }
    }
}

fn sum<T: ArrowPrimitiveType<Native: Into<i128>>>(values: &ArrayRef) -> i256 {
    let mut sum = i256::ZERO;
    let mut run = 0_i128;
    for value in values.as_primitive::<T>().iter().flatten() {
        let value: i128 = value.into();
        run = run.checked_add(value).unwrap_or_else(|| {
            sum = sum.wrapping_add(i256::from_i128(run));
            value
        });
    }
    sum.wrapping_add(i256::from_i128(run))
}

impl Accumulator for Total {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sum, rows) = Self::summed(&values[0])?;
        (self.sum, self.rows) = (self.sum.wrapping_add(sum), self.rows + rows);
        Ok(())
    }
    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sum, rows) = Self::summed(&values[0])?;
        (self.sum, self.rows) = (self.sum.wrapping_sub(sum), self.rows.saturating_sub(rows));
        Ok(())
    }
    fn supports_retract_batch(&self) -> bool {
        true
    }
    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.rows == 0 {
            return ScalarValue::try_from(&self.of);
        }
        self.narrowed().map_or_else(|| left(&self.name, &self.of), Ok)
    }
    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }
    fn size(&self) -> usize {
        size_of_val(self) + self.name.capacity()
    }
}

/// A sum of distinct values: the engine keeps them, and they are summed here.
#[derive(Debug)]
struct Distinct {
    inner: Box<dyn Accumulator>,
    total: Total,
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.inner.update_batch(values)
    }
    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.inner.merge_batch(states)
    }
    fn evaluate(&mut self) -> Result<ScalarValue> {
        let state = self.inner.state()?;
        let Some(ScalarValue::List(values)) = state.first() else {
            return Err(DataFusionError::Internal("a distinct sum that keeps no list".to_owned()));
        };
        let mut total = self.total.clone();
        total.update_batch(&[values.values().clone()])?;
        total.evaluate()
    }
    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }
    fn size(&self) -> usize {
        self.inner.size() + self.total.size()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;

    /// `SELECT` over two rows of a group each: `v` as that type, and a smaller one.
    async fn run(select: &str, of: &str, values: &[&str]) -> Result<Vec<String>, String> {
        let ctx = crate::session::session(64 << 20, 2).unwrap();
        let rows: Vec<String> = values.iter().map(|v| format!("SELECT CAST('{v}' AS {of}) AS v, 'g' AS g")).collect();
        let text = select.replace("THESE", &format!("({})", rows.join(" UNION ALL ")));
        let batches = ctx.sql(&text).await.unwrap().collect().await.map_err(|error| error.to_string())?;
        let texts = batches.iter().flat_map(|batch| {
            let column = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8).unwrap();
            column.as_string::<i32>().iter().map(|text| text.unwrap_or("NULL").to_owned()).collect::<Vec<_>>()
        });
        Ok(texts.collect())
    }

    const SHAPES: [&str; 4] = [
        "SELECT SUM(v) FROM THESE",
        "SELECT SUM(v) FROM THESE GROUP BY g",
        "SELECT SUM(v) OVER (PARTITION BY g) AS s FROM THESE LIMIT 1",
        "SELECT SUM(DISTINCT v) FROM THESE GROUP BY g",
    ];

    #[tokio::test]
    async fn a_sum_that_leaves_its_type_is_an_error_wherever_it_is_made() {
        let nines = "9".repeat(29);
        let half = "5".to_owned() + &"0".repeat(28);
        let edge: [(&str, String, String); 4] = [
            ("DECIMAL(38,9)", nines.clone(), half.clone()),
            ("DECIMAL(38,18)", "9".repeat(20), "5".to_owned() + &"0".repeat(19)),
            ("BIGINT", i64::MAX.to_string(), 2.to_string()),
            ("BIGINT", i64::MIN.to_string(), (-1).to_string()),
        ];
        for (of, a, b) in &edge {
            for shape in SHAPES {
                let error = run(shape, of, &[a, b]).await.unwrap_err();
                assert!(error.contains("leaves its type") && error.contains("CAST"), "{shape}, {of}: {error}");
                assert!(!error.contains(a.as_str()), "no number is told: {error}");
            }
        }
    }

    #[tokio::test]
    async fn every_other_sum_is_what_it_was() {
        for shape in SHAPES {
            assert_eq!(run(shape, "BIGINT", &["9223372036854775806", "1"]).await.unwrap(), ["9223372036854775807"]);
            let sum = run(shape, "DECIMAL(38,9)", &["99999999999999999999999999999", "-99999999999999999999999999998"]);
            assert_eq!(sum.await.unwrap(), ["1.000000000"]);
            assert_eq!(run(shape, "DECIMAL(4,2)", &["99.99", "0.01"]).await.unwrap(), ["100.00"]);
            assert_eq!(run(shape, "DOUBLE", &["0.5", "0.25"]).await.unwrap(), ["0.75"]);
        }
        let none = "SELECT SUM(v) FROM THESE WHERE v > 5";
        assert_eq!(run(none, "BIGINT", &["1"]).await.unwrap(), ["NULL"]);
        let sliding = "SELECT SUM(v) OVER (ORDER BY v ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM THESE";
        assert_eq!(run(sliding, "BIGINT", &["1", "2", "4"]).await.unwrap(), ["1", "3", "6"]);
    }
}
