//! Quantiles and tails of the distributions that tests and intervals need, to nine digits; NaN outside their domain.

use statrs::distribution::{Beta, ChiSquared, Continuous, ContinuousCDF, FisherSnedecor, Gamma, Normal, StudentsT};

/// Newton's steps that bring what the library finds to all its digits.
const STEPS: usize = 4;

/// Student's t at `p` with that many degrees of freedom (above 0, whole or not).
pub fn student_quantile(p: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |t| polished(&t, t.inverse_cdf(p), p))
}

/// Probability of a Student's t at least as far from 0 as `t`, on either side.
pub fn student_two_sided(t: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |d| (2.0 * d.cdf(-t.abs())).min(1.0))
}

/// The standard normal distribution's quantile at `p`.
pub fn normal_quantile(p: f64) -> f64 {
    let normal = Normal::standard();
    polished(&normal, normal.inverse_cdf(p), p)
}

/// Probability of a χ² above `x`.
pub fn chi_squared_upper(x: f64, freedom: f64) -> f64 {
    ChiSquared::new(freedom).map_or(f64::NAN, |d| d.sf(x))
}

/// Probability of an F above `x`.
pub fn fisher_upper(x: f64, first: f64, second: f64) -> f64 {
    FisherSnedecor::new(first, second).map_or(f64::NAN, |d| d.sf(x))
}

/// Quantile at `p` of the χ² distribution.
pub(crate) fn chi_squared_quantile(p: f64, freedom: f64) -> f64 {
    2.0 * gamma_quantile(p, freedom / 2.0)
}

/// Quantile at `p` of the gamma distribution of that shape and rate 1.
pub(crate) fn gamma_quantile(p: f64, shape: f64) -> f64 {
    Gamma::new(shape, 1.0).map_or(f64::NAN, |d| polished(&d, d.inverse_cdf(p), p))
}

/// Quantile at `p` of the beta distribution of those shapes.
pub(crate) fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |d| polished(&d, d.inverse_cdf(p), p))
}

fn polished(d: &(impl ContinuousCDF<f64, f64> + Continuous<f64, f64>), start: f64, p: f64) -> f64 {
    let step = |x: f64, _| {
        let next = x - (d.cdf(x) - p) / d.ln_pdf(x).exp();
        if next.is_finite() { next } else { x }
    };
    (0..STEPS).fold(start, step)
}

/// The dot product, in eight sums of their own so that it is vectorised; the order is fixed, so is the result.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (x, y) in a8.iter().zip(b8) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}

/// The sum, made as [`dot`] makes its own.
pub(crate) fn sum(v: &[f64]) -> f64 {
    let (v8, rest) = v.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for x in v8 {
        for lane in 0..8 {
            sums[lane] += x[lane];
        }
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

/// `into += factor · v`.
pub(crate) fn add_scaled(into: &mut [f64], factor: f64, v: &[f64]) {
    for (sum, x) in into.iter_mut().zip(v) {
        *sum += factor * x;
    }
}

/// A count, as a whole number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole, and saturates at both ends")]
pub(crate) fn whole(count: f64) -> usize {
    count as usize
}

/// The quantile at `p` of values, linear between order statistics as numpy has it; NaN of none.
pub(crate) fn quantile(values: &mut [f64], p: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    let at = p * (values.len() - 1) as f64;
    let (low, high) = (values[whole(at.floor())], values[whole(at.ceil())]);
    low + (high - low) * at.fract()
}
