//! Whether computing bit by bit returns what computing at once returns, for anybody's query.
//!
//! ```text
//! seed ─► random events of the tables that the query reads ─portions─► a lake ─┬─ refresh ──► stored parts ─┐ equal, bit
//!         (late, revised, moved, repeated), a clock, restarts                  └─ evaluate ─► all parts ────┘ for bit?
//! ```
//!
//! They differ where the query's `horizon` is too short, and where its result depends on more than its rows and the clock.

mod difference;
mod events;
mod history;
mod horizon;

pub use difference::{ConvergeError, Difference};

use contracts::Contracts;
use evaluation::Limits;
use history::{play, play_all, span};
use horizon::Search;
use indicators::Metric;
use std::{collections::BTreeMap, sync::Arc};

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converged {
    /// Random histories.
    pub histories: u64,
    /// Rows that were equal, over all evaluations.
    pub rows: usize,
}

/// Plays so many random histories, from `seed` on, and compares after every evaluation. `played` is told of each.
///
/// # Errors
/// The first difference, with a horizon that would have been enough; a query that fails.
pub async fn converge(
    metric: &Arc<Metric>,
    contracts: &Contracts,
    seed: u64,
    histories: u64,
    limits: &Limits,
    played: impl Fn(),
) -> Result<Converged, ConvergeError> {
    let mut rows = 0;
    for seed in seed..seed + histories {
        let declared = (metric.horizon_back, metric.horizon_ahead);
        rows += match play(metric, declared, span(declared), contracts, seed, limits).await {
            Err(ConvergeError::Differs(mut difference)) => {
                difference.sufficient = Search { metric, contracts, seed, histories, limits }.sufficient().await?;
                return Err(ConvergeError::Differs(difference));
            }
            compared => compared?,
        };
        played();
    }
    match rows {
        0 => Err(ConvergeError::Empty),
        rows => Ok(Converged { histories, rows }),
    }
}
/// Plays one history of all these metrics together, as long as the longest of their horizons asks, and compares after every
/// evaluation. Returns how many rows of each were equal.
///
/// # Errors
/// The first difference, without a horizon that would have been enough; a query that fails.
pub async fn converge_together(
    metrics: &[Arc<Metric>],
    contracts: &Contracts,
    seed: u64,
    limits: &Limits,
) -> Result<BTreeMap<String, usize>, ConvergeError> {
    let weeks = metrics.iter().map(|metric| span((metric.horizon_back, metric.horizon_ahead))).max().unwrap_or(0);
    play_all(metrics, weeks, contracts, seed, limits).await
}
