//! What the settings name, made ready for the other rooms: contracts, metrics, limits, keys and clients.

use crate::{
    error_code::ErrorCode,
    failure::Failure,
    settings::{Entry, Origin, SecretFrom, Settings},
};
use anyhow::Context;
use contracts::{Contract, Contracts};
use evaluation::{Limits, Stored};
use exporter::{Access, WebConfigError};
use indicators::Metric;
use lake::Lake;
use std::{path::Path, sync::Arc};
use tempfile::TempDir;
use workbench::{Listing, QueryFileError, QuerySet, find_queries, load_queries};

/// Folder of schema files that is taken when there is one and no other is configured.
const SCHEMAS: &str = "schemas";
/// The folder of queries, as a setting.
pub const QUERIES: &str = "indicators.queries";
/// File name and text of every query of this repository, as `services/build.rs` lists them.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped_queries.rs"));
/// The same of the catalogue, which is used only where somebody asks for it.
const CATALOGUE: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped_catalogue.rs"));

/// The event contracts: the configured folder, else `./schemas` where there is one, else the built-in ones.
pub fn contracts(settings: &Settings) -> anyhow::Result<Contracts> {
    let standard = Path::new(SCHEMAS);
    Ok(match settings.schemas.as_deref() {
        Some(folder) if !folder.is_dir() => Contracts::load(folder).context("the setting `contracts.schemas`")?,
        Some(folder) => Contracts::load(folder)?,
        None if standard.is_dir() => Contracts::load(standard)?,
        None => Contracts::shipped()?,
    })
}

/// Who may read what is served: as the file says that `http.web_config_file` names, else everybody.
///
/// # Errors
/// A file that cannot be read, or used.
pub fn access(settings: &Settings) -> Result<Access, WebConfigError> {
    settings.web_config.as_deref().map_or_else(|| Ok(Access::open()), Access::read)
}

/// The contract of a stream that somebody named.
pub fn stream<'a>(contracts: &'a Contracts, name: &str) -> Result<&'a Arc<Contract>, Failure> {
    contracts.get(name).ok_or_else(|| {
        let known: Vec<&str> = contracts.iter().map(|c| c.name()).collect();
        Failure::misuse(format!("there is no stream `{name}`; there are {}", known.join(", ")))
    })
}

/// The metrics, from the configured folder.
pub async fn metrics(settings: &Settings, contracts: &Contracts) -> Result<Vec<Arc<Metric>>, QueryFileError> {
    load_queries(&settings.indicators.queries, contracts).await
}

/// The metrics of the query files that are good, and the faults of the others.
pub async fn queries(settings: &Settings, contracts: &Contracts) -> Result<QuerySet, QueryFileError> {
    QuerySet::of(&Listing::read(&settings.indicators.queries)?, contracts).await
}

/// The same, with the faults told in the log: a bad file harms no other.
pub async fn good_queries(settings: &Settings, contracts: &Contracts) -> Result<QuerySet, QueryFileError> {
    let set = queries(settings, contracts).await?;
    for fault in &set.faults {
        tracing::error!(code = ErrorCode::Queries.id(), %fault, "query file not used");
    }
    Ok(set)
}

/// Whether somebody has named a folder of queries.
pub fn names_queries(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.key == QUERIES && entry.source != Origin::Default)
}

/// Points the settings at the metrics that the program was built with, where no folder is configured and there is no
/// `./queries`. (A folder that somebody named has to be there.) They are in the folder that is returned, for as long as it
/// lives.
pub fn built_in_queries(settings: &mut Settings, entries: &[Entry]) -> Result<Option<TempDir>, Failure> {
    if names_queries(entries) || settings.indicators.queries.exists() {
        return Ok(None);
    }
    let folder = TempDir::with_prefix("bellwether-queries-")?;
    for (name, text) in SHIPPED {
        std::fs::write(folder.path().join(name), text)?;
    }
    tracing::info!("there is no folder {}: using the built-in metrics", settings.indicators.queries.display());
    settings.indicators.queries = folder.path().to_owned();
    Ok(Some(folder))
}

/// Points the settings at the metrics of their folder and those of the catalogue: in a folder that is returned, for as long as
/// it lives. A metric of the settings' folder takes the place of that of the catalogue with its name.
///
/// # Errors
/// A folder of queries that cannot be read, a temporary one that cannot be made.
pub fn with_catalogue(settings: &mut Settings) -> Result<TempDir, Failure> {
    let own = find_queries(std::slice::from_ref(&settings.indicators.queries))?;
    let folder = TempDir::with_prefix("bellwether-queries-")?;
    for (name, text) in CATALOGUE {
        std::fs::write(folder.path().join(name), text)?;
    }
    for (name, text) in own.iter().filter_map(|(path, text)| Some((path.file_name()?, text))) {
        std::fs::write(folder.path().join(name), text)?;
    }
    settings.indicators.queries = folder.path().to_owned();
    Ok(folder)
}

