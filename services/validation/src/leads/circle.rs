//! How often chance alone makes a lag as strong: each site's series of the indicator is moved by a number of weeks of its
//! own, in a circle. That keeps each series' memory and breaks its link to the outcome.

use super::score::Rests;
use crate::numbers::dot;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Moves that are scored together.
const BLOCK: usize = 256;

/// Moves at least as strong after which chance is found guilty and the search ends (Besag and Clifford 1991, "Sequential
/// Monte Carlo p-values", Biometrika 78).
const ENOUGH: usize = 40;

/// The scores' products of every site, move and lag, from one table: a move costs sites × lags additions.
pub(crate) struct Circle {
    sites: usize,
    lags: usize,
    first: usize,
    moves: usize,
    /// Site × move × lag.
    products: Vec<f64>,
}

impl Circle {
    /// `None` when the weeks are too few for moves that do not touch the lags themselves.
    pub(crate) fn of(rests: &Rests, most: usize) -> Option<Self> {
        let (weeks, lags, first) = (rests.weeks, most + 1, most + 1);
        let moves = weeks.checked_sub(most + first).filter(|moves| *moves > 0)?;
        let mut products = Vec::with_capacity(rests.sites * moves * lags);
        for site in 0..rests.sites {
            let row = site * weeks..(site + 1) * weeks;
            site_products(&rests.x[row.clone()], &rests.r[row], most, (first, moves), &mut products);
        }
        Some(Self { sites: rests.sites, lags, first, moves, products })
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

    /// p of the same when all sites are moved by one number of weeks, each that there is: what they share stays shared.
    pub(crate) fn p_together(&self, strength: f64) -> f64 {
        let as_strong = self.scores(self.moves, |at| at).into_iter().filter(|score| *score >= strength).count();
        (1 + as_strong) as f64 / (1 + self.moves) as f64
    }

    /// The fewest weeks of a move.
    pub(crate) fn first(&self) -> usize {
        self.first
    }

    /// The strongest lag's score of `size` moves; `pick` says by how much a site is moved in the nth.
    fn scores(&self, size: usize, mut pick: impl FnMut(usize) -> usize) -> Vec<f64> {
        let lags = self.lags;
        let (mut sums, mut squares) = (vec![0.0; size * lags], vec![0.0; size * lags]);
        for site in 0..self.sites {
            let table = &self.products[site * self.moves * lags..(site + 1) * self.moves * lags];
            for nth in 0..size {
                let from = pick(nth) * lags;
                let u = &table[from..from + lags];
                let (sums, squares) = (&mut sums[nth * lags..][..lags], &mut squares[nth * lags..][..lags]);
                for lag in 0..lags {
                    sums[lag] += u[lag];
                    squares[lag] += u[lag] * u[lag];
                }
            }
        }
        (0..size)
            .map(move |nth| {
                let z =
                    (nth * lags..(nth + 1) * lags).map(|at| sums[at] * sums[at] / squares[at].max(f64::MIN_POSITIVE));
                z.fold(0.0, f64::max).sqrt()
            })
            .collect()
    }
}

/// For each move and lag Σ over weeks of x[(week + move) mod weeks] · r[week + lag], week + lag within the weeks.
fn site_products(x: &[f64], r: &[f64], most: usize, (first, moves): (usize, usize), into: &mut Vec<f64>) {
    let weeks = x.len();
    let twice: Vec<f64> = x.iter().chain(x).copied().collect();
    let apart = |d: usize| &twice[d..d + weeks];
    let whole: Vec<f64> = (0..first + moves).map(|d| dot(apart(d), r)).collect();
    for moved in first..first + moves {
        for lag in 0..=most {
            let d = moved - lag;
            into.push(whole[d] - dot(&apart(d)[..lag], &r[..lag]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn rests(sites: usize, weeks: usize) -> Rests {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut cells = || (0..sites * weeks).map(|_| rng.random_range(-1.0..1.0)).collect();
        Rests { sites, weeks, x: cells(), r: cells() }
    }

    #[test]
    fn the_table_says_what_moving_each_series_by_hand_says() {
        let (sites, weeks, most) = (3, 20, 4);
        let rests = rests(sites, weeks);
        let circle = Circle::of(&rests, most).unwrap();
        for moved in circle.first()..circle.first() + circle.moves {
            let by_hand: Vec<f64> =
                (0..sites * weeks).map(|at| rests.x[at / weeks * weeks + (at % weeks + moved) % weeks]).collect();
            let strongest = (0..=most.cast_signed()).map(|lag| rests.z_of(&by_hand, lag).abs()).fold(0.0, f64::max);
            let said = circle.scores(1, |_| moved - circle.first())[0];
            assert!((said - strongest).abs() < 1e-12, "{said} for {strongest}");
        }
    }

    #[test]
    fn too_few_weeks_to_move_are_told() {
        assert!(Circle::of(&rests(2, 9), 4).is_none());
        assert!(Circle::of(&rests(2, 10), 4).is_some());
    }
}
