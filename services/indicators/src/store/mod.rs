//! Results in the lake: one physical table, one commit an evaluation.
//!
//! ```text
//! Evaluated ─diff with the latest stored─► records ┐
//!          └─to_publish────────────────► records ├─► ONE commit: rows + marks (evaluation, as_of, inputs, queries)
//! load ◄─ the latest record of every key ◄─────────┘
//! ```
//!
//! Invariant: the mark `indicators/evaluation` moves by one a commit, and is compared with what it was before the
//! evaluation read its first table: of two evaluations that began from the same state one wins whole and the other starts
//! again, and one that read older tables never takes the place of one that read newer ones.

mod changes;
mod error;
mod load;
mod record;
mod save;
mod state;
mod table;

pub use error::StoreError;
pub use load::{Stored, load};
pub use save::{Saved, is_current, save};

pub(crate) use record::Record;
pub(crate) use state::{State, latest};
pub(crate) use table::{batch, labels};
