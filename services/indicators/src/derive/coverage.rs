//! How complete the data behind a week are.

use super::sums::Sums;

/// Σ logged / Σ expected; `None` where nothing says what was expected.
pub(super) fn coverage(week: Option<&Sums>) -> Option<f64> {
    let (logged, expected) = week?.coverage?;
    (expected > 0).then(|| logged as f64 / expected as f64)
}

/// Whether a week's coverage is known and under the minimum.
pub(super) fn is_insufficient(minimum: Option<f64>, week: Option<&Sums>) -> bool {
    minimum.zip(coverage(week)).is_some_and(|(minimum, coverage)| coverage < minimum)
}
