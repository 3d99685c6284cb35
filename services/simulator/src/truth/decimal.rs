//! Whole numbers of the last digit, written as decimals.

/// One, in units of the ninth digit.
pub(crate) const ONE: i128 = 1_000_000_000;

/// Units of the ninth digit, as DECIMAL(38,9) prints.
pub(super) fn nine(units: i128) -> String {
    format!("{}.{:09}", units / ONE, units % ONE)
}

/// Units of the eighteenth digit, as DECIMAL(38,18) prints.
pub(super) fn eighteen(units: i128) -> String {
    let one = ONE * ONE;
    format!("{}.{:018}", units / one, units % one)
}

/// A fraction of units rounded half away from zero. Neither is negative.
pub(crate) fn quotient(units: i128, by: i128) -> i128 {
    (2 * units + by) / (2 * by)
}

#[cfg(test)]
mod tests {
    #[test]
    fn decimals_are_written_in_full() {
        assert_eq!(super::nine(12_600 * super::ONE), "12600.000000000");
        assert_eq!(super::nine(500_000), "0.000500000");
        assert_eq!(super::eighteen(5), "0.000000000000000005");
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!((super::quotient(5, 2), super::quotient(4, 3), super::quotient(5, 3)), (3, 1, 2));
    }
}
