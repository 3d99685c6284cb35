//! The stages, in the order in which a record passes them.

pub(crate) mod consume;
pub(crate) mod decode;
pub(crate) mod pseudonymise;
pub(crate) mod quarantine;
pub(crate) mod write;
