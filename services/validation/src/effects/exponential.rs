//! The exponential function of many numbers at once. A library's is called for each number; this is plain arithmetic without
//! branches, which the compiler does for several at a time.

/// Exponents farther from 0 than this leave the range of numbers, or come near to it.
const FAR: f64 = 700.0;

/// Adding it to a number of less than 2⁵¹ rounds that to a whole one, which then stands in the lowest bits.
const ROUNDS: f64 = 6_755_399_441_055_744.0;

/// ln 2 in two parts: products of the first with whole numbers up to 2²⁰ are exact.
const LN_2: [f64; 2] = [f64::from_bits(0x3FE6_2E42_FEE0_0000), f64::from_bits(0x3DEA_39EF_3579_3C76)];

/// 1/13! … 1/2!: the series of e^r, which beyond these is below a number's last digit for |r| ≤ ln 2 / 2.
const SERIES: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    1.0 / 2.0,
];

/// `into[i] *= exp(factor · values[i])`.
pub(super) fn multiply_by_exponentials(into: &mut [f64], factor: f64, values: &[f64]) {
    let farthest = values.iter().fold(0.0f64, |most, value| if value.abs() > most { value.abs() } else { most });
    let near = factor.abs() * farthest <= FAR;
    let cells = into.iter_mut().zip(values);
    match near {
        true => cells.for_each(|(cell, value)| *cell *= exponential(factor * value)),
        false => cells.for_each(|(cell, value)| *cell *= (factor * value).exp()),
    }
}

/// e^x = 2^k · e^r with k whole and r = x − k ln 2, for |x| ≤ [`FAR`].
#[inline]
fn exponential(x: f64) -> f64 {
    let rounded = x * std::f64::consts::LOG2_E + ROUNDS;
    let k = rounded - ROUNDS;
    let r = (x - k * LN_2[0]) - k * LN_2[1];
    let series = SERIES.iter().fold(0.0, |sum, term| sum * r + term);
    let power = f64::from_bits((rounded.to_bits() << 52).wrapping_add(1.0f64.to_bits()));
    (1.0 + (r + r * r * series)) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_librarys_to_the_last_digits() {
        for x in (-7000..=7000).map(|tenths| f64::from(tenths) / 10.0 + 0.012_345) {
            let (mut got, expected) = ([2.0], 2.0 * x.exp());
            multiply_by_exponentials(&mut got, -0.5, &[-2.0 * x]);
            assert!((got[0] / expected - 1.0).abs() < 1e-15, "{x}: {} for {expected}", got[0]);
        }
    }

    #[test]
    fn what_leaves_the_range_does_so_as_the_librarys() {
        let mut cells = [1.0, 1.0, 0.0];
        multiply_by_exponentials(&mut cells, 1000.0, &[1.0, -1.0, 0.5]);
        assert_eq!(cells[..2], [f64::INFINITY, 0.0]);
    }
}
