//! The folder of queries as a service knows it from its start on, and how it fares, in the log and for Prometheus.

use super::{
    plan::{Changes, Plan},
    watch::{Pace, Reading, Watch},
};
use crate::{error_code::ErrorCode, failure::Failure, settings::Settings};
use contracts::Contracts;
use jiff::Timestamp;
use prometheus::{Gauge, IntGauge, IntGaugeVec, Opts, Registry, core::Collector};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use workbench::{Fault, QueryFileError, QuerySet};

/// A folder that is watched and reported on.
#[derive(Debug)]
pub struct Queries {
    folder: PathBuf,
    watch: Watch,
    reporting: Reporting,
    first: Option<QuerySet>,
}

impl Queries {
    /// Reads the folder, and begins to watch it. Bad files are told in the log and in `registry`, and are no error.
    ///
    /// # Errors
    /// A folder that cannot be read or holds no query: that is wrong configuration.
    pub async fn open(settings: &Settings, contracts: &Contracts, registry: &Registry) -> Result<Self, Failure> {
        let (folder, reporting) = (settings.indicators.queries.clone(), Reporting::register(registry)?);
        let mut watch = Watch::start(&folder, contracts.clone(), Pace::default());
        let first = watch.next().await;
        reporting.read(&folder, &first, Timestamp::now());
        Ok(Self { folder, watch, reporting, first: Some(first.map_err(Failure::usage)?) })
    }

    /// The next set of query files; the first time at once. Waits on over a folder that cannot be read, which changes
    /// nothing. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> QuerySet {
        if let Some(first) = self.first.take() {
            return first;
        }
        loop {
            let reading: Reading = self.watch.next().await;
            self.reporting.read(&self.folder, &reading, Timestamp::now());
            if let Ok(set) = reading {
                return set;
            }
        }
    }

    /// The families about query files.
    pub fn reporting(&self) -> &Reporting {
        &self.reporting
    }
}

/// The families about query files.
#[derive(Debug, Clone)]
pub struct Reporting {
    valid: IntGauge,
    loaded: Gauge,
    faults: IntGaugeVec,
    pending: IntGaugeVec,
}

impl Reporting {
    /// Registers them.
    ///
    /// # Errors
    /// When the registry has metrics of these names already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let reporting = Self {
            valid: IntGauge::new(
                "bellwether_queries_valid",
                "Whether every query file was good when the folder was last read (1) or not (0)",
            )?,
            loaded: Gauge::new(
                "bellwether_queries_loaded_timestamp_seconds",
                "When the query files last changed and were all good",
            )?,
            faults: IntGaugeVec::new(
                Opts::new(
                    "bellwether_query_faults",
                    "Faults of a query file that is not used; absent where it is good",
                ),
                &["file"],
            )?,
            pending: IntGaugeVec::new(
                Opts::new(
                    "bellwether_query_pending",
                    "Whether the metric's file says what is not served yet (1) or not (0)",
                ),
                &["metric"],
            )?,
        };
        registry.register(Box::new(reporting.valid.clone()))?;
        registry.register(Box::new(reporting.loaded.clone()))?;
        registry.register(Box::new(reporting.faults.clone()))?;
        registry.register(Box::new(reporting.pending.clone()))?;
        Ok(reporting)
    }

    /// Tells what was read from the folder at `now`.
    pub fn read(&self, folder: &Path, reading: &Reading, now: Timestamp) {
        let was_bad = self.faults.collect().iter().any(|family| !family.get_metric().is_empty());
        self.faults.reset();
        let faults = match reading {
            Ok(set) => by_file(&set.faults),
            Err(error) => BTreeMap::from([(folder.display().to_string(), unreadable(error))]),
        };
        self.valid.set(i64::from(faults.is_empty()));
        if faults.is_empty() {
            self.loaded.set(now.as_duration().as_secs_f64());
            if was_bad {
                tracing::info!("every query file is good again");
            }
        }
        for (file, number) in faults {
            self.faults.with_label_values(&[file.as_str()]).set(number);
        }
    }

    /// Tells what came of it.
    pub fn changed(&self, changes: &Changes) {
        if !changes.is_empty() {
            let [added, changed, removed] = [&changes.added, &changes.changed, &changes.removed].map(|n| n.join(" "));
            tracing::info!(added, changed, removed, "query files");
        }
        for name in &changes.removed {
            // It may never have been told of.
            let _ = self.pending.remove_label_values(&[name.as_str()]);
        }
    }

    /// Tells which metrics wait for their new text to be computed.
    pub fn planned(&self, plan: &Plan) {
        for (metric, pending) in plan.pending() {
            self.pending.with_label_values(&[metric]).set(i64::from(pending));
        }
    }
}

/// Logs each fault; their number by the file's name.
fn by_file(faults: &[Fault]) -> BTreeMap<String, i64> {
    let mut files = BTreeMap::new();
    for fault in faults {
        let code = ErrorCode::Queries.id();
        tracing::error!(code, %fault, "query file not used; its metric stays as it was, if this program served it before");
        let name = Path::new(&fault.file).file_name().map(|name| name.to_string_lossy().into_owned());
        *files.entry(name.unwrap_or_else(|| fault.file.clone())).or_default() += 1;
    }
    files
}

/// Logs it; a fault of the folder.
fn unreadable(error: &QueryFileError) -> i64 {
    let code = ErrorCode::of(error).map(ErrorCode::id);
    tracing::error!(code, %error, "folder of queries not read; the metrics stay as they were");
    1
}
