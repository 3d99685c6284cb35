//! How many bad rows a metric can have: a few are a slip of the data, many a query that is wrong.

use super::{Computed, QueryFailure};
use crate::{BadRow, Metric, PartRow, derive::clock};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Weeks that are looked at.
const WEEKS: u32 = 52;
/// Most bad rows in a hundred.
const MOST_PERCENT: usize = 5;

/// Monday of the first of the weeks that are looked at.
pub(crate) fn since(as_of: Timestamp) -> Date {
    clock::weeks_before(clock::running_week(as_of, &TimeZone::UTC), WEEKS)
}

/// The metric's failure, if too many of its rows since `since` are bad. `good` counts the others of these weeks; it is
/// only asked for where there are bad ones.
pub(crate) fn too_many<'a>(
    metric: &Metric,
    bad: impl Iterator<Item = &'a BadRow>,
    since: Date,
    good: impl FnOnce() -> usize,
) -> Option<QueryFailure> {
    let bad: Vec<&BadRow> = bad.filter(|row| row.week >= since).collect();
    let first = bad.first()?;
    let rows = bad.len() + good();
    if bad.len() * 100 <= rows * MOST_PERCENT {
        return None;
    }
    let first = bad
        .iter()
        .find_map(|row| row.told(metric))
        .map_or_else(|| format!("week {}, of too few respondents to be named", first.week), |row| row.to_string());
    Some(QueryFailure::BadRows { bad: bad.len(), rows, first })
}

/// Fails the metrics of which too many rows are bad, where all their weeks were computed.
pub(super) fn refuse(computed: &mut Computed, metrics: &[std::sync::Arc<Metric>], as_of: Timestamp) {
    let since = since(as_of);
    for metric in metrics {
        let recent = |row: &&PartRow| row.week >= since;
        let good = || computed.rows_of(&metric.name).filter(recent).count();
        if let Some(failure) = too_many(metric, computed.bad_of(&metric.name), since, good) {
            computed.fail(&metric.name, failure);
        }
    }
}
