//! `respondents(respondent_id, survey_id)`: how many people stand behind a row.

use super::signature::documented;
use arrow::{
    array::{Array, ArrayRef, AsArray, StringArray},
    datatypes::{DataType, Field, FieldRef, Int64Type},
};
use datafusion::{
    common::{Result, ScalarValue, utils::SingleRowListArrayBuilder},
    logical_expr::{
        Accumulator, AggregateUDFImpl, Documentation, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

/// Distinct respondents; or, if any answer lacks the id, the most answers to one survey.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Respondents {
    signature: Signature,
}

impl Default for Respondents {
    fn default() -> Self {
        Self { signature: Signature::exact(vec![DataType::Utf8, DataType::Utf8], Volatility::Immutable) }
    }
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(item, true)))
}

impl AggregateUDFImpl for Respondents {
    fn name(&self) -> &str {
        "respondents"
    }
    fn documentation(&self) -> Option<&Documentation> {
        static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
            documented(
                "respondents(respondent_id VARCHAR, survey_id VARCHAR) → BIGINT",
                "Aggregate: how many people stand behind the row. Distinct respondents; where an answer lacks the id, \
                 the most answers to one survey. The only aggregate that the part `respondents` may be.",
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
    fn is_nullable(&self) -> bool {
        false
    }
    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(Some(0)))
    }
    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |part: &str, of| Arc::new(Field::new(format!("{}[{part}]", args.name), of, true));
        Ok(vec![
            field("ids", list_of(DataType::Utf8)),
            field("unnamed", DataType::Boolean),
            field("surveys", list_of(DataType::Utf8)),
            field("answers", list_of(DataType::Int64)),
        ])
    }
    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(People::default()))
    }
}

/// Who answered, and how many answers each survey has.
#[derive(Debug, Default)]
struct People {
    ids: BTreeSet<String>,
    unnamed: bool,
    surveys: BTreeMap<String, i64>,
    bytes: usize,
}

impl People {
    fn add(&mut self, id: Option<&str>, survey: Option<&str>) {
        match id {
            Some(id) if !self.ids.contains(id) => {
                self.bytes += id.len() + 64;
                self.ids.insert(id.to_owned());
            }
            Some(_) => {}
            None => self.unnamed = true,
        }
        self.count(survey.unwrap_or_default(), 1);
    }
    fn count(&mut self, survey: &str, answers: i64) {
        match self.surveys.get_mut(survey) {
            Some(count) => *count += answers,
            None => {
                self.bytes += survey.len() + 64;
                self.surveys.insert(survey.to_owned(), answers);
            }
        }
    }
}

fn list(states: &ArrayRef, row: usize) -> ArrayRef {
    states.as_list::<i32>().value(row)
}

impl Accumulator for People {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (ids, surveys) = (values[0].as_string::<i32>(), values[1].as_string::<i32>());
        ids.iter().zip(surveys.iter()).for_each(|(id, survey)| self.add(id, survey));
        Ok(())
    }
    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let unnamed = states[1].as_boolean();
        for row in 0..unnamed.len() {
            let ids = list(&states[0], row);
            for id in ids.as_string::<i32>().iter().flatten().filter(|id| !self.ids.contains(*id)).collect::<Vec<_>>() {
                self.bytes += id.len() + 64;
                self.ids.insert(id.to_owned());
            }
            self.unnamed |= unnamed.is_valid(row) && unnamed.value(row);
            let (surveys, answers) = (list(&states[2], row), list(&states[3], row));
            for (survey, count) in surveys.as_string::<i32>().iter().zip(answers.as_primitive::<Int64Type>().iter()) {
                self.count(survey.unwrap_or_default(), count.unwrap_or_default());
            }
        }
        Ok(())
    }
    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let one = |array: ArrayRef| SingleRowListArrayBuilder::new(array).build_list_scalar();
        Ok(vec![
            one(Arc::new(StringArray::from_iter_values(&self.ids))),
            ScalarValue::Boolean(Some(self.unnamed)),
            one(Arc::new(StringArray::from_iter_values(self.surveys.keys()))),
            one(Arc::new(arrow::array::Int64Array::from_iter_values(self.surveys.values().copied()))),
        ])
    }
    fn evaluate(&mut self) -> Result<ScalarValue> {
        let people = if self.unnamed {
            self.surveys.values().copied().max().unwrap_or(0)
        } else {
            i64::try_from(self.ids.len()).unwrap_or(i64::MAX)
        };
        Ok(ScalarValue::Int64(Some(people)))
    }
    fn size(&self) -> usize {
        size_of::<Self>() + self.bytes
    }
}
