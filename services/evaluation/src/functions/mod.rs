//! The functions that metric queries have beyond SQL's own. Each says what it returns in its `documentation`, of which the
//! reference of queries is made.

mod checked_sum;
mod covered_seconds;
mod cut_at;
mod intervals;
mod latest;
mod local_time;
mod numbers;
mod respondents;
mod score;
mod signature;
mod working_days_in;
mod zones;

pub use latest::{latest, latest_to_come};
pub use signature::{OURS, civil, timestamp};

use datafusion::{
    logical_expr::{AggregateUDF, ScalarUDF},
    prelude::SessionContext,
};

/// Makes the functions known to a session.
pub fn register(ctx: &SessionContext) {
    ctx.register_udaf(AggregateUDF::new_from_impl(checked_sum::CheckedSum::default()));
    ctx.register_udaf(AggregateUDF::new_from_impl(covered_seconds::CoveredSeconds::default()));
    ctx.register_udaf(AggregateUDF::new_from_impl(respondents::Respondents::default()));
    for function in [week_in(), local_time(), cut_at_weeks()] {
        ctx.register_udf(function);
    }
    ctx.register_udf(ScalarUDF::new_from_impl(cut_at::CutAt::hours()));
    ctx.register_udf(ScalarUDF::new_from_impl(working_days_in::WorkingDaysIn::default()));
    ctx.register_udf(ScalarUDF::new_from_impl(score::Score::default()));
    ctx.register_udf(ScalarUDF::new_from_impl(numbers::RoundedQuotient::default()));
    ctx.register_udf(ScalarUDF::new_from_impl(numbers::ExactSquare::default()));
}

/// `week_in(at, timezone)`.
pub fn week_in() -> ScalarUDF {
    ScalarUDF::new_from_impl(local_time::WeekIn::default())
}

/// `local_time(at, timezone)`.
pub fn local_time() -> ScalarUDF {
    ScalarUDF::new_from_impl(local_time::LocalTime::default())
}

/// `cut_at_weeks(starts_at, ends_at, timezone)`.
pub fn cut_at_weeks() -> ScalarUDF {
    ScalarUDF::new_from_impl(cut_at::CutAt::weeks())
}
