//! The functions that metric queries have beyond SQL's own.
//!
//! | function | gives |
//! | --- | --- |
//! | `covered_seconds(starts_at, ends_at)` | aggregate: length of the union of intervals, DECIMAL(18,6), 0 for none |
//! | `respondents(respondent_id, survey_id)` | aggregate: how many people stand behind a row |
//! | `week_in(at, timezone)` | Monday of the site-local week of an instant; UTC where the zone is unknown |
//! | `cut_at_weeks(starts_at, ends_at, timezone)` | the pieces of an interval, one a site-local week |
//! | `score(items)` | a survey response's score, 0 to 1, DECIMAL(10,9) |
//! | `rounded_quotient(sum, count)` | DECIMAL(38,9), rounded half away from zero |
//! | `exact_square(x)` | DECIMAL(38,18) of a DECIMAL(38,9) |

mod covered_seconds;
mod cut_at_weeks;
mod intervals;
mod latest;
mod numbers;
mod respondents;
mod score;
mod week_in;
mod zones;

pub(crate) use latest::latest;

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::{
    logical_expr::{AggregateUDF, ScalarUDF},
    prelude::SessionContext,
};

/// Timestamps as every table has them.
pub(crate) fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Makes the functions known to a session.
pub(crate) fn register(ctx: &SessionContext) {
    ctx.register_udaf(AggregateUDF::new_from_impl(covered_seconds::CoveredSeconds::default()));
    ctx.register_udaf(AggregateUDF::new_from_impl(respondents::Respondents::default()));
    for function in [week_in(), cut_at_weeks()] {
        ctx.register_udf(function);
    }
    ctx.register_udf(ScalarUDF::new_from_impl(score::Score::default()));
    ctx.register_udf(ScalarUDF::new_from_impl(numbers::RoundedQuotient::default()));
    ctx.register_udf(ScalarUDF::new_from_impl(numbers::ExactSquare::default()));
}

/// `week_in(at, timezone)`.
pub(crate) fn week_in() -> ScalarUDF {
    ScalarUDF::new_from_impl(week_in::WeekIn::default())
}

/// `cut_at_weeks(starts_at, ends_at, timezone)`.
pub(crate) fn cut_at_weeks() -> ScalarUDF {
    ScalarUDF::new_from_impl(cut_at_weeks::CutAtWeeks::default())
}
