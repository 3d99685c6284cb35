//! The one place that makes a DataFusion session, so that functions and limits are the same wherever SQL runs.

pub mod checked_arithmetic;

mod interruptible;
mod microseconds;

use crate::functions;
use checked_arithmetic::CheckedArithmetic;
use datafusion::{
    error::DataFusionError,
    execution::{runtime_env::RuntimeEnvBuilder, session_state::SessionStateBuilder},
    optimizer::Analyzer,
    prelude::{SessionConfig, SessionContext},
};
use interruptible::Interruptible;
use microseconds::Microseconds;
use std::{sync::Arc, time::Duration};

/// What evaluation and queries may use.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Memory of all queries that run at the same time, in bytes; each gets an equal share.
    pub memory_bytes: usize,
    /// Threads of one query.
    pub threads: usize,
    /// Queries at the same time.
    pub concurrency: usize,
    /// Time that one query may take.
    pub timeout: Duration,
    /// Series (site and labels) that one metric may have.
    pub series: usize,
    /// Rows that are held in memory to be computed together, roughly: more weeks than these are computed in turn.
    pub rows_at_once: usize,
    /// Most bad rows in a hundred of a metric's last 52 weeks, before it fails.
    pub bad_percent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            memory_bytes: 1 << 30,
            threads,
            concurrency: 2,
            timeout: Duration::from_secs(120),
            series: 50_000,
            rows_at_once: 4_000_000,
            bad_percent: 5,
        }
    }
}

impl Limits {
    /// One query's share of the memory: half of it is for queries, half for the rows that they read.
    pub fn share(&self) -> usize {
        self.memory_bytes / 2 / self.concurrency.max(1)
    }

    /// Memory for the rows that queries read.
    pub fn reading(&self) -> usize {
        self.memory_bytes / 2
    }
}

/// What a session may put on disk, in the folder of temporary files, for each byte of its memory: sorts and aggregations
/// that outgrow their memory go on there, and fail when that is full, too.
const SPILL: u64 = 8;

/// What a session of so much memory may put on disk, in bytes.
pub fn spill(memory_bytes: usize) -> u64 {
    SPILL.saturating_mul(memory_bytes as u64)
}

/// A session with our functions, no tables, and `memory_bytes` and `threads` of its own.
pub fn session(memory_bytes: usize, threads: usize) -> Result<SessionContext, DataFusionError> {
    let mut config = SessionConfig::new().with_target_partitions(threads.max(1)).with_information_schema(false);
    let options = config.options_mut();
    options.sql_parser.collect_spans = true; // faults name line and column
    options.sql_parser.map_string_types_to_utf8view = false; // one string type everywhere
    options.sql_parser.parse_float_as_decimal = true; // 0.5 is exact: parts are decimals
    options.execution.parquet.schema_force_view_types = false;
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_limit(memory_bytes, 1.0)
        .with_max_temp_directory_size(spill(memory_bytes))
        .build()?;
    let mut rules = Analyzer::new().rules;
    rules.insert(0, Arc::new(Microseconds)); // before the engine converts types by itself
    rules.push(Arc::new(CheckedArithmetic)); // after that
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(Arc::new(runtime))
        .with_default_features()
        .with_analyzer_rules(rules)
        .with_physical_optimizer_rule(Arc::new(Interruptible))
        .build();
    let ctx = SessionContext::new_with_state(state);
    functions::register(&ctx);
    Ok(ctx)
}
