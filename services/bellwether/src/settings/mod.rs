//! Settings: defaults < `bellwether.toml` < environment, parsed and then validated into types that cannot hold nonsense.
//!
//! To add one: a line in `bellwether.toml`, a field here, a good and a bad fixture in `tests/fixtures`.

mod fault;
mod layers;
mod reader;
mod secret;
mod values;

pub use fault::{Fault, Faults};
pub use layers::{Layers, Origin, PREFIX, Raw};
pub use reader::{Entry, Reader, Setting};
pub use secret::{MASK, Secret};
pub use values::{Brokers, Bytes, Count, Directives, LakeUrl, LogFormat};

use jiff::civil::Date;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// The file that is read from the working directory when `--config` names no other.
pub const FILE: &str = "bellwether.toml";

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `[kafka]`.
    pub kafka: Kafka,
    /// `[lake]`.
    pub lake: LakeUrl,
    /// `[privacy]`; `None`: no key.
    pub privacy: Option<PrivacyKey>,
    /// `[ingest]`.
    pub ingest: Ingest,
    /// `[indicators]`.
    pub indicators: Indicators,
    /// `[http] listen`.
    pub listen: SocketAddr,
    /// `[log]`.
    pub log: Log,
    /// `[contracts] schemas`.
    pub schemas: Option<PathBuf>,
}

/// `[kafka]`.
#[derive(Debug, Clone)]
pub struct Kafka {
    /// Bootstrap servers.
    pub brokers: Brokers,
    /// librdkafka properties, passed through. Any of them may be a password, so none shows itself.
    pub properties: Vec<(String, Secret)>,
}

/// `[privacy]`.
#[derive(Debug, Clone)]
pub enum PrivacyKey {
    /// Given as it is.
    Inline(Secret),
    /// The first line of a file.
    File(PathBuf),
}

/// `[ingest]`.
#[derive(Debug, Clone)]
pub struct Ingest {
    /// Consumer group.
    pub group: String,
    /// Oldest a batch gets.
    pub flush_age: Duration,
    /// Most rows of a batch.
    pub flush_rows: Count,
    /// Most JSON of a batch.
    pub flush_bytes: Bytes,
    /// A larger record is a dead letter.
    pub max_record_bytes: Bytes,
    /// Time to finish after a signal to stop.
    pub drain_limit: Duration,
    /// Time to reach a broker.
    pub connect_limit: Duration,
    /// Dead letters of a topic go to the topic of its name with this suffix.
    pub dead_letter_suffix: String,
    /// Make those topics where they are missing.
    pub create_dead_letter_topics: bool,
    /// Copies of each of their partitions; `None`: as the broker makes them.
    pub dead_letter_replication: Option<Count>,
    /// First event date that is accepted.
    pub earliest: Date,
    /// How many years ahead of the clock an event time may lie.
    pub years_ahead: Count,
}

/// `[indicators]`.
#[derive(Debug, Clone)]
pub struct Indicators {
    /// Folder of query files.
    pub queries: PathBuf,
    /// Between evaluations.
    pub interval: Duration,
    /// Of one query.
    pub timeout: Duration,
    /// Of one query.
    pub memory: Bytes,
    /// Most series of one query.
    pub series: Count,
}

/// `[log]`.
#[derive(Debug, Clone)]
pub struct Log {
    /// Human or JSON.
    pub format: LogFormat,
    /// What is let through.
    pub level: Directives,
}

