//! What every command works with.

use crate::{
    output::Out,
    settings::{Entry, Settings},
};

/// What every command is given.
pub struct Context {
    /// Validated settings.
    pub settings: Settings,
    /// The same as written, with their origins.
    pub entries: Vec<Entry>,
    /// Where results go.
    pub out: Out,
}
