//! What can go wrong, with coordinates and what to do.

use lake::LakeError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::fmt;

/// Errors that end an ingest run. Everything that was committed before stays; the rest is read again next time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// No broker answered within the limit.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// Kafka refused something.
    #[error("{context}: {source}")]
    Kafka {
        /// What was attempted, with topic and partition where there are.
        context: String,
        /// The cause.
        source: KafkaError,
    },
    /// A table could not be opened, read or committed to.
    #[error("stream {stream}: {source}")]
    Table {
        /// The stream, and so the table.
        stream: String,
        /// The cause.
        source: LakeError,
    },
    /// The lake as a whole refused us.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Partitions that were stopped: their topic no longer continues what the table holds, or a batch of records in it
    /// cannot be read. The others went on.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Positions(Vec<PositionError>),
    /// A partition could not be read for so long that a run which should end by itself does so.
    #[error(
        "{topic}-{partition}: not readable for {seconds} s ({why}): check its leader and the brokers, then run again"
    )]
    Waited {
        /// Topic.
        topic: String,
        /// Partition.
        partition: i32,
        /// How long it was waited for.
        seconds: u64,
        /// What the client or the broker said last.
        why: String,
    },
    /// Another member of the consumer group holds partitions and does not bring their records to the lake.
    #[error(
        "{partitions}: the lake has not got their records for {seconds} s. In the consumer group {group} they are held by \
         {holders}. If that is no `ingest` of this lake, give it a group of its own, or this one another `ingest.group` \
         (BELLWETHER__INGEST__GROUP); if it is one, its log says what it waits for"
    )]
    Withheld {
        /// Partitions, as `TOPIC-PARTITION`.
        partitions: String,
        /// For how long.
        seconds: u64,
        /// The group.
        group: String,
        /// Its members that hold them.
        holders: String,
    },
    /// A dead letter could not be stored, so its batch was not committed either.
    #[error(
        "{topic}: a dead letter could not be stored ({source}), so its batch is not committed: create the topic or \
         allow writing to it"
    )]
    DeadLetter {
        /// The dead-letter topic.
        topic: String,
        /// The cause.
        source: KafkaError,
    },
    /// Rows could not be put into the table's columns: contract and table disagree.
    #[error("stream {stream}: {source}")]
    Columns {
        /// The stream.
        stream: String,
        /// The cause.
        source: arrow::error::ArrowError,
    },
    /// Metrics could not be registered: two runs share a registry.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// A stage ended without saying why.
    #[error("the {stage} stage ended unexpectedly: this is a defect, please report it with the log")]
    Stage {
        /// Which.
        stage: &'static str,
    },
}

/// No broker answered within the limit.
#[derive(Debug, thiserror::Error)]
#[error("{}", Obstacle::of(.source).describe(.brokers, *.seconds, .source))]
pub struct Unreachable {
    /// Bootstrap servers as configured.
    pub brokers: String,
    /// How long was tried.
    pub seconds: u64,
    /// What the client said last.
    pub source: KafkaError,
}

/// What is between us and a broker, the more telling one last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Obstacle {
    /// Nobody answers at the address.
    Silence,
    /// Its name leads nowhere.
    Name,
    /// What answers does not speak TLS, or its certificate is not trusted.
    Tls,
    /// It does not take our credentials.
    Credentials,
}

impl Obstacle {
    pub(crate) fn of(error: &KafkaError) -> Self {
        use RDKafkaErrorCode::{Authentication, Resolve, SSL, SaslAuthenticationFailed, UnsupportedSASLMechanism};
        match error.rdkafka_error_code() {
            Some(Authentication | SaslAuthenticationFailed | UnsupportedSASLMechanism) => Self::Credentials,
            Some(SSL) => Self::Tls,
            Some(Resolve) => Self::Name,
            _ => Self::Silence,
        }
    }

    fn describe(self, brokers: &str, seconds: u64, source: &KafkaError) -> String {
        match self {
            Self::Silence => format!(
                "no Kafka broker at {brokers} answered within {seconds} s ({source}): check that one listens at this \
                 address and port, that no firewall is between, and that `kafka.brokers` (BELLWETHER__KAFKA__BROKERS) \
                 names it; one that wants TLS or SASL needs `security.protocol` in `kafka.properties`"
            ),
            Self::Name => format!(
                "no Kafka broker was found: a name in {brokers} is not known here ({source}): check its spelling in \
                 `kafka.brokers` (BELLWETHER__KAFKA__BROKERS), and this machine's DNS"
            ),
            Self::Tls => format!(
                "the Kafka broker at {brokers} and we do not agree on TLS ({source}): check that its port speaks TLS, and \
                 `security.protocol` and `ssl.ca.location` in `kafka.properties`"
            ),
            Self::Credentials => format!(
                "the Kafka broker at {brokers} does not take our credentials ({source}): check `sasl.mechanisms`, \
                 `sasl.username` and `sasl.password` in `kafka.properties`"
            ),
        }
    }
}

/// What a broker has against us, where the client's error says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// What answers does not speak TLS, or its certificate is not trusted.
    Tls,
    /// It does not take our credentials.
    Credentials,
    /// It knows us, and we may not do that.
    Access,
    /// There is no such topic, or no such partition of it.
    NoTopic,
}

