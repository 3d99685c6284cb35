//! What can go wrong with stored results.

use crate::messages::error_text;
use datafusion::error::DataFusionError;
use lake::LakeError;

/// Why results could not be stored or loaded.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The lake below.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Reading the table of results, or those that results are computed from.
    #[error("cannot read the tables of the lake: {}", error_text(.0))]
    Read(#[from] DataFusionError),
    /// Others stored results each time that this program was about to.
    #[error(
        "another program has stored results {attempts} times while this one was evaluating: let one evaluate a lake at a time"
    )]
    Overtaken {
        /// Evaluations that could not be stored.
        attempts: usize,
    },
    /// The table of results holds what this program does not write.
    #[error("stored results (table `indicators`) hold {0}: another program wrote there; restore it or move it away")]
    Foreign(String),
    /// Results were stored under promises that are no longer there.
    #[error(
        "the lake has lost promises to those who answered (table `promises`): results were stored under {known}, and {found} \
         are there. Nothing is shown until they are restored from a backup of the lake"
    )]
    PromisesLost {
        /// How many there were.
        known: i64,
        /// How many are there.
        found: i64,
    },
    /// The schema of a stream says no more that people answer there, though they were promised something.
    #[error(
        "the schema of `{stream}` names nobody with x-person \"respondent\", and promises were made to those who answered: \
         without it they could not be kept. Name again the field that says who answered"
    )]
    AnswersForgotten {
        /// The stream.
        stream: String,
    },
    /// The table of promises holds what this program does not write.
    #[error(
        "the promises to those who answered (table `promises`) hold {0}: restore the table from a backup of the lake"
    )]
    ForeignPromises(String),
}

impl From<arrow::error::ArrowError> for StoreError {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Read(error.into())
    }
}
