//! A broker, a lake and a run between them.

use arrow::{
    array::AsArray,
    datatypes::{Int32Type, Int64Type},
    record_batch::RecordBatch,
};
use contracts::Contracts;
use datafusion::prelude::SessionContext;
use ingest::{
    CancellationToken, IngestError, IngestSettings, KafkaSettings, PrivacyKey, Publisher, Report, Settings, Until,
};
use lake::Lake;
use prometheus::Registry;
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer},
};
use simulator::EmbeddedBroker;
use std::{collections::BTreeMap, path::Path, time::Duration};
use tempfile::TempDir;

pub const OUTCOMES: &str = "bellwether.outcomes";
pub const CALENDAR: &str = "bellwether.calendar-audits";
pub const SITES: &str = "bellwether.sites";
pub const LEADERS: &str = "bellwether.leaders";
pub const KEY: &str = "a key for tests, of more than sixteen bytes";

/// Longer than anything takes on a machine that is busy with other things.
pub const GENEROUS: Duration = Duration::from_secs(120);

/// All that a test needs.
pub struct Bench {
    pub broker: EmbeddedBroker,
    pub contracts: Contracts,
    pub ingest: IngestSettings,
    /// Of librdkafka, beside those of [`Bench::kafka`].
    pub properties: Vec<(&'static str, &'static str)>,
    folder: TempDir,
}

