//! How far the strongest of several estimates is off by chance alone.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Each draw's strongest score of several estimates in which nothing but chance is at work: each site's part of every
/// estimate's error keeps or turns its sign together, and their sum is set in relation to its own standard error again
/// (Kline and Santos 2012, "A score based approach to wild bootstrap inference"; sup-t bands: Montiel Olea and
/// Plagborg-Møller 2019). `influences` is one list of sites for each estimate; sites that are 0 took no part.
pub(crate) fn strongest(influences: &[Vec<f64>], draws: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let sites = influences.first().map_or(0, Vec::len);
    let draw = |_| {
        let signs: Vec<f64> = (0..sites).map(|_| if rng.random::<bool>() { 1.0 } else { -1.0 }).collect();
        influences.iter().map(|influence| score(influence, &signs)).fold(0.0, f64::max)
    };
    (0..draws).map(draw).collect()
}

fn score(influence: &[f64], signs: &[f64]) -> f64 {
    let g = influence.iter().filter(|part| **part != 0.0).count() as f64;
    let (mut sum, mut squares) = (0.0, 0.0);
    for (part, sign) in influence.iter().zip(signs) {
        sum += part * sign;
        squares += part * part;
    }
    let variance = (squares - sum * sum / g) * g / (g - 1.0);
    if variance > 0.0 { (sum * sum / variance).sqrt() } else { 0.0 }
}
