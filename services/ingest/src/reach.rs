//! Whether a broker answers: asked beside the pipeline, so that it is known before the first run, within and between.

use crate::{IngestError, KafkaSettings, Settings, client};
use jiff::Timestamp;
use prometheus::{Gauge, IntGauge, Registry};
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::time::Duration;
use tokio::{task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;

/// Between two questions.
const EVERY: Duration = Duration::from_secs(10);
/// For an answer, where `connect_limit` is not shorter.
const LIMIT: Duration = Duration::from_secs(10);

/// The families about the broker.
pub(crate) struct Reach {
    reachable: IntGauge,
    answered: Gauge,
}

impl Reach {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
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
    pub(crate) async fn watch(
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
        self.answered.set(Timestamp::now().as_microsecond() as f64 / 1e6);
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
