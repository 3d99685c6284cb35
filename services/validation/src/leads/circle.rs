//! How often chance alone makes a lag as strong: each site's series of the indicator is moved by a number of weeks of its
//! own, in a circle. That keeps each series' memory and breaks its link to the outcome.

use super::score::Rests;
use crate::numbers::{add_scaled, dot, normal_quantile, quantile};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Moves that are scored together.
const BLOCK: usize = 256;

/// Numbers that are added at once.
const LANES: usize = 8;

/// Moves from which it is told how strong chance alone gets.
const CRITICAL: usize = 399;

/// Moves at least as strong after which chance is found guilty and the search ends (Besag and Clifford 1991, "Sequential
/// Monte Carlo p-values", Biometrika 78).
const ENOUGH: usize = 40;

/// The scores' products of every site, move and lag, from one table: a move costs sites × lags additions.
///
/// A score is the sum of all sites' products over what chance makes of that sum: the root of each site's mean square
/// over its moves. Unlike the sum of the products' own squares it does not depend on a handful of sites that happen to be
/// alike, so that few sites lose little; that the weeks of a site depend on each other is in it, as the moves keep that.
pub(crate) struct Circle {
    sites: usize,
    weeks: usize,
    /// Standard deviation by chance of the sum of all sites' products over all weeks.
    chance: f64,
    /// How much less that is where each site is moved on its own: sites share the mean that was taken out of each week, which
    /// moves apart break; without them G sites vary by G / (G − 1) more.
    apart: f64,
    lags: usize,
    /// Places of a move in the table: its lags, and zeros up to a multiple of [`LANES`].
    places: usize,
    first: usize,
    moves: usize,
    /// Site × move × place.
    products: Vec<f64>,
}

impl Circle {
    /// `None` when the weeks are too few for moves that do not touch the lags themselves.
    pub(crate) fn of(rests: &Rests, most: usize) -> Option<Self> {
        let (weeks, lags, first) = (rests.weeks, most + 1, most + 1);
        let moves = weeks.checked_sub(most + first).filter(|moves| *moves > 0)?;
        let places = lags.next_multiple_of(LANES);
        let mut products = vec![0.0; rests.sites * moves * places];
        let (mut variance, mut speaking) = (0.0, 0.0);
        for (site, table) in products.chunks_mut(moves * places).enumerate() {
            let row = site * weeks..(site + 1) * weeks;
            let own = site_products(&rests.x[row.clone()], &rests.r[row], most, (first, places), table);
            variance += own;
            speaking += if own > 0.0 { 1.0 } else { 0.0 };
        }
        let apart = ((speaking - 1.0) / f64::max(speaking, 1.0)).max(0.0).sqrt();
        let chance = variance.sqrt();
        Some(Self { sites: rests.sites, weeks, chance, apart, lags, places, first, moves, products })
    }

    /// The score at `lag`, about normal when nothing is there; a negative lag has the outcome first.
    pub(crate) fn z(&self, rests: &Rests, lag: isize) -> f64 {
        let chance = self.chance(lag.unsigned_abs());
        if chance > 0.0 { self.apart * rests.sum(lag) / chance } else { 0.0 }
    }

    /// Standard deviation by chance at a lag, which has so many weeks fewer.
    fn chance(&self, lag: usize) -> f64 {
        self.chance * ((self.weeks - lag) as f64 / self.weeks as f64).sqrt()
    }

    /// p of a strongest lag of `strength`, from at most `most` random moves.
    pub(crate) fn p(&self, strength: f64, most: usize, rng: &mut ChaCha8Rng) -> f64 {
        let (mut done, mut as_strong) = (0, 0);
        while done < most {
            let size = BLOCK.min(most - done);
            for score in self.scores(size, |_| rng.random_range(0..self.moves)) {
                done += 1;
                as_strong += usize::from(score >= strength);
                if as_strong == ENOUGH {
                    return ENOUGH as f64 / done as f64;
                }
            }
        }
        (1 + as_strong) as f64 / (1 + done) as f64
    }

    /// The score that chance alone makes a strongest lag pass with that share, and where that is one of so many tests. Beyond
    /// what moves can tell it goes on as independent normal scores do.
    pub(crate) fn critical(&self, share: f64, tests: usize, rng: &mut ChaCha8Rng) -> f64 {
        let mut scores = self.scores(CRITICAL, |_| rng.random_range(0..self.moves));
        let normal = |tests: usize| normal_quantile(1.0 - share / (2 * tests * self.lags) as f64);
        quantile(&mut scores, 1.0 - share) * normal(tests) / normal(1)
    }