impl Objection {
    /// Of one of the client's errors; of any other there is none.
    pub fn of(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        use RDKafkaErrorCode::{
            ClusterAuthorizationFailed, GroupAuthorizationFailed, TopicAuthorizationFailed,
            TransactionalIdAuthorizationFailed, UnknownPartition, UnknownTopic, UnknownTopicOrPartition,
        };
        let error: &KafkaError = error.downcast_ref()?;
        match error.rdkafka_error_code()? {
            ClusterAuthorizationFailed
            | GroupAuthorizationFailed
            | TopicAuthorizationFailed
            | TransactionalIdAuthorizationFailed => Some(Self::Access),
            UnknownPartition | UnknownTopic | UnknownTopicOrPartition => Some(Self::NoTopic),
            _ => match Obstacle::of(error) {
                Obstacle::Tls => Some(Self::Tls),
                Obstacle::Credentials => Some(Self::Credentials),
                Obstacle::Silence | Obstacle::Name => None,
            },
        }
    }
}

/// Why a partition is not read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositionError {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// The next offset to read, as the table holds it.
    pub stored: i64,
    /// First offset that the topic still holds.
    pub low: i64,
    /// The offset that its next record gets.
    pub high: i64,
    /// What is wrong.
    pub fault: PositionFault,
}

/// The ways in which a topic can fail to continue a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PositionFault {
    /// The stored offset is not within the topic's range.
    OutOfRange,
    /// The record at this offset is not the one that was committed.
    Replaced {
        /// Offset of the last record that was committed.
        record: i64,
    },
    /// The batch of records at this offset cannot be read, however often it is tried.
    Unreadable {
        /// Of librdkafka.
        code: RDKafkaErrorCode,
        /// What librdkafka says about it.
        text: String,
        /// `receive.message.max.bytes`, which bounds what a batch may unpack to.
        receive_limit: u64,
    },
}

impl std::error::Error for PositionError {}

impl fmt::Display for PositionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, partition, stored, low, high, fault } = self;
        write!(f, "{topic}-{partition}@{stored}: ")?;
        match fault {
            PositionFault::OutOfRange => {
                write!(f, "the table goes on at offset {stored}, but the topic holds {low} to {high}")?;
            }
            PositionFault::Unreadable { code, text, receive_limit } => {
                return unreadable(f, *code, text, *receive_limit);
            }
            PositionFault::Replaced { record } => {
                write!(
                    f,
                    "the record at offset {record} is not the one that was ingested (the topic holds {low} to {high})"
                )?;
            }
        }
        write!(
            f,
            "; it was truncated or recreated. This partition is stopped. Check the topic; `--accept-gap` resumes at \
             its earliest record ({low})"
        )
    }
}

/// The largest that librdkafka takes for `receive.message.max.bytes`.
const RECEIVE_MAX: i32 = i32::MAX;

fn unreadable(f: &mut fmt::Formatter<'_>, code: RDKafkaErrorCode, text: &str, limit: u64) -> fmt::Result {
    write!(
        f,
        "the batch of records at this offset cannot be read ({code}: {text}). This partition is stopped, the others go on. "
    )?;
    let damaged = "A batch that is damaged in the topic is passed over by deleting the partition's records up to behind it \
                   (kafka-delete-records.sh) and one start with `--accept-gap`";
    match code {
        RDKafkaErrorCode::BadCompression | RDKafkaErrorCode::MessageSizeTooLarge => write!(
            f,
            "Unpacked it is most likely larger than `receive.message.max.bytes` = {limit} allows (of zstd a third of that \
             is sure to fit): raise it under [kafka.properties], up to {RECEIVE_MAX}, and start again. {damaged}"
        ),
        RDKafkaErrorCode::NotImplemented | RDKafkaErrorCode::UnsupportedCompressionType => write!(
            f,
            "It is compressed in a way that this program does not know: let producers use zstd, lz4, snappy or gzip. \
             {damaged}"
        ),
        _ => f.write_str(damaged),
    }
}

impl IngestError {
    /// Wraps a Kafka error with what was attempted.
    pub(crate) fn kafka(context: impl Into<String>) -> impl FnOnce(KafkaError) -> Self {
        let context = context.into();
        move |source| Self::Kafka { context, source }
    }

    /// Wraps a table error with its stream.
    pub(crate) fn table(stream: &str) -> impl FnOnce(LakeError) -> Self {
        let stream = stream.to_owned();
        move |source| Self::Table { stream, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broker_objects_to_is_known_by_the_clients_code() {
        let objection = |code| Objection::of(&KafkaError::MessageProduction(code));
        assert_eq!(objection(RDKafkaErrorCode::SSL), Some(Objection::Tls));
        assert_eq!(objection(RDKafkaErrorCode::SaslAuthenticationFailed), Some(Objection::Credentials));
        assert_eq!(objection(RDKafkaErrorCode::TopicAuthorizationFailed), Some(Objection::Access));
        assert_eq!(objection(RDKafkaErrorCode::GroupAuthorizationFailed), Some(Objection::Access));
        assert_eq!(objection(RDKafkaErrorCode::UnknownTopicOrPartition), Some(Objection::NoTopic));
        assert_eq!(objection(RDKafkaErrorCode::OperationTimedOut), None);
        assert_eq!(Objection::of(&fmt::Error), None, "not the client's");
    }
}
