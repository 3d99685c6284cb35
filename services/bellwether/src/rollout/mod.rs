//! From query files that change while the service runs to definitions that are served.
//!
//! ```text
//!  folder ─watch─► QuerySet ─reload─► Plan ─refreshed─► main lane: what is served, on time ─settle─► publish:
//!   (a bad file    (good files,        ▲ │               ▲                                          definitions and
//!    changes        all faults)        │ └───next──────► │ side lane: what is new, changed           values as one
//!    nothing)                          └─computed, failed┴─ or failing, one at a time
//! ```
//!
//! Invariant: no metric is in both lanes at once, and a definition is served with values that were computed by just its
//! text, or not at all.

mod evaluating;
mod lane;
mod plan;
mod queries;
mod watch;

pub use evaluating::{Clock, Onlooker, Service, publish};
pub use queries::Queries;
