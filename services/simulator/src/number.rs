//! Counts of people, weeks and minutes as the numbers that arithmetic, events and clocks take. All are small: what does not
//! fit its new type is none of them.

/// A count as a real number.
pub(crate) fn real(count: impl TryInto<u32>) -> f64 {
    f64::from(count.try_into().unwrap_or(u32::MAX))
}

/// A count that may be subtracted from.
pub(crate) fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
