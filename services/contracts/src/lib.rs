//! Event contracts: one JSON Schema file a stream is the single source of truth for its topic, table,
//! Arrow types, checks and privacy.
//!
//! ```text
//! schemas/*.json ──load──► Contract ──► Decoder:  JSON payloads ─push─► columns ─finish─► rows + rejections
//! ```
//!
//! Invariant: a record is accepted here if and only if a JSON Schema validator accepts it and its `x-checks` hold.

mod contract;
mod decode;
mod load;

pub use contract::Contract;
pub use decode::{Decoded, Decoder, Reason, Rejection};
pub use load::{ContractError, Contracts};