impl Bench {
    /// Every stream's topic, with so many partitions.
    pub fn new(partitions: i32) -> Self {
        let contracts = Contracts::shipped().unwrap();
        let topics: Vec<(&str, i32)> = contracts.iter().map(|contract| (contract.topic(), partitions)).collect();
        let broker = EmbeddedBroker::start(&topics).unwrap();
        // The embedded broker makes topics by itself only, and lets whoever asks it to wait.
        let ingest = IngestSettings {
            flush_age: Duration::from_millis(200),
            create_dead_letter_topics: false,
            ..IngestSettings::default()
        };
        Self { broker, contracts, ingest, properties: Vec::new(), folder: tempfile::tempdir().unwrap() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn kafka(&self) -> KafkaSettings {
        // Quick enough for tests: the defaults notice a lost member after 45 s.
        let properties =
            [("session.timeout.ms", "1300"), ("heartbeat.interval.ms", "100"), ("fetch.wait.max.ms", "10")];
        KafkaSettings {
            brokers: self.broker.bootstrap_servers().to_owned(),
            properties: properties
                .iter()
                .chain(&self.properties)
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    pub async fn lake(&self) -> Lake {
        Lake::create(self.folder().join("lake").to_str().unwrap()).await.unwrap()
    }

    pub async fn catch_up(&self) -> Result<Report, IngestError> {
        self.run(&Registry::new(), Until::CaughtUp, CancellationToken::new()).await
    }

    pub async fn run(&self, registry: &Registry, until: Until, stop: CancellationToken) -> Result<Report, IngestError> {
        self.run_with(self.ingest.clone(), registry, until, stop).await
    }

    pub async fn run_with(
        &self,
        ingest: IngestSettings,
        registry: &Registry,
        until: Until,
        stop: CancellationToken,
    ) -> Result<Report, IngestError> {
        self.run_by((self.kafka(), ingest), registry, until, stop).await
    }

    /// With a client of these properties.
    pub async fn run_on(
        &self,
        kafka: KafkaSettings,
        registry: &Registry,
        until: Until,
        stop: CancellationToken,
    ) -> Result<Report, IngestError> {
        self.run_by((kafka, self.ingest.clone()), registry, until, stop).await
    }

    async fn run_by(
        &self,
        (kafka, ingest): (KafkaSettings, IngestSettings),
        registry: &Registry,
        until: Until,
        stop: CancellationToken,
    ) -> Result<Report, IngestError> {
        let lake = self.lake().await;
        let settings = Settings::new(kafka, ingest, PrivacyKey::new(KEY).unwrap()).unwrap();
        ingest::run(settings, &self.contracts, &lake, registry, until, stop).await
    }

    /// The cluster's id, as the tables remember it.
    pub fn cluster(&self) -> String {
        let consumer: BaseConsumer =
            ClientConfig::new().set("bootstrap.servers", self.broker.bootstrap_servers()).create().unwrap();
        consumer.client().fetch_cluster_id(Duration::from_secs(5)).unwrap()
    }

    /// Sends records (topic, key, value), in order, and waits for them.
    pub fn produce<'a>(&self, records: impl IntoIterator<Item = (&'a str, Option<&'a str>, Option<Vec<u8>>)>) {
        let mut publisher = Publisher::new(&self.kafka()).unwrap();
        for (topic, key, value) in records {
            publisher.send(topic, key.map(str::as_bytes), value.as_deref()).unwrap();
        }
        publisher.finish().unwrap();
    }

    /// All rows of a stream's table.
    pub async fn rows(&self, stream: &str) -> Vec<RecordBatch> {
        let lake = self.lake().await;
        let Some(snapshot) = lake.snapshot(stream).await.unwrap() else { return Vec::new() };
        let context = SessionContext::new();
        context.read_table(snapshot.provider().unwrap()).unwrap().collect().await.unwrap()
    }

    /// How often each text stands in a column.
    pub async fn texts(&self, stream: &str, column: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for batch in self.rows(stream).await {
            let column = datafusion::arrow::compute::cast(
                batch.column_by_name(column).unwrap(),
                &arrow::datatypes::DataType::Utf8,
            )
            .unwrap();
            for value in column.as_string::<i32>() {
                *counts.entry(value.unwrap_or("(null)").to_owned()).or_default() += 1;
            }
        }
        counts
    }

    /// Partition and offset of every row.
    pub async fn places(&self, stream: &str) -> Vec<(i32, i64)> {
        let mut places = Vec::new();
        for batch in self.rows(stream).await {
            let partitions = batch.column_by_name(lake::PARTITION).unwrap().as_primitive::<Int32Type>().clone();
            let offsets = batch.column_by_name(lake::OFFSET).unwrap().as_primitive::<Int64Type>().clone();
            places.extend((0..partitions.len()).map(|row| (partitions.value(row), offsets.value(row))));
        }
        places.sort_unstable();
        places
    }

    pub async fn mark(&self, stream: &str, name: &str) -> Option<i64> {
        self.lake().await.snapshot(stream).await.unwrap()?.mark(name).await.unwrap()
    }
}

/// What stands for a value in the lake.
pub fn pseudonym(domain: &str, value: &str) -> String {
    PrivacyKey::new(KEY).unwrap().pseudonym(domain, value)
}

/// The ids of these outcomes as the lake holds them, each so many times.
pub fn stored<'a>(ids: impl IntoIterator<Item = (&'a str, usize)>) -> BTreeMap<String, usize> {
    ids.into_iter().map(|(id, times)| (pseudonym("outcome_id", id), times)).collect()
}

/// A near miss with this id.
pub fn outcome(id: &str) -> Vec<u8> {
    format!(
        r#"{{"outcome_id":"{id}","revision":0,"recorded_at":"2026-03-02T08:00:00Z","site_id":"S1","occurred_at":"2026-03-02T07:00:00Z","kind":"near_miss","value":1}}"#
    )
    .into_bytes()
}

/// The same with a field that the schema does not name: [`decoded`] counts it, before it is written.
pub fn noted_outcome(id: &str) -> Vec<u8> {
    String::from_utf8(outcome(id)).unwrap().replace(r#""value":1"#, r#""value":1,"note":"""#).into_bytes()
}

/// Noted outcomes that a run has decoded.
pub fn decoded(registry: &Registry) -> f64 {
    metric(registry, "bellwether_unknown_fields_total", Some("note"))
}

pub fn send_noted_outcomes(bench: &Bench, range: std::ops::Range<usize>) {
    let ids: Vec<String> = range.map(|n| format!("o-{n}")).collect();
    bench.produce(ids.iter().map(|id| (OUTCOMES, Some(id.as_str()), Some(noted_outcome(id)))));
}

/// Near misses `from..to`, keyed by their ids.
pub fn outcomes(range: std::ops::Range<usize>) -> Vec<(String, Vec<u8>)> {
    range.map(|n| (format!("o-{n}"), outcome(&format!("o-{n}")))).collect()
}

pub fn send_outcomes(bench: &Bench, range: std::ops::Range<usize>) {
    let events = outcomes(range);
    bench.produce(events.iter().map(|(id, event)| (OUTCOMES, Some(id.as_str()), Some(event.clone()))));
}

/// Value of a metric family, summed over the series that have this label value (or all).
pub fn metric(registry: &Registry, name: &str, label: Option<&str>) -> f64 {
    let families = registry.gather();
    let Some(family) = families.iter().find(|family| family.name() == name) else { return 0.0 };
    let wanted = family
        .get_metric()
        .iter()
        .filter(|metric| label.is_none_or(|label| metric.get_label().iter().any(|pair| pair.value() == label)));
    wanted.map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value()).sum()
}

/// How many series of a metric family have this label value.
pub fn series(registry: &Registry, name: &str, label: &str) -> usize {
    let families = registry.gather();
    let family = families.iter().filter(|family| family.name() == name).flat_map(|family| family.get_metric());
    family.filter(|metric| metric.get_label().iter().any(|pair| pair.value() == label)).count()
}

/// Waits until a condition holds, or fails with its name.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let looking = async {
        while !holds().await {
            // From now on, however long the look took: what is waited for needs the time between.
            looks.reset();
            looks.tick().await;
        }
    };
    let in_time = tokio::time::timeout(GENEROUS, looking).await;
    in_time.unwrap_or_else(|_| panic!("not within {GENEROUS:?}: {what}"));
}
