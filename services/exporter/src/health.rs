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
    /// The code of that, where it has one.
    pub(crate) code: Option<String>,
    /// Whether it is no service of this program, but what services wait for.
    pub(crate) outside: bool,
}

/// What is down, by name. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Troubles(Arc<Mutex<BTreeMap<&'static str, Trouble>>>);

impl Troubles {
    /// Each once: a service that is down for what is told already, by the same code, is named beside it.
    pub(crate) fn all(&self) -> BTreeMap<String, Trouble> {
        let troubles = self.lock().clone();
        let same = |a: &Trouble, b: &Trouble| a.code.is_some() && a.code == b.code;
        let told = |trouble: &Trouble| troubles.values().any(|other| other.outside && same(trouble, other));
        let waiting = |outside: &Trouble| {
            let services = troubles.iter().filter(|(_, service)| !service.outside && same(service, outside));
            services.map(|(name, _)| format!(" ({name} waits for it)")).collect::<String>()
        };
        let shown = troubles.iter().filter(|(_, trouble)| trouble.outside || !told(trouble));
        let named = |(name, trouble): (&&str, &Trouble)| match trouble.outside {
            true => ((*name).to_owned() + &waiting(trouble), trouble.clone()),
            false => ((*name).to_owned(), trouble.clone()),
        };
        shown.map(named).collect()
    }

    /// A service failed (again); how often by now.
    pub(crate) fn begin(&self, name: &'static str, why: &str, code: Option<&str>) -> i64 {
        self.count(name, why, code, false)
    }

    /// What services wait for is down (still).
    pub(crate) fn note(&self, name: &'static str, why: &str, code: Option<&str>) {
        self.count(name, why, code, true);
    }

    fn count(&self, name: &'static str, why: &str, code: Option<&str>, outside: bool) -> i64 {
        let mut troubles = self.lock();
        let fresh = || Trouble { since: Timestamp::now(), failures: 0, why: String::new(), code: None, outside };
        let trouble = troubles.entry(name).or_insert_with(fresh);
        trouble.failures = trouble.failures.saturating_add(1);
        why.clone_into(&mut trouble.why);
        trouble.code = code.map(str::to_owned);
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
        let failures = self.troubles.begin(self.name, why, code);
        self.families.up.with_label_values(&[self.name]).set(0);
        self.families.in_a_row.with_label_values(&[self.name]).set(failures);
        self.families.failures.with_label_values(&[self.name]).inc();
        tracing::error!(service = self.name, failures, code, "{why}; it is tried again by itself, the others go on");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page told the same of the broker twice, once of Kafka and once of the service that waits for it.
    #[test]
    fn what_a_service_waits_for_is_told_once() {
        let troubles = Troubles::default();
        troubles.note("Kafka", "no broker answered within 10 s", Some("BW0008"));
        troubles.begin("ingest", "no broker answered within 5 s", Some("BW0008"));
        troubles.begin("evaluation", "the disk is full", Some("BW0022"));
        let names = || troubles.all().into_keys().collect::<Vec<_>>();
        assert_eq!(names(), ["Kafka (ingest waits for it)", "evaluation"]);
        troubles.begin("ingest", "the disk is full", Some("BW0022"));
        assert_eq!(names(), ["Kafka", "evaluation", "ingest"], "services that fail alike are told each");
        troubles.note("Kafka", "no words", None);
        troubles.begin("ingest", "no words either", None);
        assert_eq!(names(), ["Kafka", "evaluation", "ingest"], "without a code nobody knows");
    }
}