/// What was evaluated last, from the lake alone.
///
/// # Errors
/// A lake that cannot be read, or in which nothing is evaluated yet.
pub async fn stored(settings: &Settings, contracts: &Contracts) -> anyhow::Result<Stored> {
    let lake = Lake::open(&settings.lake.0).await?;
    let stored = evaluation::load(&lake, contracts, &limits(settings)).await?;
    stored.with_context(|| {
        format!("nothing is evaluated yet in the lake {}: `bellwether indicators --once` does it", settings.lake.0)
    })
}

/// What queries may use.
pub fn limits(settings: &Settings) -> Limits {
    let given = &settings.indicators;
    Limits {
        memory_bytes: size(given.memory.0),
        timeout: given.timeout,
        series: size(given.series.0),
        ..Limits::default()
    }
}

/// What the lanes of a service may use: together as much as [`limits`] says, whichever query runs in which of them.
pub struct Shares {
    /// All of it, for one lane that is alone.
    pub whole: Limits,
    /// What is served: the usual number of queries at the same time.
    pub main: Limits,
    /// What is new, changed or failing: one query at a time.
    pub side: Limits,
}

/// Every query gets an equal share of the memory.
pub fn shares(settings: &Settings) -> Shares {
    let whole = limits(settings);
    let share = whole.memory_bytes / (whole.concurrency + 1);
    let main = Limits { memory_bytes: share * whole.concurrency, ..whole.clone() };
    let side = Limits { memory_bytes: share, concurrency: 1, ..whole.clone() };
    Shares { whole, main, side }
}

/// The privacy key, from the settings or the file that they name.
pub fn privacy_key(settings: &Settings) -> Result<ingest::PrivacyKey, ingest::PrivacyKeyError> {
    match &settings.privacy {
        None => Err(ingest::PrivacyKeyError::Missing),
        Some(SecretFrom::Inline(key)) => ingest::PrivacyKey::new(key.reveal()),
        Some(SecretFrom::File(path)) => ingest::PrivacyKey::from_file(path),
    }
}

/// A secret, from the settings or the file that they name.
pub fn secret(key: &str, from: &SecretFrom) -> Result<String, Failure> {
    match from {
        SecretFrom::Inline(secret) => Ok(secret.reveal().to_owned()),
        SecretFrom::File(path) => {
            ingest::secret_file(path).map_err(|error| refused(&format!("`{key}`: the file {} {error}", path.display())))
        }
    }
}

/// What is in a file that the settings name.
pub fn file(key: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| refused(&format!("`{key}`: cannot read {}: {error}", path.display())))
}

/// Wrong settings, found where they are used.
pub fn refused(message: &str) -> Failure {
    Failure::misuse(message).coded(ErrorCode::Settings)
}

/// `[kafka]` for the clients, once they take it.
pub fn kafka(settings: &Settings) -> Result<ingest::KafkaSettings, ingest::SettingsError> {
    let given = ingest::KafkaSettings {
        brokers: settings.kafka.brokers.0.clone(),
        properties: settings.kafka.properties.iter().map(|(k, v)| (k.clone(), v.reveal().to_owned())).collect(),
    };
    given.check().map(|()| given)
}

/// `[ingest]` for its room.
pub fn ingest_section(settings: &Settings, accept_gap: bool) -> ingest::IngestSettings {
    let given = &settings.ingest;
    ingest::IngestSettings {
        group: given.group.clone(),
        max_record_bytes: size(given.max_record_bytes.0),
        flush_age: given.flush_age,
        flush_rows: size(given.flush_rows.0),
        flush_bytes: size(given.flush_bytes.0),
        event_times: ingest::EventTimes { from: given.earliest, years_ahead: given.years_ahead.0 },
        accept_gap,
        drain_limit: given.drain_limit,
        connect_limit: given.connect_limit,
        withheld_limit: given.withheld_limit,
        dead_letter_suffix: given.dead_letter_suffix.clone(),
        create_dead_letter_topics: given.create_dead_letter_topics,
        dead_letter_replication: given.dead_letter_replication.map(|copies| copies.0),
    }
}

/// What ingestion takes. Anything wrong here is wrong configuration.
pub fn ingest(settings: &Settings, accept_gap: bool) -> Result<ingest::Settings, Failure> {
    Ok(ingest::Settings::new(kafka(settings)?, ingest_section(settings, accept_gap), privacy_key(settings)?)?)
}

/// More than the machine can address is as good as all of it.
fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
