//! Results in the lake: one physical table, one commit an evaluation.
//!
//! ```text
//! refresh: what changed since the basis ─► weeks ─compute─► diff with the stored rows ─┐
//!                                          publications that became due ───────────────┴─► ONE commit: rows + marks
//! load ◄─ the latest record of every key ◄───────────────────────────────────────────────────────────┘
//! ```
//!
//! Invariant: the mark `indicators/evaluation` moves by one a commit, and the marks that say what rows were computed from
//! move in the same commit as the rows. Whoever finds a basis other than the one it began from begins again, so no week is
//! lost between two evaluations, and one that read older tables never takes the place of one that read newer ones.

mod basis;
mod changes;
mod error;
mod load;
mod recent;
mod record;
mod results;
mod state;
mod table;

pub use error::StoreError;
pub use load::{Stored, load};
pub use results::{Refreshed, Results};

pub(crate) use basis::{Bases, Basis};
pub(crate) use record::Record;
pub(crate) use state::State;
pub(crate) use table::{batch, labels};
