//! Garwood's exact interval of a number of events.

use super::bounds::Z;
use statrs::distribution::{Continuous, ContinuousCDF, Gamma};

/// Tail on either side of a 95 % interval.
const TAIL: f64 = 0.025;

/// Steps that bring what the library finds to all its digits, from 3 of them at worst.
const STEPS: usize = 4;

/// Shapes beyond which the expansion has all digits, and the library's inverse only costs more and more.
const LARGE: f64 = 1000.0;

/// Garwood's 95 % interval of the expected number of events where `events` were counted (Garwood 1936, "Fiducial limits
/// for the Poisson distribution", Biometrika 28): χ²(0.025; 2k) / 2 and χ²(0.975; 2k + 2) / 2, which are quantiles of
/// gamma distributions of shape k and k + 1. The lower bound of no event is 0. `None` for what is no number of events.
pub(super) fn garwood(events: f64) -> Option<(f64, f64)> {
    if events < 0.0 || events.fract() != 0.0 {
        return None;
    }
    let lower = if events == 0.0 { 0.0 } else { gamma(events, TAIL, -Z)? };
    Some((lower, gamma(events + 1.0, 1.0 - TAIL, Z)?))
}

/// The quantile at `p`, which is the normal one's `z`, of the gamma distribution of that shape and rate 1.
fn gamma(shape: f64, p: f64, z: f64) -> Option<f64> {
    if shape > LARGE {
        return Some(near_normal(shape, z));
    }
    let gamma = Gamma::new(shape, 1.0).ok()?;
    // The library's own steps need its density, which overflows from shapes of 135 on; the logarithm of it does not.
    let step = |x: f64, _| x - (gamma.cdf(x) - p) / gamma.ln_pdf(x).exp();
    Some((0..STEPS).fold(gamma.inverse_cdf(p), step))
}

/// Cornish and Fisher's expansion of the quantile about the normal one, to 1 / shape² (Goldberg and Levine 1946).
fn near_normal(shape: f64, z: f64) -> f64 {
    let power = |power: i32| z.powi(power);
    let root = shape.sqrt();
    let terms = [
        shape,
        z * root,
        (power(2) - 1.0) / 3.0,
        (power(3) - 7.0 * z) / (36.0 * root),
        -(6.0 * power(4) + 14.0 * power(2) - 32.0) / (1620.0 * shape),
        (9.0 * power(5) + 256.0 * power(3) - 433.0 * z) / (38_880.0 * shape * root),
        (12.0 * power(6) - 243.0 * power(4) - 923.0 * power(2) + 1472.0) / (204_120.0 * shape * shape),
    ];
    terms.into_iter().rev().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17.1: chi2.ppf(0.025, 2 * k) / 2 and chi2.ppf(0.975, 2 * k + 2) / 2
    #[test]
    fn garwoods_interval_is_scipys() {
        let table = [
            (0.0, 0.0, 3.688_879_454_113_935_4),
            (1.0, 0.025_317_807_984_289_876, 5.571_643_390_938_898),
            (2.0, 0.242_209_278_543_964_96, 7.224_687_667_723_96),
            (3.0, 0.618_672_122_895_601_4, 8.767_273_069_742_323),
            (5.0, 1.623_486_390_118_420_7, 11.668_332_079_322_67),
            (9.0, 4.115_373_097_378_334, 17.084_803_451_419_166),
            (17.0, 9.903_126_469_607_294, 27.218_646_815_906_613),
            (40.0, 28.576_586_441_788_965, 54.468_646_963_984_064),
            (100.0, 81.363_991_250_923_14, 121.626_793_792_426_38),
            (139.0, 116.853_591_699_569_8, 164.122_759_304_957_67),
            (150.0, 126.956_161_301_244_88, 176.017_166_097_074_5),
            (365.0, 328.510_902_785_409_7, 404.434_301_892_342_1),
            (998.0, 937.035_034_237_939_8, 1_061.890_150_934_382),
            (999.0, 938.004_018_561_767_6, 1_062.921_151_224_887_8),
            (1_000.0, 938.973_018_407_695_2, 1_063.952_136_016_302),
            (1_001.0, 939.942_033_752_441_5, 1_064.983_105_331_848_7),
            (5_000.0, 4_862.359_188_694_899, 5_140.548_948_535_004_5),
            (100_000.0, 99_381.152_663_744_72, 100_621.744_739_743_88),
            (10_000_000.0, 9_993_802.996_884_268, 10_006_199.897_731_498),
            (1_000_000_000.0, 999_938_021.443_927_9, 1_000_061_981.450_408_9),
            (1_000_000_000_000.0, 999_998_040_036.962_6, 1_000_001_959_965.931_6),
        ];
        for (events, lower, upper) in table {
            let found = garwood(events).unwrap();
            for (found, expected) in [(found.0, lower), (found.1, upper)] {
                assert!((found - expected).abs() <= 1e-9 * expected, "{found} for {expected} of {events}");
            }
        }
    }

    #[test]
    fn every_bound_leaves_its_tail() {
        for events in 1..1_000_u32 {
            let (lower, upper) = garwood(f64::from(events)).unwrap();
            let below = |shape: u32, x: f64| Gamma::new(f64::from(shape), 1.0).unwrap().cdf(x);
            assert!((below(events, lower) - TAIL).abs() < 1e-12, "{events}: {lower}");
            assert!((below(events + 1, upper) - (1.0 - TAIL)).abs() < 1e-12, "{events}: {upper}");
        }
    }

    #[test]
    fn the_expansion_takes_over_without_a_step() {
        for (p, z) in [(TAIL, -Z), (1.0 - TAIL, Z)] {
            let library = gamma(LARGE, p, z).unwrap();
            assert!((near_normal(LARGE, z) - library).abs() <= 1e-11 * library);
        }
    }

    #[test]
    fn what_is_no_count_has_no_interval() {
        assert_eq!(garwood(-1.0), None);
        assert_eq!(garwood(f64::NAN), None);
        assert_eq!(garwood(f64::INFINITY), None);
        assert_eq!(garwood(0.5), None);
        assert_eq!(garwood(0.0).unwrap().0, 0.0);
    }
}
