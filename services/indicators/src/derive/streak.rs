//! Weeks in a row on the wrong side of the threshold.

use super::{
    measure::Measure,
    rows::{SiteRows, Weeks},
};
use crate::clock::weeks_between;
use jiff::civil::Date;

/// Weeks without a value in a row that a streak outlives.
const GAP: i64 = 4;

/// Length of the streak that ends with week `last`, 0 when the newest value is not worse than `below`. `None` when
/// there is no value to say so: none at all, or none in the last 4 weeks and `last`.
/// `before` gives the weeks that `rows` does not have.
pub(super) fn streak(
    measure: &Measure,
    below: f64,
    rows: &SiteRows<'_>,
    last: Date,
    before: impl FnOnce() -> Weeks,
) -> Option<u32> {
    let mut streak = None;
    let mut reached = None;
    for (week, sums) in rows.back_from(last, before) {
        let missing = reached.map_or(weeks_between(week, last), |later| weeks_between(week, later) - 1);
        if missing > GAP {
            break;
        }
        let length = streak.get_or_insert(0);
        if measure.shortfall(below, measure.value(&sums)) <= 0.0 {
            break;
        }
        *length += 1;
        reached = Some(week);
    }
    streak
}
