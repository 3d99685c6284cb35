//! What operators see of ingestion.

use contracts::OTHER_FIELDS;
use jiff::Timestamp;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    core::Collector,
    core::{AtomicF64, GenericCounterVec, GenericGaugeVec},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// From a small commit on a local disk to half a million rows on slow storage.
const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Fields that no schema names are told apart up to this many a stream: senders choose the names.
const UNKNOWN_NAMES: usize = 50;

#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) lag: IntGaugeVec,
    pub(crate) rows: IntCounterVec,
    pub(crate) bytes: IntCounterVec,
    pub(crate) dead_letters: IntCounterVec,
    pub(crate) truncated: IntCounterVec,
    pub(crate) commits: IntCounterVec,
    pub(crate) fenced: IntCounterVec,
    pub(crate) stopped: IntGaugeVec,
    pub(crate) waiting: IntGaugeVec,
    withheld: IntGaugeVec,
    pub(crate) commit_seconds: HistogramVec,
    pub(crate) flush_seconds: HistogramVec,
    unknown: IntCounterVec,
    /// By stream, the fields that are told apart.
    named: Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>,
    committed: GenericGaugeVec<AtomicF64>,
    /// Partitions whose lag stands although they were revoked: nobody else is known to have them.
    left: Arc<Mutex<BTreeSet<(String, i32)>>>,
    waits: GenericCounterVec<AtomicF64>,
}

impl Metrics {
    /// Registers all families; a registry takes them once.
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            register(registry, IntCounterVec::new(Opts::new(name, help), labels))
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            register(registry, IntGaugeVec::new(Opts::new(name, help), labels))
        };
        let seconds = |name: &str, help: &str| {
            let options = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
            register(registry, HistogramVec::new(options, &["stream"]))
        };
        let committed = Opts::new(
            "bellwether_last_commit_timestamp_seconds",
            "When this program last committed to the stream's table.",
        );
        let waits = Opts::new(
            "bellwether_stage_wait_seconds_total",
            "Time a stage of ingestion waited for room in the next one.",
        );
        Ok(Self {
            lag: gauge(
                "bellwether_consumer_lag",
                "Records between what is committed to the lake and the partition's end.",
                &["topic", "partition"],
            )?,
            rows: counter("bellwether_ingested_rows_total", "Rows committed to the lake.", &["stream"])?,
            bytes: counter("bellwether_ingested_bytes_total", "Bytes of record values committed.", &["stream"])?,
            dead_letters: counter(
                "bellwether_dead_letters_total",
                "Records that went to the dead-letter topic.",
                &["stream", "reason"],
            )?,
            truncated: counter(
                "bellwether_dead_letters_truncated_total",
                "Dead letters too large for their topic, kept as headers and SHA-256 only.",
                &["stream"],
            )?,
            commits: counter("bellwether_commits_total", "Commits to a stream's table.", &["stream"])?,
            fenced: counter(
                "bellwether_fenced_total",
                "Batches dropped because another writer had moved the table's position.",
                &["stream"],
            )?,
            stopped: gauge(
                "bellwether_partition_stopped",
                "1 where a partition is not read: its topic does not continue the table, or a batch in it is unreadable.",
                &["topic", "partition"],
            )?,
            waiting: gauge(
                "bellwether_partition_waiting",
                "1 where a partition cannot be read for a reason that may pass, and is looked at again and again.",
                &["topic", "partition"],
            )?,
            withheld: gauge(
                "bellwether_partition_withheld",
                "1 where another member of the consumer group holds a partition and the lake does not get its records.",
                &["topic", "partition"],
            )?,
            commit_seconds: seconds("bellwether_commit_seconds", "Time to commit a batch.")?,
            flush_seconds: seconds("bellwether_flush_seconds", "Time to write a batch and commit it.")?,
            unknown: counter(
                "bellwether_unknown_fields_total",
                "Fields that the stream's schema does not name, dropped.",
                &["stream", "field"],
            )?,
            named: Arc::default(),
            committed: register(registry, GenericGaugeVec::new(committed, &["stream"]))?,
            left: Arc::default(),
            waits: register(registry, GenericCounterVec::new(waits, &["stage"]))?,
        })
    }

    pub(crate) fn waited(&self, stage: &str, time: Duration) {
        self.waits.with_label_values(&[stage]).inc_by(time.as_secs_f64());
    }

    /// Its lag stands for now: without a broker, or after a run that failed, nobody knows better.
    pub(crate) fn revoked(&self, topic: &str, partition: i32) {
        // An error says that there is no such series.
        let _ = self.stopped.remove_label_values(&[topic, &partition.to_string()]);
        self.left().insert((topic.to_owned(), partition));
    }

    /// The partition is assigned to us (again).
    pub(crate) fn assigned(&self, topic: &str, partition: i32) {
        self.left().remove(&(topic.to_owned(), partition));
    }

    /// The group has rebalanced: whoever is assigned the partitions that are not ours shows their numbers.
    pub(crate) fn rebalanced(&self, ours: &BTreeSet<(&str, i32)>) {
        self.left().retain(|(topic, partition)| {
            let stays = ours.contains(&(topic.as_str(), *partition));
            if !stays {
                let _ = self.lag.remove_label_values(&[topic.as_str(), &partition.to_string()]);
            }
            stays
        });
    }

    fn left(&self) -> MutexGuard<'_, BTreeSet<(String, i32)>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A batch of the stream was committed.
    pub(crate) fn committed(&self, stream: &str) {
        self.commits.with_label_values(&[stream]).inc();
        self.committed.with_label_values(&[stream]).set(Timestamp::now().as_duration().as_secs_f64());
    }

    /// A run begins: nothing is stopped or waited for yet, whatever an earlier one ended with.
    pub(crate) fn begin(&self) {
        self.stopped.reset();
        self.waiting.reset();
        self.withheld.reset();
    }

    /// These partitions are withheld, and of those that were before no others.
    pub(crate) fn withheld(&self, before: &[(String, i32)], places: &[(String, i32)]) {
        for (topic, partition) in places {
            self.withheld.with_label_values(&[topic, &partition.to_string()]).set(1);
        }
        for (topic, partition) in before.iter().filter(|place| !places.contains(place)) {
            let _ = self.withheld.remove_label_values(&[topic, &partition.to_string()]);
        }
    }

    pub(crate) fn unknown_fields(&self, stream: &str, fields: &BTreeMap<String, u64>) {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let named = named.entry(stream.to_owned()).or_default();
        for (field, count) in fields {
            let told_apart = named.contains(field) || (is_plain(field) && named.len() < UNKNOWN_NAMES);
            let field = if told_apart { field } else { OTHER_FIELDS };
            if told_apart {
                named.insert(field.to_owned());
            }
            self.unknown.with_label_values(&[stream, field]).inc_by(*count);
        }
    }
}

