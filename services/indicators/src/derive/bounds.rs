//! 95 % bounds of a value.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The normal distribution's quantile at 0.975.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's interval for `p` of `n` observations.
pub(super) fn wilson(p: f64, n: f64) -> (f64, f64) {
    let p = p.clamp(0.0, 1.0);
    let scale = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

/// Student's interval for a mean of `n` respondents with that variance; `None` below 2 of them.
pub(super) fn student(mean: f64, variance: f64, n: f64) -> Option<(f64, f64)> {
    if n < 2.0 {
        return None;
    }
    let half = quantile(n - 1.0)? * (variance / n).sqrt();
    Some((mean - half, mean + half))
}

/// Student's t at 0.975.
fn quantile(freedom: f64) -> Option<f64> {
    StudentsT::new(0.0, 1.0, freedom).ok().map(|t| t.inverse_cdf(0.975))
}
