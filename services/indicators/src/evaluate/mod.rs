//! Metrics × lake → weekly parts, at one clock.
//!
//! ```text
//! Tables ─Views─► one session a query (own memory, own time) ─► rows ─► PartRow …
//!            └──► one session a stream ─► activity: which site sent what in which week
//! ```
//!
//! All weeks are computed. A query that fails leaves no parts and harms no other.

mod activity;
mod metric;
mod parts;
mod sites;

use crate::{Activity, Limits, Metric, PartRow, Site, Tables, Views};
use datafusion::error::DataFusionError;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

pub(crate) use parts::exact;
pub(crate) use sites::{read as reference_sites, with_named};

/// Everything that one evaluation found.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// The clock.
    pub as_of: Timestamp,
    /// Rows of every metric that succeeded; sorted.
    pub parts: Vec<PartRow>,
    /// Which site sent events of which stream in which week.
    pub activity: Activity,
    /// Sites of the reference stream and those that only events name, by id.
    pub sites: Vec<Site>,
    /// Version of every table that was read.
    pub inputs: BTreeMap<String, u64>,
    /// Number of the evaluation stored last before those tables were read.
    pub follows: Option<i64>,
    /// How each query fared, by metric name.
    pub runs: Vec<QueryRun>,
    /// Events whose site no reference record names.
    pub unknown_site_events: u64,
}

impl Evaluated {
    /// Names of the metrics whose query failed.
    pub fn failed(&self) -> BTreeSet<&str> {
        self.runs.iter().filter(|run| run.outcome.is_err()).map(|run| run.metric.as_str()).collect()
    }
}

/// How one query fared.
#[derive(Debug, Clone)]
pub struct QueryRun {
    /// Metric name.
    pub metric: String,
    /// How long it took.
    pub took: Duration,
    /// Rows that it gave, or why it gave none.
    pub outcome: Result<usize, QueryFailure>,
}

/// Why a query gave nothing. The values stored last stay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryFailure {
    /// The engine's own words.
    #[error("{0}")]
    Engine(String),
    /// Slower than `indicators.timeout`.
    #[error("took longer than {0:?}: narrow the query, or raise the timeout of queries")]
    Timeout(Duration),
    /// More series than `indicators.series`.
    #[error("gives more than {0} series: take labels away, or raise the limit of series")]
    Series(usize),
    /// A row that is not additive parts of a week and label set.
    #[error("row of week {week}, site {site}: {fault}")]
    Row {
        /// Monday of the week.
        week: String,
        /// Site id.
        site: String,
        /// What is wrong and what to do.
        fault: String,
    },
    /// The query's task died.
    #[error("stopped without a result: {0}")]
    Died(String),
}

/// Why nothing at all could be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// Reading the lake's tables.
    #[error("cannot evaluate the tables of the lake: {0}")]
    Tables(#[from] DataFusionError),
}

/// Evaluates all weeks of all metrics at `as_of`; later data are hidden.
///
/// # Errors
/// When reference tables or streams cannot be read. A failing query is no error: it is in `runs`.
pub async fn evaluate(
    tables: &Tables,
    metrics: &[Arc<Metric>],
    as_of: Timestamp,
    limits: &Limits,
) -> Result<Evaluated, EvaluateError> {
    let views = Views::open(tables, as_of, limits).await?;
    let runs: Vec<(QueryRun, Vec<PartRow>)> = stream::iter(metrics.iter().map(Arc::clone))
        .map(|metric| metric::run(metric, views.clone(), limits.clone()))
        .buffer_unordered(limits.concurrency.max(1))
        .collect()
        .await;
    let streams: BTreeSet<&String> = metrics.iter().flat_map(|metric| &metric.streams).collect();
    let seen = activity::read(&views, &streams, limits).await?;
    let reference = sites::read(&views).await?;
    let unknown_site_events = seen.events_outside(&reference);
    let (mut runs, parts): (Vec<QueryRun>, Vec<Vec<PartRow>>) = runs.into_iter().unzip();
    runs.sort_by(|a, b| a.metric.cmp(&b.metric));
    let mut parts: Vec<PartRow> = parts.into_iter().flatten().collect();
    parts.sort();
    let activity = seen.activity;
    let sites = with_named(reference, &parts, &activity);
    let (inputs, follows) = (tables.versions().clone(), tables.follows());
    Ok(Evaluated { as_of, parts, activity, sites, inputs, follows, runs, unknown_site_events })
}
