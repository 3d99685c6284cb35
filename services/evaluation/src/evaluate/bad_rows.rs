//! How many bad rows a metric can have: a few are a slip of the data, many a query that is wrong.

use super::{Computed, QueryFailure};
use indicators::{BadRow, Metric, PartRow, derive::clock};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Weeks that are looked at.
const WEEKS: u32 = 52;

/// Monday of the first of the weeks that are looked at.
pub(crate) fn since(as_of: Timestamp) -> Date {
    clock::weeks_before(clock::running_week(as_of, &TimeZone::UTC), WEEKS)
}

/// The metric's failure, if more than `percent` of its rows since `since` are bad. `good` counts the others of these weeks;
/// it is only asked for where there are bad ones.
pub(crate) fn too_many<'a>(
    metric: &Metric,
    bad: impl Iterator<Item = &'a BadRow>,
    since: Date,
    percent: usize,
    good: impl FnOnce() -> usize,
) -> Option<QueryFailure> {
    let bad: Vec<&BadRow> = bad.filter(|row| row.week >= since).collect();
    let first = bad.iter().min()?;
    let rows = bad.len() + good();
    if bad.len() * 100 <= rows * percent {
        return None;
    }
    // Which of answers' rows are bad could tell an answer, of a running week more than of others.
    let first =
        if metric.privacy.is_some() { "not named, for it is made of answers".to_owned() } else { first.to_string() };
    Some(QueryFailure::BadRows { bad: bad.len(), rows, percent, first })
}

/// Fails the metrics of which too many rows are bad, where all their weeks were computed.
pub(super) fn refuse(computed: &mut Computed, metrics: &[std::sync::Arc<Metric>], as_of: Timestamp, percent: usize) {
    let since = since(as_of);
    for metric in metrics {
        let recent = |row: &&PartRow| row.week >= since;
        let good = || computed.rows_of(&metric.name).filter(recent).count();
        if let Some(failure) = too_many(metric, computed.bad_of(&metric.name), since, percent, good) {
            computed.fail(&metric.name, failure);
        }
    }
}
