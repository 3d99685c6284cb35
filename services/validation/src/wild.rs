//! How far the strongest of several estimates is off by chance alone.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Estimates whose sums are made at once.
const LANES: usize = 8;

/// Each draw's strongest score of several estimates in which nothing but chance is at work: each site's part of every
/// estimate's error keeps or turns its sign together, and their sum is set in relation to its own standard error again
/// (Kline and Santos 2012, "A score based approach to wild bootstrap inference"; sup-t bands: Montiel Olea and
/// Plagborg-Møller 2019). `influences` is one list of sites for each estimate; sites that are 0 took no part.
pub(crate) fn strongest(influences: &[Vec<f64>], draws: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let sites = influences.first().map_or(0, Vec::len);
    let estimates: Vec<Spread> = influences.iter().map(|influence| Spread::of(influence)).collect();
    let blocks: Vec<Vec<[f64; LANES]>> = influences.chunks(LANES).map(|some| side_by_side(some, sites)).collect();
    let mut signs = vec![0.0; sites];
    let mut draw = |_| {
        signs.fill_with(|| if rng.random::<bool>() { 1.0 } else { -1.0 });
        let sums = blocks.iter().flat_map(|block| signed_sums(block, &signs));
        estimates.iter().zip(sums).map(|(estimate, sum)| estimate.score(sum)).fold(0.0, f64::max)
    };
    (0..draws).map(&mut draw).collect()
}

/// The influences of some estimates, site by site; 0 in the place of those that there are not.
fn side_by_side(influences: &[Vec<f64>], sites: usize) -> Vec<[f64; LANES]> {
    let of = |site: usize| std::array::from_fn(|lane| influences.get(lane).map_or(0.0, |influence| influence[site]));
    (0..sites).map(of).collect()
}

fn signed_sums(block: &[[f64; LANES]], signs: &[f64]) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    for (parts, sign) in block.iter().zip(signs) {
        for lane in 0..LANES {
            sums[lane] += parts[lane] * sign;
        }
    }
    sums
}

/// What signs do not change about an estimate's parts.
struct Spread {
    taking_part: f64,
    squares: f64,
}

impl Spread {
    fn of(influence: &[f64]) -> Self {
        let taking_part = influence.iter().filter(|part| **part != 0.0).count() as f64;
        Self { taking_part, squares: influence.iter().map(|part| part * part).sum() }
    }

    fn score(&self, sum: f64) -> f64 {
        let g = self.taking_part;
        let variance = (self.squares - sum * sum / g) * g / (g - 1.0);
        if variance > 0.0 { (sum * sum / variance).sqrt() } else { 0.0 }
    }
}
