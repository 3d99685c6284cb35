//! Which horizon would have been enough.

use super::{
    difference::ConvergeError,
    history::{play, span},
};
use contracts::Contracts;
use evaluation::Limits;
use indicators::Metric;

/// The longest horizon that is tried, in weeks.
const FARTHEST: u32 = 110;
/// Fewest histories that a horizon has to be enough for before it is advised.
const JUDGES: u64 = 2;

/// A search over horizons.
pub(super) struct Search<'a> {
    pub metric: &'a Metric,
    pub contracts: &'a Contracts,
    /// The history that the declared horizon is too short for.
    pub seed: u64,
    /// Histories, from that one on, that a horizon has to be enough for.
    pub histories: u64,
    pub limits: &'a Limits,
}

/// A history: its seed, and the weeks that its events are spread over.
#[derive(Clone, Copy)]
struct Judge {
    seed: u64,
    weeks: i64,
}

impl Search<'_> {
    /// Weeks back and ahead that hold: for every history that whoever declares them will be shown. Those of a longer horizon
    /// are longer themselves, so what is enough for one is tried on its own. `None` where nothing is enough.
    pub(super) async fn sufficient(&self) -> Result<Option<(u32, u32)>, ConvergeError> {
        let mut horizon = (self.metric.horizon_back, self.metric.horizon_ahead);
        let mut judge = Some(Judge { seed: self.seed, weeks: span(horizon) });
        while let Some(refutes) = judge {
            let Some(longer) = self.enough_for(refutes, horizon).await? else { return Ok(None) };
            horizon = longer;
            judge = self.refuting(horizon, refutes.seed).await?;
        }
        Ok(Some(horizon))
    }

    /// A history that a horizon is too short for, the one looked for first at `seed`.
    async fn refuting(&self, horizon: (u32, u32), seed: u64) -> Result<Option<Judge>, ConvergeError> {
        let end = self.seed + self.histories.max(JUDGES);
        for seed in (seed..end).chain(self.seed..seed) {
            let judge = Judge { seed, weeks: span(horizon) };
            if !self.converges(horizon, judge).await? {
                return Ok(Some(judge));
            }
        }
        Ok(None)
    }

    /// Weeks from a horizon on that are enough for one history: longer ahead only if that does, in both directions otherwise.
    async fn enough_for(&self, judge: Judge, (back, ahead): (u32, u32)) -> Result<Option<(u32, u32)>, ConvergeError> {
        if self.converges((back, FARTHEST), judge).await? {
            return Ok(Some((back, self.least(ahead, judge, |ahead| (back, ahead)).await?)));
        }
        if !self.converges((FARTHEST, FARTHEST), judge).await? {
            return Ok(None);
        }
        let ahead = self.least(ahead, judge, |ahead| (FARTHEST, ahead)).await?;
        Ok(Some((self.least(back, judge, |back| (back, ahead)).await?, ahead)))
    }

    /// The fewest weeks, of `from` and more, whose horizon is enough; that of the most is. Mostly few are.
    async fn least(
        &self,
        from: u32,
        judge: Judge,
        horizon: impl Fn(u32) -> (u32, u32) + Send,
    ) -> Result<u32, ConvergeError> {
        let (mut few, mut enough, mut leap) = (from, FARTHEST, Some(1));
        while few < enough {
            let tried = leap.map_or(few.midpoint(enough), |leap| (few + leap - 1).min(enough - 1));
            match self.converges(horizon(tried), judge).await? {
                true => (enough, leap) = (tried, None),
                false => (few, leap) = (tried + 1, leap.map(|leap| leap * 2)),
            }
        }
        Ok(enough)
    }

    async fn converges(&self, horizon: (u32, u32), judge: Judge) -> Result<bool, ConvergeError> {
        match play(self.metric, horizon, judge.weeks, self.contracts, judge.seed, self.limits).await {
            Ok(_) => Ok(true),
            Err(ConvergeError::Differs(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }
}
