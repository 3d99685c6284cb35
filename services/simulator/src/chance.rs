//! Random draws. Every part of the organisation draws from its own stream, so that adding a draw in one place moves
//! nothing elsewhere.

use crate::number::signed;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::ops::RangeInclusive;

/// What a stream of draws is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Cast,
    Site,
    Names,
    WeekLevels,
    Leave,
    Calendar,
    Surveys,
    Training,
    Learning,
    Outcomes,
    Reference,
    Delivery,
    Stories,
    Habits,
    HabitSurveys,
    HabitDelivery,
    Roles,
    Particulars,
    PairsOfTwoSites,
    ParticularDelivery,
    Programme,
}

/// One stream of draws.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of one purpose for one site, one of its people or teams, and one week (0 where there is none).
    pub(crate) fn of(seed: u64, purpose: Purpose, site: usize, who: usize, week: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream((purpose as u64) << 56 | (site as u64) << 32 | (who as u64) << 16 | week as u64);
        Self(rng)
    }

    /// True with probability `p`.
    pub(crate) fn hits(&mut self, p: f64) -> bool {
        self.0.random::<f64>() < p
    }

    /// Uniform over whole numbers, both ends included.
    pub(crate) fn whole(&mut self, range: RangeInclusive<i64>) -> i64 {
        self.0.random_range(range)
    }

    /// [`Chance::whole`] of counts.
    pub(crate) fn count(&mut self, range: RangeInclusive<usize>) -> usize {
        usize::try_from(self.whole(signed(*range.start())..=signed(*range.end()))).unwrap_or_default()
    }

    /// Uniform over an interval.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.0.random::<f64>()
    }

    pub(crate) fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        let z: f64 = StandardNormal.sample(&mut self.0);
        mean + sd * z
    }

    /// Knuth's method: for small means.
    pub(crate) fn poisson(&mut self, mean: f64) -> usize {
        let (limit, mut product, mut n) = ((-mean).exp(), self.0.random::<f64>(), 0);
        while product > limit {
            product *= self.0.random::<f64>();
            n += 1;
        }
        n
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.0.random_range(0..from.len())]
    }

    /// One of the choices, with probability in proportion to its weight.
    pub(crate) fn weighted<T: Copy>(&mut self, from: &[(T, u32)]) -> T {
        let total: u32 = from.iter().map(|(_, weight)| weight).sum();
        let mut left = self.0.random_range(0..total);
        for (choice, weight) in from {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        from[0].0
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.0.random_range(0..=i));
        }
    }

    pub(crate) fn hex(&mut self) -> String {
        format!("{:012x}", self.0.random::<u64>() >> 16)
    }
}
