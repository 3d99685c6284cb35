//! Effects by the time since the start, with a band about all of them.

use super::Effect;
use super::aggregate::Aggregate;
use super::group_time::Found;
use super::small::Spread;
use crate::leads::Band;
use crate::numbers::quantile;
use crate::wild::strongest;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// The effect so many periods after the start; before it, what should be 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventEffect {
    /// Periods since the start; negative before it.
    pub event: isize,
    /// The effect of that period alone.
    pub effect: Effect,
    /// Band that holds the whole event study with 95 %.
    pub simultaneous: Band,
}

pub(super) fn event_study(found: &Found, events: &[(isize, Aggregate)], draws: usize, seed: u64) -> Vec<EventEffect> {
    let influences: Vec<Vec<f64>> = events.iter().map(|(_, aggregate)| aggregate.influence.clone()).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let wide = quantile(&mut strongest(&influences, draws, &mut rng), 0.95);
    let spreads: Vec<Spread> = events.iter().map(|(_, aggregate)| Spread::of(aggregate, &found.starts)).collect();
    // Of an effect that fewer sites tell than of the others, the band is no narrower than its own interval.
    let shown = |((event, _), spread): (&(isize, Aggregate), &Spread)| EventEffect {
        event: *event,
        effect: spread.effect(),
        simultaneous: spread.band(wide.max(spread.critical())),
    };
    events.iter().zip(&spreads).map(shown).collect()
}
