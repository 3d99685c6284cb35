//! Settings: defaults < `bellwether.toml` < environment, parsed and then validated into types that cannot hold nonsense.
//!
//! To add one: a line in `bellwether.toml`, a field here, a good and a bad fixture in `tests/fixtures`.

mod digest;
mod environment;
mod fault;
mod layers;
mod log;
mod reader;
mod rules;
mod secrets;
mod values;

pub use digest::{Addresses, Audience, Digest, Mail, Part, Schedule, Server, SmtpTls};
pub use environment::unused;
pub use fault::{Fault, Faults};
pub use layers::Origin;
pub use log::{Log, LogFormat};
pub use reader::Entry;
pub use rules::Rules;
pub use secrets::SecretFrom;
pub use values::{Brokers, Bytes, Copies, Count, LakeUrl, Names, PublicUrl, RemoteUrl, Secret, Years};

use jiff::civil::Date;
use layers::Layers;
use reader::Reader;
use secrets::{both, secret};
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
    pub privacy: Option<SecretFrom>,
    /// `[ingest]`.
    pub ingest: Ingest,
    /// `[indicators]`.
    pub indicators: Indicators,
    /// `[http] listen`.
    pub listen: SocketAddr,
    /// `[http] web_config_file`: who may read, over what; `None`: everybody.
    pub web_config: Option<PathBuf>,
    /// `[http] ready_max_age`: values with an older clock are not ready.
    pub ready_max_age: Duration,
    /// `[http] public_url`: where people find the pages.
    pub public_url: Option<String>,
    /// `[digest]`.
    pub digest: Digest,
    /// `[validate]`.
    pub validate: Validate,
    /// `[rules]`.
    pub rules: Rules,
    /// `[remote_write]`.
    pub remote_write: RemoteWrite,
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
    /// Time that another member of the group may hold records back.
    pub withheld_limit: Duration,
    /// Dead letters of a topic go to the topic of its name with this suffix.
    pub dead_letter_suffix: String,
    /// Make those topics where they are missing.
    pub create_dead_letter_topics: bool,
    /// Copies of each of their partitions; `None`: as the broker makes them.
    pub dead_letter_replication: Option<Copies>,
    /// First event date that is accepted.
    pub earliest: Date,
    /// How many years ahead of the clock an event time may lie.
    pub years_ahead: Years,
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

/// `[validate]`.
#[derive(Debug, Clone, Default)]
pub struct Validate {
    /// Metrics that may follow; empty: those of the group `lagging`.
    pub outcomes: Names,
    /// Metrics that no habit can move.
    pub placebos: Names,
    /// File of rollouts: which programme started at which site in which week.
    pub rollouts: Option<PathBuf>,
}

/// `[remote_write]`.
#[derive(Debug, Clone)]
pub struct RemoteWrite {
    /// Where `backfill` writes to.
    pub url: Option<RemoteUrl>,
    /// As whom; `None`: as nobody.
    pub credentials: Option<Credentials>,
    /// Certificates that are trusted instead of the built-in ones.
    pub ca_file: Option<PathBuf>,
    /// Of one request.
    pub timeout: Duration,
}

/// As whom to write.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// HTTP basic authentication.
    Basic {
        /// Name.
        username: String,
        /// Password.
        password: SecretFrom,
    },
    /// A token.
    Bearer(SecretFrom),
}

impl Settings {
    /// Where people find the pages: `http.public_url`, else the address that the program listens at.
    pub fn board_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// Loads `file` (or [`FILE`] where it exists) and the environment. Returns the entries too, for `config print`.
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
        let (ready_max_age, validate) = (ready_max_age(r, indicators.as_ref()), validate(r));
        let (public_url, digest) = (r.optional("http.public_url").map(|url: PublicUrl| url.0), digest::digest(r));
        let web_config = r.optional("http.web_config_file");
        let rules = rules::rules(r);
        let (remote_write, log, schemas) = (remote_write(r), log::log(r), r.optional("contracts.schemas"));
        let whole = (|| {
            let (kafka, lake, ingest, indicators) = (kafka?, lake?, ingest?, indicators?);
            let (listen, ready_max_age, remote_write, log) = (listen?, ready_max_age?, remote_write?, log?);
            let digest = digest?;
            let rules = rules?;
            Some(Self {
                kafka,
                lake,
                privacy,
                ingest,
                indicators,
                listen,
                web_config,
                ready_max_age,
                public_url,
                digest,
                validate,
                rules,
                remote_write,
                log,
                schemas,
            })
        })();
        let entries = reader.finish()?;
        // Only a fault leaves a required setting out, and faults have returned above.
        let settings = whole.ok_or(Faults(Vec::new()))?;
        Ok((settings, entries))
    }
}