    /// Error by chance of an effect per unit at a lag at which the regressor carries that much information.
    pub(crate) fn error(&self, lag: usize, information: f64) -> f64 {
        self.chance(lag) / self.apart / information
    }

    /// p of the same when all sites are moved by one number of weeks, each that there is: what they share stays shared.
    pub(crate) fn p_together(&self, strength: f64) -> f64 {
        let together = |score: f64| self.apart * score >= strength;
        let as_strong = self.scores(self.moves, |at| at).into_iter().filter(|score| together(*score)).count();
        (1 + as_strong) as f64 / (1 + self.moves) as f64
    }

    /// The fewest weeks of a move.
    pub(crate) fn first(&self) -> usize {
        self.first
    }

    /// The strongest lag's score of `size` moves; `pick` says by how much a site is moved in the nth.
    fn scores(&self, size: usize, mut pick: impl FnMut(usize) -> usize) -> Vec<f64> {
        let (lags, places) = (self.lags, self.places);
        let mut sums = vec![0.0; size * places];
        for site in 0..self.sites {
            let table = &self.products[site * self.moves * places..(site + 1) * self.moves * places];
            for (nth, sums) in sums.chunks_mut(places).enumerate() {
                add(sums, &table[pick(nth) * places..][..places]);
            }
        }
        let chances: Vec<f64> = (0..lags).map(|lag| self.chance(lag).max(f64::MIN_POSITIVE)).collect();
        let strongest = |sums: &[f64]| sums.iter().zip(&chances).map(|(sum, by)| (sum / by).abs()).fold(0.0, f64::max);
        sums.chunks(places).map(|sums| strongest(&sums[..lags])).collect()
    }
}

/// `into += from`, of whole [`LANES`].
fn add(into: &mut [f64], from: &[f64]) {
    for (into, from) in into.as_chunks_mut::<LANES>().0.iter_mut().zip(from.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            into[lane] += from[lane];
        }
    }
}

/// For each move and lag Σ over weeks of x[(week + move) mod weeks] · r[week + lag], week + lag within the weeks, into a table
/// of so many `places` a move. Returns the mean square of the moves' products over all weeks.
fn site_products(x: &[f64], r: &[f64], most: usize, (first, places): (usize, usize), table: &mut [f64]) -> f64 {
    let (weeks, moves) = (x.len(), table.len() / places);
    let twice: Vec<f64> = x.iter().chain(x).copied().collect();
    // By how far the two are apart: move less lag. Of all weeks at first, less those that a lag takes away, one by one.
    let mut products: Vec<f64> = (0..first + moves).map(|apart| dot(&twice[apart..apart + weeks], r)).collect();
    let square = products[first..].iter().map(|product| product * product).sum::<f64>() / moves as f64;
    for lag in 0..=most {
        let moved = &products[first - lag..first - lag + moves];
        table.chunks_mut(places).zip(moved).for_each(|(lags, product)| lags[lag] = *product);
        if lag < most {
            add_scaled(&mut products, -r[lag], &twice[lag..]);
        }
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn cells(seed: u64, count: usize) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    #[test]
    fn the_table_says_what_moving_each_series_by_hand_says() {
        let (sites, weeks, most) = (3, 20, 4);
        let (x, r) = (cells(1, sites * weeks), cells(2, sites * weeks));
        let rests = Rests { sites, weeks, x: &x, r: &r };
        let circle = Circle::of(&rests, most).unwrap();
        for moved in circle.first()..circle.first() + circle.moves {
            let by_hand: Vec<f64> =
                (0..sites * weeks).map(|at| rests.x[at / weeks * weeks + (at % weeks + moved) % weeks]).collect();
            let moved_by_hand = Rests { x: &by_hand, ..rests };
            let strongest = (0..=most.cast_signed()).map(|lag| circle.z(&moved_by_hand, lag).abs()).fold(0.0, f64::max);
            let said = circle.scores(1, |_| moved - circle.first())[0];
            assert!((said * circle.apart - strongest).abs() < 1e-12, "{said} for {strongest}");
        }
    }

    #[test]
    fn too_few_weeks_to_move_are_told() {
        let of = |weeks: usize| {
            let cells = cells(1, 2 * weeks);
            Circle::of(&Rests { sites: 2, weeks, x: &cells, r: &cells }, 4).is_some()
        };
        assert!(!of(9) && of(10));
    }
}
