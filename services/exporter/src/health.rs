//! How what runs beside the exporter fares: on the page, for Prometheus, in the log.

use crate::families::seconds;
use jiff::Timestamp;
use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Something that is down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// When it failed first.
    pub(crate) since: Timestamp,
    /// How often since then, without a success between.
    pub(crate) failures: i64,
    /// What it said last.
    pub(crate) why: String,
}

/// What is down, by name. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Troubles(Arc<Mutex<BTreeMap<&'static str, Trouble>>>);

impl Troubles {
    pub(crate) fn all(&self) -> BTreeMap<&'static str, Trouble> {
        self.lock().clone()
    }

    /// It failed (again); how often by now.
    pub(crate) fn begin(&self, name: &'static str, why: &str) -> i64 {
        let mut troubles = self.lock();
        let fresh = || Trouble { since: Timestamp::now(), failures: 0, why: String::new() };
        let trouble = troubles.entry(name).or_insert_with(fresh);
        trouble.failures = trouble.failures.saturating_add(1);
        why.clone_into(&mut trouble.why);
        trouble.failures
    }

    /// It works; what was wrong until now.
    pub(crate) fn end(&self, name: &'static str) -> Option<Trouble> {
        self.lock().remove(name)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Trouble>> {
        // Every change is whole: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The families about services.
#[derive(Debug, Clone)]
pub(crate) struct Families {
    up: IntGaugeVec,
    failures: IntCounterVec,
    in_a_row: IntGaugeVec,
    last_success: GaugeVec,
}

impl Families {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let service = &["service"];
        let families = Self {
            up: IntGaugeVec::new(
                Opts::new(
                    "bellwether_service_up",
                    "Whether the service works (1), or failed or has not begun yet (0).",
                ),
                service,
            )?,
            failures: IntCounterVec::new(
                Opts::new(
                    "bellwether_service_failures_total",
                    "Failures of the service; after each it is tried again.",
                ),
                service,
            )?,
            in_a_row: IntGaugeVec::new(
                Opts::new("bellwether_service_consecutive_failures", "Failures of the service since its last success."),
                service,
            )?,
            last_success: GaugeVec::new(
                Opts::new(
                    "bellwether_service_last_success_timestamp_seconds",
                    "When the service last worked; before the first time, when it was started.",
                ),
                service,
            )?,
        };
        registry.register(Box::new(families.up.clone()))?;
        registry.register(Box::new(families.failures.clone()))?;
        registry.register(Box::new(families.in_a_row.clone()))?;
        registry.register(Box::new(families.last_success.clone()))?;
        Ok(families)
    }
}

/// A service in the same program, which fails and recovers alone. Its series stand from the start, whatever fails.
/// Clones share them.
#[derive(Debug, Clone)]
pub struct ServiceHealth {
    name: &'static str,
    troubles: Troubles,
    families: Families,
}

impl ServiceHealth {
    pub(crate) fn new(name: &'static str, troubles: Troubles, families: Families) -> Self {
        families.up.with_label_values(&[name]).set(0);
        families.in_a_row.with_label_values(&[name]).set(0);
        families.failures.with_label_values(&[name]).inc_by(0);
        families.last_success.with_label_values(&[name]).set(seconds(Timestamp::now()));
        Self { name, troubles, families }
    }

    /// It works, as of now.
    pub fn succeeded(&self) {
        self.families.up.with_label_values(&[self.name]).set(1);
        self.families.in_a_row.with_label_values(&[self.name]).set(0);
        self.families.last_success.with_label_values(&[self.name]).set(seconds(Timestamp::now()));
        if let Some(trouble) = self.troubles.end(self.name) {
            tracing::info!(service = self.name, failures = trouble.failures, since = %trouble.since, "works again");
        }
    }

    /// It failed, for this reason, and is tried again. A code leads to what can be done.
    pub fn failed(&self, why: &str, code: Option<&str>) {
        let failures = self.troubles.begin(self.name, why);
        self.families.up.with_label_values(&[self.name]).set(0);
        self.families.in_a_row.with_label_values(&[self.name]).set(failures);
        self.families.failures.with_label_values(&[self.name]).inc();
        tracing::error!(service = self.name, failures, code, "{why}; it is tried again by itself, the others go on");
    }
}
