//! Why a query of people's returned no rows.

use crate::{messages::error_text, statement::SqlFault, store::StoreError};
use datafusion::error::DataFusionError;
use lake::LakeError;

/// Why a query returned no rows.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The text is not one SELECT, names what is not there, or the like.
    #[error("{place}{message}")]
    Query {
        /// `line:column: `, where it is known.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// It took too long.
    #[error("took longer than {0:?}: narrow the query, or raise the timeout")]
    Timeout(std::time::Duration),
    /// The query ran and failed.
    #[error("the query failed: {}", error_text(.0))]
    Failed(DataFusionError),
    /// The lake's tables.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Stored results.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SqlFault> for SqlError {
    fn from(fault: SqlFault) -> Self {
        let place = fault.place.map_or_else(String::new, |place| format!("{}:{}: ", place.line, place.column));
        let help = fault.help.map_or_else(String::new, |help| format!(": {help}"));
        Self::Query { place, message: fault.message + &help }
    }
}

pub(super) fn failed(error: DataFusionError) -> SqlError {
    SqlError::Failed(error)
}
