//! The best that any test could do: one that knows all but how safe each site is by itself, whether the habit works, and when.

use super::organisation::{Made, Scenario};
use crate::Measured;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson};

/// Organisations without an effect that the real one is held against.
const DRAWS: usize = 199;

/// Share of wrong claims, as the rule's.
const WRONG: f64 = 0.02;

/// Whether that test finds the planted effect. It knows each week's ups and downs of every site and the size of the effect, and
/// takes from the data only how many incidents a site had in all (a good site is not a good habit). At its share of wrong
/// claims no test that knows less finds more on average over the lags, 1 to the longest (Neyman and Pearson 1933, of the
/// likelihood given the sites' totals).
pub(super) fn finds(scenario: &Scenario, made: &Made, lags: usize, seed: u64) -> bool {
    let Measured::Count { events, .. } = &made.outcome.measured else { return false };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(1);
    let knows = Knows::of(scenario, made, lags);
    let real = knows.odds(events.cells());
    let nothing = |rng: &mut ChaCha8Rng| {
        let counts: Vec<f64> = made.without.cells().iter().map(|mean| poisson(*mean, rng)).collect();
        knows.odds(&counts)
    };
    let as_strong = (0..DRAWS).filter(|_| nothing(&mut rng) >= real).count();
    (1 + as_strong) as f64 / (1 + DRAWS) as f64 <= WRONG
}

fn poisson(mean: f64, rng: &mut ChaCha8Rng) -> f64 {
    // Most cells of rare incidents have none, which one uniform number tells.
    if rng.random::<f64>() < (-mean).exp() {
        return 0.0;
    }
    let Ok(poisson) = Poisson::new(mean) else { return 0.0 };
    loop {
        let count: f64 = poisson.sample(rng);
        if count > 0.0 {
            return count;
        }
    }
}

struct Knows {
    weeks: usize,
    lags: Vec<Lag>,
}

/// What incidents say for an effect at one lag.
struct Lag {
    /// Log of what the effect multiplies each cell's rate by.
    cells: Vec<f64>,
    /// The same of each site in all.
    sites: Vec<f64>,
}

impl Knows {
    fn of(scenario: &Scenario, made: &Made, lags: usize) -> Self {
        let weeks = made.habit.weeks();
        let at = |lag: usize| {
            let works = |site: usize, week: usize| {
                week.checked_sub(lag).map_or(1.0, |before| scenario.works(made.habit.at(site, before)))
            };
            let site = |site: usize| {
                let (usual, all) = (made.without.row(site), 0..weeks);
                let worked: f64 = all.map(|week| usual[week] * works(site, week)).sum();
                (worked / usual.iter().sum::<f64>()).ln()
            };
            Lag {
                cells: (0..made.habit.cells().len()).map(|at| works(at / weeks, at % weeks).ln()).collect(),
                sites: (0..made.habit.sites()).map(site).collect(),
            }
        };
        Self { weeks, lags: (1..=lags).map(at).collect() }
    }

    /// Odds of an effect given the incidents, all lags as likely.
    fn odds(&self, events: &[f64]) -> f64 {
        let happened: Vec<(usize, f64)> =
            events.iter().copied().enumerate().filter(|(_, events)| *events > 0.0).collect();
        let odds = |lag: &Lag| {
            let said = happened.iter().map(|(at, events)| events * (lag.cells[*at] - lag.sites[at / self.weeks]));
            said.sum::<f64>().exp()
        };
        self.lags.iter().map(odds).sum()
    }
}