impl Settings {
    /// Loads `file` (or [`FILE`] where it exists) and the environment. Gives the entries too, for `config print`.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(Self, Vec<Entry>), Faults> {
        let standard = Path::new(FILE);
        let file = file.or_else(|| standard.is_file().then_some(standard));
        Self::read(Layers::stack(file, environment)?)
    }

    fn read(layers: Layers) -> Result<(Self, Vec<Entry>), Faults> {
        let mut reader = Reader::new(layers);
        let r = &mut reader;
        let (kafka, lake, privacy) = (kafka(r), r.required("lake.url"), privacy(r));
        let (ingest, indicators, listen) = (ingest(r), indicators(r), r.required("http.listen"));
        let (log, schemas) = (log(r), r.optional("contracts.schemas"));
        let whole = (|| {
            let (kafka, lake, ingest, indicators) = (kafka?, lake?, ingest?, indicators?);
            Some(Self { kafka, lake, privacy, ingest, indicators, listen: listen?, log: log?, schemas })
        })();
        let entries = reader.finish()?;
        // Only a fault leaves a required setting out, and faults have returned above.
        let settings = whole.ok_or(Faults(Vec::new()))?;
        Ok((settings, entries))
    }
}

fn kafka(r: &mut Reader) -> Option<Kafka> {
    let brokers = r.required("kafka.brokers");
    let properties = r.passthrough("kafka.properties.", is_secret_property);
    let properties = properties.into_iter().map(|(name, text)| (name, Secret::new(text))).collect();
    Some(Kafka { brokers: brokers?, properties })
}

/// librdkafka's secret properties: passwords, keys in PEM, OAuth secrets and configuration.
fn is_secret_property(name: &str) -> bool {
    ["password", "secret", "pem", "oauthbearer.config", "username"].iter().any(|part| name.contains(part))
}

fn privacy(r: &mut Reader) -> Option<PrivacyKey> {
    let (key, file): (Option<Secret>, Option<PathBuf>) = (r.optional("privacy.key"), r.optional("privacy.key_file"));
    match (key, file) {
        (Some(_), Some(_)) => {
            r.fault(Fault {
                what: "`privacy.key` and `privacy.key_file` are both set".to_owned(),
                origin: "[privacy]".to_owned(),
                right: "expected one of them".to_owned(),
            });
            None
        }
        (Some(key), None) => Some(PrivacyKey::Inline(key)),
        (None, Some(path)) => Some(PrivacyKey::File(path)),
        (None, None) => None,
    }
}

fn ingest(r: &mut Reader) -> Option<Ingest> {
    let (group, flush_age) = (r.required("ingest.group"), r.required("ingest.flush_age"));
    let (flush_rows, flush_bytes) = (r.required("ingest.flush_rows"), r.required("ingest.flush_bytes"));
    let (max_record_bytes, drain_limit) = (r.required("ingest.max_record_bytes"), r.required("ingest.drain_limit"));
    let (connect_limit, suffix) = (r.required("ingest.connect_limit"), r.required("ingest.dead_letter_suffix"));
    let (create, replication) =
        (r.required("ingest.create_dead_letter_topics"), r.optional("ingest.dead_letter_replication"));
    let (earliest, years_ahead) = (r.required("ingest.event_times.from"), r.required("ingest.event_times.years_ahead"));
    Some(Ingest {
        group: group?,
        flush_age: flush_age?,
        flush_rows: flush_rows?,
        flush_bytes: flush_bytes?,
        max_record_bytes: max_record_bytes?,
        drain_limit: drain_limit?,
        connect_limit: connect_limit?,
        dead_letter_suffix: suffix?,
        create_dead_letter_topics: create?,
        dead_letter_replication: replication,
        earliest: earliest?,
        years_ahead: years_ahead?,
    })
}

fn indicators(r: &mut Reader) -> Option<Indicators> {
    let (queries, interval) = (r.required("indicators.queries"), r.required("indicators.interval"));
    let (timeout, memory) = (r.required("indicators.timeout"), r.required("indicators.memory"));
    let series = r.required("indicators.series");
    Some(Indicators { queries: queries?, interval: interval?, timeout: timeout?, memory: memory?, series: series? })
}

fn log(r: &mut Reader) -> Option<Log> {
    let (format, level) = (r.required("log.format"), r.required("log.level"));
    Some(Log { format: format?, level: level? })
}

#[cfg(test)]
mod tests;
