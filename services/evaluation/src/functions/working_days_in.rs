//! `working_days_in(week, working_days)` and `working_days_in(week, working_days, from, to)`: how many days of a week are
//! worked on.

use super::signature::documented;
use arrow::{
    array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, StringArray},
    compute::cast,
    datatypes::{ArrowNativeType, DataType, Date32Type, Field},
};
use datafusion::{
    common::{Result, plan_err},
    logical_expr::{ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility},
};
use std::sync::{Arc, LazyLock};

/// As `sites.working_days` names them.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Monday to Friday, a bit a day from Monday on.
const USUAL: u8 = 0b001_1111;
/// 1970-01-01 was a Thursday: so many days after a Monday.
const EPOCH: i32 = 3;

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct WorkingDaysIn {
    signature: Signature,
}

impl Default for WorkingDaysIn {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for WorkingDaysIn {
    fn name(&self) -> &str {
        "working_days_in"
    }
    fn documentation(&self) -> Option<&Documentation> {
        static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "working_days_in(week DATE, working_days list of VARCHAR[, from DATE, to DATE]) → BIGINT",
                "Days of the week that begins on that Monday which are among `sites.working_days` (Monday to Friday \
                 where that is NULL), and not before `from` nor after `to`, where those are not NULL.",
            )
        });
        Some(&DOCUMENTATION)
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }
    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [week, days, bounds @ ..] = types else {
            return plan_err!("working_days_in takes a week and the working days, and may take a first and a last day");
        };
        if !matches!(bounds.len(), 0 | 2) {
            return plan_err!("working_days_in takes a first and a last day, or neither; NULL is no bound");
        }
        if let Some(wrong) = [week].into_iter().chain(bounds).find(|of| !(**of == DataType::Date32 || of.is_null())) {
            return plan_err!("working_days_in takes dates, not {wrong}");
        }
        let texts = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
        let days = match days {
            DataType::Null => texts,
            DataType::List(day) if day.data_type().is_string() => days.clone(),
            other => return plan_err!("working_days_in takes a list of days such as sites.working_days, not {other}"),
        };
        let dates = bounds.iter().map(|_| DataType::Date32);
        Ok([DataType::Date32, days].into_iter().chain(dates).collect())
    }
    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array(Arc::new(counts(&arrays)?)))
    }
}

fn counts(arrays: &[ArrayRef]) -> Result<Int64Array> {
    let weeks = arrays[0].as_primitive::<Date32Type>();
    let days = Days::new(&arrays[1])?;
    let bound = |at: usize| arrays.get(at).map(|dates| dates.as_primitive::<Date32Type>());
    let (from, to) = (bound(2), bound(3));
    let count = |row: usize| {
        weeks.is_valid(row).then(|| {
            let first = value(from, row).unwrap_or(i32::MIN);
            let last = value(to, row).unwrap_or(i32::MAX);
            let week = weeks.value(row);
            let counts = |date: &i32| first <= *date && *date <= last && days.of(row) & weekday(*date) > 0;
            i64::try_from((week..week.saturating_add(7)).filter(counts).count()).unwrap_or(i64::MAX)
        })
    };
    Ok((0..weeks.len()).map(count).collect())
}

fn value(dates: Option<&Date32Array>, row: usize) -> Option<i32> {
    dates.filter(|dates| dates.is_valid(row)).map(|dates| dates.value(row))
}

/// The bit of a date's day of the week.
fn weekday(date: i32) -> u8 {
    1 << (i64::from(date) + i64::from(EPOCH)).rem_euclid(7)
}

/// Lists of days, as bits.
struct Days<'a> {
    lists: &'a arrow::array::ListArray,
    names: StringArray,
}

impl<'a> Days<'a> {
    fn new(lists: &'a ArrayRef) -> Result<Self> {
        let lists = lists.as_list::<i32>();
        let names = cast(lists.values(), &DataType::Utf8)?.as_string::<i32>().clone();
        Ok(Self { lists, names })
    }

    /// The days of a row. A name that is no day's is none.
    fn of(&self, row: usize) -> u8 {
        if self.lists.is_null(row) {
            return USUAL;
        }
        let offsets = self.lists.value_offsets();
        let (from, to) = (offsets[row].as_usize(), offsets[row + 1].as_usize());
        let named = (from..to).filter(|at| self.names.is_valid(*at)).map(|at| self.names.value(at));
        named.filter_map(|name| DAYS.iter().position(|day| *day == name)).fold(0, |days, day| days | 1 << day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ListBuilder, StringBuilder};
    use jiff::civil::date;

    fn days(day: i8) -> i32 {
        indicators::calendar::days_of_date(date(2026, 3, day))
    }

    /// Of the week of 2026-03-02.
    fn of(working: Option<&[&str]>, from: Option<i8>, to: Option<i8>) -> i64 {
        let mut lists = ListBuilder::new(StringBuilder::new());
        match working {
            Some(names) => lists.append_value(names.iter().map(Some)),
            None => lists.append_null(),
        }
        let dates = |day: Option<i8>| -> ArrayRef { Arc::new(Date32Array::from(vec![day.map(days)])) };
        counts(&[dates(Some(2)), Arc::new(lists.finish()), dates(from), dates(to)]).unwrap().value(0)
    }

    #[test]
    fn days_within_the_bounds_count_once() {
        assert_eq!(of(None, None, None), 5);
        assert_eq!(of(None, Some(4), None), 3); // from Wednesday on
        assert_eq!(of(None, None, Some(4)), 3);
        assert_eq!(of(None, Some(7), None), 0); // the weekend
        assert_eq!(of(None, Some(9), None), 0);
        assert_eq!(of(None, None, Some(1)), 0);
        assert_eq!(of(None, Some(5), Some(3)), 0);
        let sunday_to_thursday: &[&str] = &["sun", "mon", "tue", "wed", "thu"];
        assert_eq!(of(Some(sunday_to_thursday), None, None), 5);
        assert_eq!(of(Some(sunday_to_thursday), Some(5), None), 2); // Thursday and Sunday
        assert_eq!(of(Some(&["mon", "mon"]), None, None), 1);
        assert_eq!(of(Some(&DAYS), None, None), 7);
    }
}
