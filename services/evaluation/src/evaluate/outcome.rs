//! What an evaluation returns: rows, and how each query fared.

use super::activity::Seen;
use crate::messages::error_text;
use datafusion::error::DataFusionError;
use indicators::{Activity, BadRow, Labels, PartRow, Site};
use jiff::{Timestamp, civil::Date};
use std::{collections::BTreeSet, time::Duration};

/// Everything that one evaluation of all weeks found.
#[derive(Debug, Clone)]
pub struct Evaluated {
    /// The clock.
    pub as_of: Timestamp,
    /// Rows of every metric that succeeded; sorted.
    pub parts: Vec<PartRow>,
    /// Rows of these metrics that have no value; sorted.
    pub bad: Vec<BadRow>,
    /// Which site sent events of which stream in which week.
    pub activity: Activity,
    /// Sites of the reference records, by id.
    pub sites: Vec<Site>,
    /// How each query fared, by metric name.
    pub runs: Vec<QueryRun>,
}

impl Evaluated {
    /// Names of the metrics whose query failed.
    pub fn failed(&self) -> BTreeSet<&str> {
        self.runs.iter().filter(|run| run.outcome.is_err()).map(|run| run.metric.as_str()).collect()
    }
}

/// Site and other labels.
pub type Series = (String, Labels);

/// The rows of some weeks.
#[derive(Debug, Default)]
pub struct Computed {
    /// Rows of every metric that succeeded; sorted.
    pub parts: Vec<PartRow>,
    /// Rows of these metrics that have no value; sorted.
    pub bad: Vec<BadRow>,
    /// Sorted.
    pub(crate) activity: Vec<Seen>,
    /// How each query fared, by metric name.
    pub runs: Vec<QueryRun>,
}

/// How one query fared.
#[derive(Debug, Clone)]
pub struct QueryRun {
    /// Metric name.
    pub metric: String,
    /// How long it took.
    pub took: Duration,
    /// How many rows it returned, or why it returned none.
    pub outcome: Result<usize, QueryFailure>,
    /// Mondays of the first and the last of the weeks in which it failed; `None` where it did not, or all weeks were
    /// computed together.
    pub failed_in: Option<(Date, Date)>,
}

/// Why a query returned nothing. The values stored last stay.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryFailure {
    /// The engine's own words.
    #[error("{0}")]
    Engine(String),
    /// Slower than `indicators.timeout`.
    #[error("took longer than {0:?}: narrow the query, or raise `indicators.timeout`")]
    Timeout(Duration),
    /// More than its share of `indicators.memory`, and of the disk.
    #[error(
        "needs more than its {memory} MiB of memory and {disk} MiB on disk: narrow the query, or raise \
         `indicators.memory` ({engine})"
    )]
    Memory {
        /// Its share, in MiB.
        memory: u64,
        /// What it may put on disk, in MiB.
        disk: u64,
        /// The engine's own words.
        engine: String,
    },
    /// More series than `indicators.series`.
    #[error("returns more than {0} series: take labels away, or raise `indicators.series`")]
    Series(usize),
    /// More bad rows than a slip of the data explains.
    #[error(
        "{bad} of {rows} rows of the last 52 weeks are outside the range of their kind, more than {percent} %: correct the query, \
         or the events behind these rows. The first: {first}"
    )]
    BadRows {
        /// Bad rows of the last 52 weeks.
        bad: usize,
        /// All rows of them.
        rows: usize,
        /// How many in a hundred may be.
        percent: usize,
        /// Week, site and what is wrong with the first one.
        first: String,
    },
    /// Sums that leave their type.
    #[error(
        "the sum of `{part}` over all weeks and sites leaves DECIMAL(38,{scale}): return something smaller, such as hours in \
         the place of seconds"
    )]
    Overflow {
        /// Which part.
        part: &'static str,
        /// Digits after its point.
        scale: u8,
    },
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
    #[error("cannot evaluate the tables of the lake: {}", error_text(.0))]
    Tables(#[from] DataFusionError),
}

impl Computed {
    /// Whether the metric's query ran and returned its rows.
    pub fn succeeded(&self, metric: &str) -> bool {
        self.runs.iter().any(|run| run.metric == metric && run.outcome.is_ok())
    }

    /// Whether any row of the metric was computed.
    pub fn has_rows(&self, metric: &str) -> bool {
        self.rows_of(metric).next().is_some() || self.bad_of(metric).next().is_some()
    }

    /// Site and labels of the metric's rows.
    pub fn series(&self, metric: &str) -> BTreeSet<Series> {
        self.rows_of(metric).map(|row| (row.site.clone(), row.labels.clone())).collect()
    }

    /// Takes the metric's rows away: its query counts as failed.
    pub fn fail(&mut self, metric: &str, failure: QueryFailure) {
        self.parts.retain(|row| row.metric != metric);
        self.bad.retain(|row| row.metric != metric);
        if let Some(run) = self.runs.iter_mut().find(|run| run.metric == metric) {
            run.outcome = Err(failure);
        }
    }

    /// The metric's rows.
    pub fn rows_of(&self, metric: &str) -> impl Iterator<Item = &PartRow> {
        let first = self.parts.partition_point(|row| row.metric.as_str() < metric);
        self.parts[first..].iter().take_while(move |row| row.metric == metric)
    }

    /// Those that have no value.
    pub fn bad_of(&self, metric: &str) -> impl Iterator<Item = &BadRow> {
        self.bad.iter().filter(move |row| row.metric == metric)
    }
}
