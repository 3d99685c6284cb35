//! Promises to those who answered, in the lake: a table of their own, so that nothing that is done to results or query files
//! takes them away.
//!
//! ```text
//!  query files ─answers─► which answers each reads ─indicators::promises─► what is not promised yet
//!                                                                               │ one commit, before
//!  publications, values ◄── what is promised ◄── table `promises` ◄─────────────┘ anything is stored
//! ```
//!
//! Invariant: the table only grows, and whatever is published was promised in an earlier commit. Results remember how many
//! promises they were stored under: where the table holds fewer, nothing is evaluated or shown.

mod answers;
mod kept;
mod table;

pub(crate) use kept::{Kept, Round};

use crate::{session::Limits, store::StoreError};
use contracts::Contracts;
use indicators::{Metric, promises::Promises};
use jiff::Timestamp;
use lake::Lake;
use std::sync::Arc;

/// Every promise to those who answered that the lake holds.
///
/// # Errors
/// When the lake cannot be read, or has lost promises.
pub async fn promised(lake: &Lake, limits: &Limits) -> Result<Promises, StoreError> {
    Ok(Kept::of_lake(lake, limits).await?.into_promises())
}

/// The same, and what would be promised if these metrics were evaluated: for what is looked at before that.
///
/// # Errors
/// As [`promised`]; and a schema that says no more who answered what was promised something.
pub async fn foreseen(
    lake: &Lake,
    contracts: &Contracts,
    metrics: &[Arc<Metric>],
    now: Timestamp,
    limits: &Limits,
) -> Result<Promises, StoreError> {
    let round = Round { contracts, declared: metrics, complete: false, as_of: now, now };
    Kept::of_lake(lake, limits).await?.foresee(&round).await
}
