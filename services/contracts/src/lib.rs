//! Event contracts: one JSON Schema file a stream is the single source of truth for its topic, table,
//! Arrow types, checks and privacy.
//!
//! ```text
//! schemas/*.json ──load──► Contract ──► Decoder:  JSON payloads ─push─► columns ─finish─► rows + rejections
//!                 (schema/)                        one pass (decode/)    vectorised checks (verify/)
//! ```
//!
//! Invariant: a record is accepted here if and only if a JSON Schema validator (formats asserted) accepts it, its
//! `x-checks` hold and its event time is in range. The exceptions, all of them refusals, are what a table cannot hold
//! or two readers could understand differently: repeated names in one object (malformed), integers beyond 64 bits,
//! numbers beyond a double, leap seconds, and dates and times outside of the years 1 to 9999 (of UTC, once the offset is
//! applied). An integer is any number without a fraction, however it is written, and is held exactly; times are compared
//! as they are written, and only then cut to microseconds. Content that the schema does not name has to be JSON, and
//! is dropped.
//!
//! ```
//! use contracts::{Contracts, Decoder};
//!
//! let contracts = Contracts::shipped()?;
//! let sites = contracts.get("sites").ok_or("no such stream")?;
//! let mut decoder = Decoder::new(sites.clone(), i64::MIN..i64::MAX);
//! decoder.push(br#"{"site_id": "perth-02"}"#);
//! let decoded = decoder.finish();
//! assert_eq!(decoded.rows.num_rows(), 0);
//! assert_eq!(decoded.rejected[0].1.to_string(), "schema: /revision: is required");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod contract;
mod decode;
mod fault;
mod load;
mod model;
mod rejection;
mod schema;
mod verify;

pub use contract::{Contract, FieldInfo};
pub use decode::{Decoded, Decoder, OTHER_FIELDS};
pub use fault::{ContractError, Fault};
pub use load::Contracts;
pub use rejection::{Reason, Rejection};
