//! Intervals that hold where a group is a handful of sites.

use super::Effect;
use super::aggregate::Aggregate;
use crate::leads::Band;
use crate::numbers::{student_quantile, student_two_sided};

/// An estimate's error with the degrees of freedom that it deserves: the sites that started together are a sample of their
/// own, each with its n / (n − 1), and the smallest counts most (Satterthwaite 1946, Biometrics Bulletin 2).
pub(super) struct Spread {
    estimate: f64,
    /// The plain error, as published.
    published: f64,
    error: f64,
    freedom: f64,
}

impl Spread {
    pub(super) fn of(aggregate: &Aggregate, starts: &[Option<usize>]) -> Self {
        let (mut variance, mut parts) = (0.0, 0.0);
        for group in groups(starts) {
            let own = || aggregate.influence.iter().zip(starts).filter(|(i, start)| **start == group && **i != 0.0);
            let (n, squares) = (own().count() as f64, own().map(|(i, _)| i * i).sum::<f64>());
            if n > 1.0 {
                let part = squares / (starts.len() as f64).powi(2) * n / (n - 1.0);
                variance += part;
                parts += part * part / (n - 1.0);
            }
        }
        let freedom = if parts > 0.0 { variance * variance / parts } else { f64::NAN };
        Self { estimate: aggregate.estimate, published: aggregate.error(), error: variance.sqrt(), freedom }
    }

    pub(super) fn effect(&self) -> Effect {
        Effect { estimate: self.estimate, error: self.published, interval: self.band(self.critical()) }
    }

    /// Errors on either side of an interval that holds with 95 %.
    pub(super) fn critical(&self) -> f64 {
        student_quantile(0.975, self.freedom)
    }

    pub(super) fn band(&self, errors: f64) -> Band {
        let half = errors * self.error;
        Band { low: self.estimate - half, high: self.estimate + half }
    }

    /// Two-sided p of no effect.
    pub(super) fn p(&self) -> f64 {
        student_two_sided(self.estimate / self.error, self.freedom)
    }

    /// What could be seen with a probability of 80 %.
    pub(super) fn could_be_seen(&self) -> f64 {
        (self.critical() + student_quantile(0.8, self.freedom)) * self.error
    }
}

fn groups(starts: &[Option<usize>]) -> Vec<Option<usize>> {
    let mut groups = starts.to_vec();
    groups.sort_unstable();
    groups.dedup();
    groups
}
