//! The dead-letter topics: those that are missing are created before anything is read, and those that exist are compared,
//! once and beside the pipeline, with what their source topics can hold.

use crate::{
    client::{self, HEADER_ROOM},
    error::IngestError,
    pipeline::assign::probe::Probe,
    settings::Settings,
};
use rdkafka::{
    admin::{AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
    error::{KafkaResult, RDKafkaErrorCode},
};
use std::time::Duration;

/// The longest that a broker's answer is waited for.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Dead letters may hold names: 14 days.
const RETENTION_MS: u64 = 14 * 24 * 3600 * 1000;
/// `max.message.bytes` of a topic where neither it nor the broker says.
const KAFKA_LIMIT: u64 = 1_048_588;
const LIMIT: &str = "max.message.bytes";

/// A source topic without a dead-letter topic.
struct Missing {
    source: String,
    target: String,
    /// As the source has, or one.
    partitions: i32,
}

/// Creates missing dead-letter topics: 14 days of retention, the source's partitions, and room for its largest records with
/// the headers of a dead letter. Where that cannot be done it says once what to do, and the run goes on.
pub(crate) async fn create_missing(settings: &Settings, sources: &[String]) -> Result<(), IngestError> {
    if !settings.ingest.create_dead_letter_topics {
        return Ok(());
    }
    let (looking, sources) = (settings.clone(), sources.to_vec());
    let looked = tokio::task::spawn_blocking(move || missing(&looking, &sources)).await;
    let (missing, broker) = looked.unwrap_or(Err(IngestError::Stage { stage: "dead-letter topics" }))?;
    if missing.is_empty() {
        return Ok(());
    }
    let refused = match create(settings, &missing, broker).await {
        Ok(answers) => answers.into_iter().filter_map(Result::err).collect(),
        Err(error) => missing.into_iter().map(|missing| (missing.target, error.to_string())).collect::<Vec<_>>(),
    };
    if let Some((_, why)) = refused.first() {
        let topics: Vec<&str> = refused.iter().map(|(topic, _)| topic.as_str()).collect();
        tracing::warn!(
            topics = topics.join(","),
            "dead-letter topics are missing and cannot be created ({why}). Dead letters may hold names and are to be \
             gone after 14 days; a topic that the broker creates by itself keeps them as long as any other. Create them with \
             `BROKERS={} ops/kafka/topics.sh`; where they are looked after, `ingest.create_dead_letter_topics = false` \
             ends this warning",
            settings.kafka.brokers
        );
    }
    Ok(())
}

/// Blocks.
fn missing(settings: &Settings, sources: &[String]) -> Result<(Vec<Missing>, Option<i32>), IngestError> {
    let probe = Probe::new(settings)?;
    let targets: Vec<String> = sources.iter().map(|source| settings.dead_letter_topic(source)).collect();
    let names: Vec<&str> = sources.iter().chain(&targets).map(String::as_str).collect();
    let partitions = probe.partitions(&names)?;
    let (of_sources, of_targets) = partitions.split_at(sources.len());
    let lacking = sources.iter().zip(targets).zip(of_sources.iter().zip(of_targets));
    let lacking = lacking.filter(|(_, (_, target))| target.is_empty()).map(|((source, target), (held, _))| Missing {
        source: source.clone(),
        target,
        partitions: i32::try_from(held.len()).unwrap_or(i32::MAX).max(1),
    });
    Ok((lacking.collect(), probe.any_broker()?))
}

/// What became of each topic: nothing to say, or why not.
type Created = Result<(), (String, String)>;

async fn create(settings: &Settings, missing: &[Missing], broker: Option<i32>) -> KafkaResult<Vec<Created>> {
    let client = client::admin(&settings.kafka)?;
    let wait = ANSWER_LIMIT.min(settings.ingest.connect_limit);
    let sources: Vec<&str> = missing.iter().map(|missing| missing.source.as_str()).collect();
    let held = limits(&client, &sources, wait).await?;
    // A source that the broker creates later, by itself, has the broker's limit.
    let standard = match broker.filter(|_| held.contains(&None)) {
        Some(broker) => broker_limit(&client, broker, wait).await.unwrap_or(KAFKA_LIMIT),
        None => KAFKA_LIMIT,
    };
    let retention = RETENTION_MS.to_string();
    let limits: Vec<String> = held.iter().map(|held| (held.unwrap_or(standard) + HEADER_ROOM).to_string()).collect();
    let replication = settings.ingest.dead_letter_replication.map_or(-1, i32::from); // -1: the broker's default
    let topics: Vec<NewTopic<'_>> = missing
        .iter()
        .zip(&limits)
        .map(|(missing, limit)| {
            NewTopic::new(&missing.target, missing.partitions, TopicReplication::Fixed(replication))
                .set("cleanup.policy", "delete")
                .set("retention.ms", &retention)
                .set(LIMIT, limit)
        })
        .collect();
    let options = AdminOptions::new().request_timeout(Some(wait)).operation_timeout(Some(wait));
    let answers = client.create_topics(&topics, &options).await?;
    Ok(answers.into_iter().map(outcome).collect())
}

fn outcome(answer: Result<String, (String, RDKafkaErrorCode)>) -> Created {
    match answer {
        Ok(topic) => {
            tracing::info!(topic, "dead-letter topic created, with 14 days of retention");
            Ok(())
        }
        // Another ingest was faster.
        Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => Ok(()),
        Err((topic, code)) => Err((topic, code.to_string())),
    }
}

/// Warns where the largest records of a topic would lose their values as dead letters. Brokers that do not tell their
/// configuration are believed.
pub(crate) async fn check(settings: Settings, sources: Vec<String>) {
    let client = match client::admin(&settings.kafka) {
        Ok(client) => client,
        Err(error) => return tracing::debug!(%error, "limits of topics are not known"),
    };
    for source in sources {
        let target = settings.dead_letter_topic(&source);
        match limits(&client, &[&source, &target], ANSWER_LIMIT).await.as_deref() {
            Ok([Some(allowed), Some(kept)]) if *kept < allowed + HEADER_ROOM => tracing::warn!(
                topic = target,
                "max.message.bytes is {kept}, but {source} holds records of up to {allowed}: the largest dead letters \
                 will keep their headers and SHA-256 only. Set it to {} or more",
                allowed + HEADER_ROOM
            ),
            Ok(_) => {}
            Err(error) => return tracing::debug!(%error, "limits of topics are not known"),
        }
    }
}

/// `max.message.bytes` of topics, in their order; `None` where there is no such topic (yet).
async fn limits(
    client: &AdminClient<DefaultClientContext>,
    topics: &[&str],
    wait: Duration,
) -> KafkaResult<Vec<Option<u64>>> {
    let wanted: Vec<_> = topics.iter().map(|topic| ResourceSpecifier::Topic(topic)).collect();
    let options = AdminOptions::new().request_timeout(Some(wait));
    let answers = client.describe_configs(&wanted, &options).await?;
    let limit = |topic: &&str| {
        use rdkafka::admin::OwnedResourceSpecifier::Topic;
        let of_topic = |found: &&ConfigResource| matches!(&found.specifier, Topic(name) if name == topic);
        number(answers.iter().filter_map(|answer| answer.as_ref().ok()).find(of_topic)?, LIMIT)
    };
    Ok(topics.iter().map(limit).collect())
}

/// What the broker allows topics that do not say.
async fn broker_limit(client: &AdminClient<DefaultClientContext>, broker: i32, wait: Duration) -> Option<u64> {
    let options = AdminOptions::new().request_timeout(Some(wait));
    let answers = client.describe_configs([&ResourceSpecifier::Broker(broker)], &options).await.ok()?;
    number(answers.iter().find_map(|answer| answer.as_ref().ok())?, "message.max.bytes")
}

fn number(of: &ConfigResource, name: &str) -> Option<u64> {
    of.get(name)?.value.as_ref()?.parse().ok()
}
