//! Ingestion as a service: run again and again with the same metrics, and with an eye on the broker.

use crate::{
    client,
    error::IngestError,
    metrics::Metrics,
    pipeline::shared::Until,
    properties::KafkaSettings,
    run::{Report, run_with},
    settings::Settings,
};
use contracts::Contracts;
use jiff::Timestamp;
use lake::Lake;
use prometheus::{Gauge, IntGauge, Registry};
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::{fmt, time::Duration};
use tokio::{task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;

/// Between two questions.
const EVERY: Duration = Duration::from_secs(10);
/// For an answer, where `connect_limit` is not shorter.
const LIMIT: Duration = Duration::from_secs(10);

/// What outlives a run that failed. The series of one that stands still stay as it left them.
pub struct Ingestion {
    settings: Settings,
    contracts: Contracts,
    metrics: Metrics,
    reach: Reach,
}

impl fmt::Debug for Ingestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ingestion(from {})", self.settings.kafka.brokers)
    }
}

impl Ingestion {
    /// Sets it up; nothing is connected yet.
    ///
    /// # Errors
    /// When the registry has metrics of these names already.
    pub fn new(settings: Settings, contracts: &Contracts, registry: &Registry) -> Result<Self, prometheus::Error> {
        let (metrics, reach) = (Metrics::new(registry)?, Reach::register(registry)?);
        Ok(Self { settings, contracts: contracts.clone(), metrics, reach })
    }

    /// As [`crate::run`]. May be called again after it ended.
    ///
    /// # Errors
    /// As [`crate::run`].
    pub async fn run(&self, lake: &Lake, until: Until, stop: CancellationToken) -> Result<Report, IngestError> {
        run_with(self.settings.clone(), &self.contracts, lake, self.metrics.clone(), until, stop).await
    }

    /// Asks a broker for an answer every few seconds until `stop`, whatever [`Ingestion::run`] does meanwhile. `tell` hears
    /// why there is none, or `None` where there is one.
    pub async fn watch_broker(&self, stop: &CancellationToken, tell: impl Fn(Option<&IngestError>)) {
        let topics: Vec<&str> = self.contracts.iter().map(|contract| contract.topic()).collect();
        self.reach.watch(&self.settings, topics.first().copied().unwrap_or_default(), stop, tell).await;
    }
}

/// Whether a broker answers: asked beside the pipeline, so that it is known before the first run, within and between.
struct Reach {
    reachable: IntGauge,
    answered: Gauge,
}

impl Reach {
    fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let reach = Self {
            reachable: IntGauge::new(
                "bellwether_broker_reachable",
                "Whether a Kafka broker answered when it was last asked (1) or not (0).",
            )?,
            answered: Gauge::new(
                "bellwether_broker_last_answer_timestamp_seconds",
                "When a Kafka broker last answered; before the first time, when the program was started. What is known of \
                 lag is of then at the latest.",
            )?,
        };
        registry.register(Box::new(reach.reachable.clone()))?;
        registry.register(Box::new(reach.answered.clone()))?;
        reach.now();
        Ok(reach)
    }

    /// Asks until `stop`, and tells what came of each question.
    async fn watch(
        &self,
        settings: &Settings,
        topic: &str,
        stop: &CancellationToken,
        tell: impl Fn(Option<&IngestError>),
    ) {
        let mut client = None;
        let mut known = None;
        loop {
            let (question, topic) = (settings.clone(), topic.to_owned());
            let asked = tokio::select! {
                () = stop.cancelled() => return,
                asked = spawn_blocking(move || ask(client, &question, &topic)) => asked,
            };
            let answer;
            (client, answer) = asked.unwrap_or((None, Err(IngestError::Stage { stage: "broker watch" })));
            if let Err(error) = &answer {
                if known != Some(false) {
                    tracing::error!("{error}; it is asked again every {} s", EVERY.as_secs());
                }
            } else {
                if known == Some(false) {
                    tracing::info!(brokers = settings.kafka.brokers, "a broker answers again");
                }
                self.now();
            }
            known = Some(answer.is_ok());
            self.reachable.set(i64::from(answer.is_ok()));
            tell(answer.as_ref().err());
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(EVERY) => {}
            }
        }
    }

    fn now(&self) {
        self.answered.set(Timestamp::now().as_duration().as_secs_f64());
    }
}

type Client = BaseConsumer;

/// A question about one topic costs a broker next to nothing, whatever else it holds. Blocks.
fn ask(client: Option<Client>, settings: &Settings, topic: &str) -> (Option<Client>, Result<(), IngestError>) {
    let client = match client.map_or_else(|| connect(settings), Ok) {
        Ok(client) => client,
        Err(error) => return (None, Err(error)),
    };
    // What librdkafka has to say meanwhile would pile up.
    while client.poll(Duration::ZERO).is_some() {}
    let limit = LIMIT.min(settings.ingest.connect_limit);
    let answer = match client.fetch_metadata(Some(topic), limit) {
        Ok(_) => Ok(()),
        Err(_) => in_words(&client, &settings.kafka, limit),
    };
    (Some(client), answer)
}

fn connect(settings: &Settings) -> Result<Client, IngestError> {
    client::probe(&settings.kafka, &settings.ingest.group)
}

/// Asks once more, in the way that says what may be wrong.
fn in_words(client: &BaseConsumer, kafka: &KafkaSettings, limit: Duration) -> Result<(), IngestError> {
    client::metadata(client, kafka, limit).map(drop)
}
