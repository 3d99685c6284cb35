//! Whether computing bit by bit returns what computing at once returns, for anybody's query.
//!
//! ```text
//! seed ─► random events of the tables that the query reads ─portions─► a lake ─┬─ refresh ──► stored parts ─┐ equal, bit
//!         (late, revised, moved, repeated), a clock, restarts                  └─ evaluate ─► all parts ────┘ for bit?
//! ```
//!
//! They differ where the query's `horizon` is too short, and where its result depends on more than its rows and the clock.

mod events;
mod history;
mod horizon;

use contracts::Contracts;
use datafusion::sql::sqlparser::{
    ast::{Expr, Value, visit_expressions},
    dialect::GenericDialect,
    parser::Parser,
};
use evaluation::{EvaluateError, Limits, QueryFailure, StoreError};
use history::History;
use horizon::Search;
use indicators::{BadRow, Metric, PartRow};
use jiff::{Timestamp, civil::Date};
use lake::{Lake, LakeError};
use rand::SeedableRng;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::Arc,
};

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

/// What is said of a horizon as long as the histories.
const UNBOUNDED: &str = ". That is as far as they reach: the query looks at weeks without bound; say in its conditions how far, \
                         and declare that";

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converged {
    /// Random histories.
    pub histories: u64,
    /// Rows that were equal, over all evaluations.
    pub rows: usize,
}

/// Plays so many random histories, from `seed` on, and compares after every evaluation. `played` is told of each.
///
/// # Errors
/// The first difference, with a horizon that would have been enough; a query that fails.
pub async fn converge(
    metric: &Arc<Metric>,
    contracts: &Contracts,
    seed: u64,
    histories: u64,
    limits: &Limits,
    played: impl Fn(),
) -> Result<Converged, ConvergeError> {
    let mut rows = 0;
    for seed in seed..seed + histories {
        let declared = (metric.horizon_back, metric.horizon_ahead);
        rows += match play(metric, declared, span(declared), contracts, seed, limits).await {
            Err(ConvergeError::Differs(mut difference)) => {
                difference.sufficient = Search { metric, contracts, seed, histories, limits }.sufficient().await?;
                return Err(ConvergeError::Differs(difference));
            }
            compared => compared?,
        };
        played();
    }
    match rows {
        0 => Err(ConvergeError::Empty),
        rows => Ok(Converged { histories, rows }),
    }
}

/// Plays one history of all these metrics together, as long as the longest of their horizons asks, and compares after every
/// evaluation. Gives how many rows of each were equal.
///
/// # Errors
/// The first difference, without a horizon that would have been enough; a query that fails.
pub async fn converge_together(
    metrics: &[Arc<Metric>],
    contracts: &Contracts,
    seed: u64,
    limits: &Limits,
) -> Result<BTreeMap<String, usize>, ConvergeError> {
    let weeks = metrics.iter().map(|metric| span((metric.horizon_back, metric.horizon_ahead))).max().unwrap_or(0);
    play_all(metrics, weeks, contracts, seed, limits).await
}

/// Histories of longer horizons grow with them up to this, in weeks.
const FAR: u32 = 80;

/// Weeks that the events of a history are spread over, so that a horizon can be seen to be too short.
fn span((back, ahead): (u32, u32)) -> i64 {
    i64::from((back + ahead).min(FAR)) + 20
}

/// Plays one history of so many weeks with the horizon in the place of the metric's.
async fn play(
    metric: &Metric,
    (back, ahead): (u32, u32),
    weeks: i64,
    contracts: &Contracts,
    seed: u64,
    limits: &Limits,
) -> Result<usize, ConvergeError> {
    let metric = Arc::new(Metric { horizon_back: back, horizon_ahead: ahead, ..metric.clone() });
    Ok(play_all(&[metric], weeks, contracts, seed, limits).await?.into_values().sum())
}

async fn play_all(
    metrics: &[Arc<Metric>],
    weeks: i64,
    contracts: &Contracts,
    seed: u64,
    limits: &Limits,
) -> Result<BTreeMap<String, usize>, ConvergeError> {
    let folder = tempfile::tempdir()?;
    let lake = Lake::create(&folder.path().display().to_string()).await?;
    let events = events::Events {
        random: rand_chacha::ChaCha8Rng::seed_from_u64(seed),
        words: Vec::new(),
        keys: events::KEYS * u32::try_from(metrics.len()).unwrap_or(1),
        start: Timestamp::constant(1_767_571_200, 0), // Monday 2026-01-05
        weeks,
    };
    // Chance makes incidents without hours, too: that is no fault of the query, and says nothing of its horizon.
    let limits = &Limits { bad_percent: 100, ..limits.clone() };
    History::new(metrics, contracts, limits, lake, events).play(seed).await
}

/// Text that the query compares with.
fn words_of(sql: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for statement in Parser::parse_sql(&GenericDialect {}, sql).unwrap_or_default() {
        let _ = visit_expressions(&statement, |expr: &Expr| {
            if let Expr::Value(value) = expr
                && let Value::SingleQuotedString(text) = &value.value
            {
                words.insert(text.clone());
            }
            ControlFlow::<()>::Continue(())
        });
    }
    words
}

/// A row's parts for people, or why it has none.
#[expect(clippy::cast_precision_loss, reason = "shown to people; what is compared is exact")]
fn words(row: &Result<PartRow, BadRow>) -> String {
    let decimal = |value: i128| (value as f64 / 1e9).to_string();
    match row {
        Ok(row) => format!("{} of {}", decimal(row.numerator), decimal(row.denominator)),
        Err(bad) => format!("bad ({})", bad.why),
    }
}
