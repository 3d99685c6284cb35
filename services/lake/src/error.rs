//! What can go wrong with a lake, with where and what to do.

/// Errors of the lake. Each names the lake or table, and what an operator can do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// Nothing is laid out at this place.
    #[error("no lake at {location}: `bellwether ingest` lays one out")]
    Missing {
        /// The lake's URL.
        location: String,
    },
    /// Anything below us, with the table it concerns.
    #[error("{context}: {source}")]
    Storage {
        /// Table and operation.
        context: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
