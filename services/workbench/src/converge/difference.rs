//! Why a query does not converge: the row that differs, and a horizon that would be long enough.

use evaluation::{EvaluateError, QueryFailure, StoreError};
use indicators::{BadRow, PartRow};
use jiff::civil::Date;
use lake::LakeError;

/// Why a query was not shown to converge.
#[derive(Debug, thiserror::Error)]
pub enum ConvergeError {
    /// It does not.
    #[error("{0}")]
    Differs(Box<Difference>),
    /// No row was ever compared, so nothing was shown.
    #[error("no random event counts for the query, so nothing could be compared: look at its conditions")]
    Empty,
    /// The query failed.
    #[error("the query failed: {0}")]
    Query(QueryFailure),
    /// The stream's contract accepts nothing that is made at random.
    #[error("cannot make events of `{0}` at random: its contract refuses every try")]
    Events(String),
    /// Rows that the stream's table does not take.
    #[error("cannot make rows: {0}")]
    Rows(String),
    /// A folder for the lake.
    #[error("cannot make a temporary folder: {0}")]
    Folder(#[from] std::io::Error),
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Stored results.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The full evaluation.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}

impl From<Difference> for ConvergeError {
    fn from(difference: Difference) -> Self {
        Self::Differs(Box::new(difference))
    }
}

/// A row that computing bit by bit got wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The metric.
    pub metric: String,
    /// The history, for trying it again.
    pub seed: u64,
    /// Week of the first such row.
    pub week: Date,
    /// Its site.
    pub site: String,
    /// What was computed bit by bit.
    pub incremental: String,
    /// What is right.
    pub full: String,
    /// The declared horizon: weeks back and ahead.
    pub horizon: (u32, u32),
    /// A horizon with which that history and the next ones converge; `None` where none does.
    pub sufficient: Option<(u32, u32)>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { metric, seed, week, site, incremental, full, horizon: (back, ahead), sufficient } = self;
        write!(
            f,
            "{metric}, history {seed}: the week of {week} at {site} is {incremental} when only what changed is computed, and \
             {full} in full. "
        )?;
        match sufficient {
            Some(enough) => write!(
                f,
                "The horizon is too short: with horizon = {{ back = {}, ahead = {} }} in the place of {{ back = {back}, \
                 ahead = {ahead} }} this history converges, and those after it{}",
                enough.0,
                enough.1,
                if enough.0.max(enough.1) > FAR { UNBOUNDED } else { "" }
            ),
            None => f.write_str("No horizon fixes it: the result depends on more than the rows and the clock"),
        }
    }
}

/// Histories of longer horizons grow with them up to this, in weeks.
pub(super) const FAR: u32 = 80;

/// What is said of a horizon as long as the histories.
const UNBOUNDED: &str = ". That is as far as they reach: the query looks at weeks without bound; say in its conditions how far, \
                         and declare that";

/// A row's parts for people, or why it has none.
#[expect(clippy::cast_precision_loss, reason = "shown to people; what is compared is exact")]
pub(super) fn words(row: &Result<PartRow, BadRow>) -> String {
    let decimal = |value: i128| (value as f64 / 1e9).to_string();
    match row {
        Ok(row) => format!("{} of {}", decimal(row.numerator), decimal(row.denominator)),
        Err(bad) => format!("bad ({})", bad.why),
    }
}
