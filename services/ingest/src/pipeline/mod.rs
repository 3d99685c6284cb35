//! The stages, in the order in which a record passes them, and beside the first what it is made of: chunks, setbacks,
//! what others hold, and what reading shows outside.

mod chunk;
pub(crate) mod consume;
pub(crate) mod decode;
pub(crate) mod others;
mod pseudonymise;
pub(crate) mod quarantine;
mod setback;
mod shown;
pub(crate) mod write;
