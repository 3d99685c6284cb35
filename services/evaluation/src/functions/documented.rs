//! What our own functions say of themselves, in the engine's own way: the reference is made of it.

use datafusion::logical_expr::{DocSection, Documentation};

/// Section of the functions that only this program has.
pub const OURS: DocSection = DocSection { include: true, label: "Bellwether", description: None };

/// A function's call with the types of its arguments and of its result, and what it gives.
pub(super) fn documented(call: &str, meaning: &str) -> Documentation {
    Documentation::builder(OURS, meaning, call).build()
}
