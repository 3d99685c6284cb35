//! 95 % bounds of a value.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The normal distribution's quantile at 0.975.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// Degrees of freedom beyond which the library's inverse loses digits and the expansion has them all.
const LARGE: f64 = 1000.0;

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
    if freedom > LARGE {
        return Some(near_normal(freedom));
    }
    StudentsT::new(0.0, 1.0, freedom).ok().map(|t| t.inverse_cdf(0.975))
}

/// Fisher and Cornish's expansion of the quantile about the normal one, to 1/freedom³.
fn near_normal(freedom: f64) -> f64 {
    let z = |power: i32| Z.powi(power);
    let first = (z(3) + Z) / 4.0;
    let second = (5.0 * z(5) + 16.0 * z(3) + 3.0 * Z) / 96.0;
    let third = (3.0 * z(7) + 19.0 * z(5) + 17.0 * z(3) - 15.0 * Z) / 384.0;
    Z + first / freedom + second / freedom.powi(2) + third / freedom.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::Normal;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} for {b}");
    }

    /// statsmodels.stats.proportion.proportion_confint(k, n, alpha=0.05, method="wilson")
    #[test]
    fn wilson_is_statsmodels_interval() {
        let table = [
            (0.0, 5.0, 0.0, 0.434_482_464_783_174_87),
            (3.0, 8.0, 0.136_844_285_823_597_37, 0.694_257_605_397_375_2),
            (8.0, 8.0, 0.675_592_435_116_121_8, 1.0),
            (28_605.0, 40_675.0, 0.698_799_030_541_483_7, 0.707_677_639_074_056_5),
        ];
        for (k, n, lower, upper) in table {
            let found = wilson(k / n, n);
            close(found.0, lower);
            close(found.1, upper);
        }
    }

    /// scipy.stats.t.ppf(0.975, df)
    #[test]
    fn student_is_scipys_quantile() {
        let table = [
            (1.0, 12.706_204_736_174_694),
            (2.0, 4.302_652_729_749_462),
            (4.0, 2.776_445_105_197_793_4),
            (14.0, 2.144_786_687_917_804),
            (99.0, 1.984_216_951_586_417_4),
            (1_000.0, 1.962_339_080_826_408_3),
            (1_001.0, 1.962_336_705_280_879_8),
            (5_000.0, 1.960_438_551_706_507_3),
            (200_000.0, 1.959_975_845_966_768),
        ];
        for (freedom, t) in table {
            close(quantile(freedom).unwrap(), t);
        }
    }

    #[test]
    fn every_quantile_leaves_its_tail() {
        for freedom in 1..=1_000_u32 {
            let freedom = f64::from(freedom);
            let tail = StudentsT::new(0.0, 1.0, freedom).unwrap().sf(quantile(freedom).unwrap());
            assert!((tail - 0.025).abs() < 1e-10, "{freedom}: {tail}");
        }
    }

    #[test]
    fn z_is_the_normal_quantile() {
        close(Z, Normal::standard().inverse_cdf(0.975));
    }

    #[test]
    fn below_two_respondents_there_are_no_bounds() {
        assert_eq!(student(0.5, 0.1, 1.0), None);
        assert_eq!(student(0.5, 0.0, 2.0), Some((0.5, 0.5)));
    }
}