fn kafka(r: &mut Reader) -> Option<Kafka> {
    let brokers = r.required("kafka.brokers");
    let properties = r.passthrough("kafka.properties.", ingest::shown_property);
    let properties = properties.into_iter().map(|(name, text)| (name, Secret::new(text))).collect();
    Some(Kafka { brokers: brokers?, properties })
}

fn privacy(r: &mut Reader) -> Option<SecretFrom> {
    secret(r, "[privacy]", ["privacy.key", "privacy.key_file"])
}

fn remote_write(r: &mut Reader) -> Option<RemoteWrite> {
    let (url, ca_file) = (r.optional("remote_write.url"), r.optional("remote_write.ca_file"));
    let (credentials, timeout) = (credentials(r), r.required("remote_write.timeout"));
    Some(RemoteWrite { url, credentials, ca_file, timeout: timeout? })
}

fn credentials(r: &mut Reader) -> Option<Credentials> {
    const SECTION: &str = "[remote_write]";
    let username = r.optional("remote_write.username");
    let password = secret(r, SECTION, ["remote_write.password", "remote_write.password_file"]);
    let token = secret(r, SECTION, ["remote_write.bearer_token", "remote_write.bearer_token_file"]);
    match (username, password, token) {
        (Some(username), Some(password), None) => Some(Credentials::Basic { username, password }),
        (None, None, token) => token.map(Credentials::Bearer),
        (Some(_), _, Some(_)) => {
            both(r, SECTION, "remote_write.username", "remote_write.bearer_token");
            None
        }
        (username, _, _) => {
            let lacks = if username.is_none() { "a password without a name" } else { "a name without a password" };
            r.fault(Fault {
                what: format!("`remote_write` has {lacks}"),
                origin: SECTION.to_owned(),
                right: "expected `username` and one of `password` and `password_file`, or neither".to_owned(),
            });
            None
        }
    }
}

fn ingest(r: &mut Reader) -> Option<Ingest> {
    let (group, flush_age) = (r.required("ingest.group"), r.required("ingest.flush_age"));
    let (flush_rows, flush_bytes) = (r.required("ingest.flush_rows"), r.required("ingest.flush_bytes"));
    let (max_record_bytes, drain_limit) = (r.required("ingest.max_record_bytes"), r.required("ingest.drain_limit"));
    let (connect_limit, suffix) = (r.required("ingest.connect_limit"), r.required("ingest.dead_letter_suffix"));
    let withheld_limit = r.required("ingest.withheld_limit");
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
        withheld_limit: withheld_limit?,
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

fn validate(r: &mut Reader) -> Validate {
    let (outcomes, placebos) = (r.optional("validate.outcomes"), r.optional("validate.placebos"));
    Validate {
        outcomes: outcomes.unwrap_or_default(),
        placebos: placebos.unwrap_or_default(),
        rollouts: r.optional("validate.rollouts"),
    }
}

/// Values that are evaluated more seldom than that would be ready only now and then.
fn ready_max_age(r: &mut Reader, indicators: Option<&Indicators>) -> Option<Duration> {
    const KEY: &str = "http.ready_max_age";
    let age: Duration = r.required(KEY)?;
    let least = indicators.map_or(Duration::ZERO, |indicators| indicators.interval.saturating_mul(2));
    if age < least {
        r.fault(Fault {
            what: format!("`{KEY}` is {age:?}, less than two of `indicators.interval`"),
            origin: "[http]".to_owned(),
            right: format!(
                "expected {least:?} or more: a clock is as old as the interval when the next evaluation begins"
            ),
        });
    }
    Some(age)
}

#[cfg(test)]
mod tests;