/// The name of a field as schemas have them, and not, say, of a person.
fn is_plain(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    family: prometheus::Result<C>,
) -> prometheus::Result<C> {
    let family = family?;
    registry.register(Box::new(family.clone()))?;
    Ok(family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_told_apart_up_to_a_limit_and_name_no_person() {
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let count = |field: &str| metrics.unknown.with_label_values(&["outcomes", field]).get();
        for name in ["jane.doe", "Jane", "9", "jane doe", "", &"x".repeat(65)] {
            metrics.unknown_fields("outcomes", &BTreeMap::from([(name.to_owned(), 1)]));
        }
        assert_eq!(count(OTHER_FIELDS), 6);
        for n in 0..200 {
            metrics.unknown_fields("outcomes", &BTreeMap::from([(format!("field_{n}"), 1)]));
        }
        assert_eq!((count("field_0"), count("field_49"), count(OTHER_FIELDS)), (1, 1, 156));
        metrics.unknown_fields("outcomes", &BTreeMap::from([("field_0".to_owned(), 1)]));
        assert_eq!((count("field_0"), count(OTHER_FIELDS)), (2, 156));
    }

    /// The lag of every partition vanished with the broker, and with it what the alert on it goes by.
    #[test]
    fn lag_stands_until_somebody_else_has_the_partition() {
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let shown = || metrics.lag.collect().iter().map(|family| family.get_metric().len()).sum::<usize>();
        for partition in ["0", "1"] {
            metrics.lag.with_label_values(&["t", partition]).set(7);
        }
        metrics.revoked("t", 0);
        metrics.revoked("t", 1);
        assert_eq!(shown(), 2, "revoked, and nobody is known to have them");
        metrics.assigned("t", 1);
        metrics.rebalanced(&BTreeSet::from([("t", 1)]));
        assert_eq!(shown(), 1, "0 is another's");
        assert_eq!(metrics.lag.with_label_values(&["t", "1"]).get(), 7);
    }
}
