//! Which horizon would have been enough.

use super::{ConvergeError, play};
use crate::{Limits, Metric};
use contracts::Contracts;

/// The longest horizon that is tried, in weeks.
const FARTHEST: u32 = 110;
/// Histories that a horizon has to be enough for before it is advised.
const JUDGES: u64 = 2;

/// A search over horizons, each tried on the same histories.
pub(super) struct Search<'a> {
    pub metric: &'a Metric,
    pub contracts: &'a Contracts,
    /// The first history.
    pub seed: u64,
    pub limits: &'a Limits,
}

impl Search<'_> {
    /// Weeks back and ahead that are enough: longer ahead only if that does, in both directions otherwise. `None` where
    /// nothing is enough.
    pub(super) async fn sufficient(&self) -> Result<Option<(u32, u32)>, ConvergeError> {
        let (back, ahead) = (self.metric.horizon_back, self.metric.horizon_ahead);
        if self.converges((back, FARTHEST)).await? {
            return Ok(Some((back, self.least(ahead, |ahead| (back, ahead)).await?)));
        }
        if !self.converges((FARTHEST, FARTHEST)).await? {
            return Ok(None);
        }
        let ahead = self.least(ahead, |ahead| (FARTHEST, ahead)).await?;
        Ok(Some((self.least(back, |back| (back, ahead)).await?, ahead)))
    }

    /// The fewest weeks, of `from` and more, whose horizon is enough; that of the most is. Mostly few are.
    async fn least(&self, from: u32, horizon: impl Fn(u32) -> (u32, u32) + Send) -> Result<u32, ConvergeError> {
        let (mut few, mut enough, mut leap) = (from, FARTHEST, Some(1));
        while few < enough {
            let tried = leap.map_or(few.midpoint(enough), |leap| (few + leap - 1).min(enough - 1));
            match self.converges(horizon(tried)).await? {
                true => (enough, leap) = (tried, None),
                false => (few, leap) = (tried + 1, leap.map(|leap| leap * 2)),
            }
        }
        Ok(enough)
    }

    async fn converges(&self, horizon: (u32, u32)) -> Result<bool, ConvergeError> {
        for seed in self.seed..self.seed + JUDGES {
            match play(self.metric, horizon, self.contracts, seed, self.limits).await {
                Ok(_) => {}
                Err(ConvergeError::Differs(_)) => return Ok(false),
                Err(other) => return Err(other),
            }
        }
        Ok(true)
    }
}
