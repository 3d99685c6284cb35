//! Whether the dead-letter topics can take what their source topics can hold. Looked at once, beside the pipeline.

use crate::{
    Settings,
    client::{self, HEADER_ROOM},
};
use rdkafka::{
    admin::{AdminClient, AdminOptions, ConfigResource, ResourceSpecifier},
    client::DefaultClientContext,
    error::KafkaError,
};
use std::time::Duration;

const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Warns where the largest records of a topic would lose their values as dead letters. Brokers that do not tell their
/// configuration are believed.
pub(crate) async fn check(settings: Settings, topics: Vec<String>) {
    let client: AdminClient<DefaultClientContext> = match client::admin(&settings.kafka) {
        Ok(client) => client,
        Err(error) => return tracing::debug!(%error, "limits of topics are not known"),
    };
    for source in topics {
        let target = settings.dead_letter_topic(&source);
        match limits(&client, [&source, &target]).await {
            Ok([Some(allowed), Some(kept)]) if kept < allowed + HEADER_ROOM => tracing::warn!(
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

/// `max.message.bytes` of two topics; `None` where there is no such topic (yet).
async fn limits(
    client: &AdminClient<DefaultClientContext>,
    topics: [&String; 2],
) -> Result<[Option<u64>; 2], KafkaError> {
    let options = AdminOptions::new().request_timeout(Some(ANSWER_LIMIT));
    let wanted = topics.map(|topic| ResourceSpecifier::Topic(topic));
    let answers = client.describe_configs(&wanted, &options).await?;
    let limit = |answer: &Result<ConfigResource, _>| {
        answer.as_ref().ok()?.get("max.message.bytes")?.value.as_ref()?.parse().ok()
    };
    Ok([answers.first().and_then(limit), answers.get(1).and_then(limit)])
}
