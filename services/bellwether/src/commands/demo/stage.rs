//! What a demonstration stands on: folder, key, broker, simulation, and ingestion into a fresh lake.

use super::Arguments;
use crate::{
    configured,
    evaluation::{Evaluator, GoodQueries},
    failure::Failure,
    services::Serving,
    settings::{Brokers, Bytes, Count, LakeUrl, Secret, SecretFrom, Settings},
};
use ::ingest::{IngestError, Report, Until};
use ::lake::Lake;
use contracts::Contracts;
use evaluation::Telemetry;
use exporter::Exporter;
use prometheus::Registry;
use simulator::{EmbeddedBroker, Plan, Simulation, simulate};
use std::{io::Write, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Partitions of each stream's topic: the broker keeps little in each.
const PARTITIONS: i32 = 4;

/// In the folder of a lake that stays, its key. Nobody real is behind the pseudonyms that it makes.
pub const KEY: &str = "demo.key";

/// Everything that has to live as long as the demonstration.
pub struct Stage {
    pub contracts: Contracts,
    pub simulation: Arc<Simulation>,
    pub evaluator: Evaluator,
    pub queries: GoodQueries,
    pub exporter: Exporter,
    pub registry: Registry,
    pub kafka: ingest::KafkaSettings,
    // Dropped last, in this order: nobody may use broker or folder any more.
    _broker: EmbeddedBroker,
    _folder: Option<TempDir>,
}

impl Stage {
    /// Sets it up, and lets ingestion run.
    pub async fn set(arguments: &Arguments, settings: &mut Settings) -> Result<(Self, Ingesting), Failure> {
        let contracts = configured::contracts(settings)?;
        let folder = if arguments.data.is_none() { Some(TempDir::with_prefix("bellwether-demo-")?) } else { None };
        match (&arguments.data, &folder) {
            (Some(given), _) => settings.lake = lake_in(given)?,
            (None, Some(folder)) => settings.lake = LakeUrl(folder.path().join("lake").display().to_string()),
            (None, None) => {}
        }
        let _queries = if arguments.catalogue { Some(configured::with_catalogue(settings)?) } else { None };
        // Before anything is written: without queries there is nothing to demonstrate.
        configured::metrics(settings, &contracts).await?;
        let queries = GoodQueries::read(settings, &contracts).await?;
        let plan = arguments.plan.plan(Plan::END);
        let simulation = tokio::task::spawn_blocking(move || simulate(&plan)).await?.map_err(Failure::usage)?;
        let broker = EmbeddedBroker::start(&topics(&contracts))?;
        adapt(settings, &broker, arguments);
        let lake = Lake::create(&settings.lake.0).await?;
        let key = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(|id| id.simple().to_string()).concat();
        if let Some(folder) = &arguments.data {
            keep_key(&folder.join(KEY), &key)?;
        }
        settings.privacy = Some(SecretFrom::Inline(Secret::new(key)));
        let registry = Registry::new();
        let telemetry = Telemetry::register(&registry)?;
        let evaluator = Evaluator::new(lake.clone(), contracts.clone()).observed(telemetry);
        let exporter = Exporter::new(registry.clone())?;
        let ingest = Ingesting::start(settings, &contracts, lake, &registry)?;
        let kafka = configured::kafka(settings)?;
        let simulation = Arc::new(simulation);
        let stage = Self {
            contracts,
            simulation,
            evaluator,
            queries,
            exporter,
            registry,
            kafka,
            _broker: broker,
            _folder: folder,
        };
        Ok((stage, ingest))
    }

    /// Serves the exporter.
    pub async fn serve(&self, settings: &Settings, stop: &CancellationToken) -> Result<Serving, Failure> {
        Serving::start(settings, self.exporter.clone(), stop.clone()).await
    }
}

/// A demonstration writes into an empty folder only: it must not mix with anybody's lake.
fn lake_in(folder: &Path) -> Result<LakeUrl, Failure> {
    let shown = folder.display();
    let entries = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(Failure::misuse(format!("--data {shown} cannot be used: {error}"))),
    };
    if entries {
        return Err(Failure::misuse(format!(
            "--data {shown} is not empty: name an empty folder, or one that does not exist yet"
        )));
    }
    Ok(LakeUrl(folder.display().to_string()))
}

fn topics(contracts: &Contracts) -> Vec<(&str, i32)> {
    contracts.iter().map(|c| (c.topic(), if c.is_reference() { 1 } else { PARTITIONS })).collect()
}

/// Keeps the key of a lake that stays, so that `run` can go on with it.
fn keep_key(file: &Path, key: &str) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(file).and_then(|mut file| writeln!(file, "{key}"));
    written.map_err(|error| {
        Failure::misuse(format!("the demonstration's key cannot be kept in {}: {error}", file.display()))
    })
}

/// Points the settings at the embedded broker, and flushes often: it is the small broker that sets the pace.
fn adapt(settings: &mut Settings, broker: &EmbeddedBroker, arguments: &Arguments) {
    settings.kafka.brokers = Brokers(broker.bootstrap_servers().to_owned());
    settings.kafka.properties.clear();
    // The embedded broker cannot be asked for topics; it makes them itself.
    settings.ingest.create_dead_letter_topics = false;
    settings.ingest.flush_age = Duration::from_millis(500);
    settings.ingest.flush_rows = Count(10_000);
    settings.ingest.flush_bytes = Bytes(4 << 20);
    if let Some(listen) = arguments.listen {
        settings.listen = listen;
    }
}

/// Ingestion in the background.
pub struct Ingesting {
    task: Option<JoinHandle<Result<Report, IngestError>>>,
    stop: CancellationToken,
}

impl Ingesting {
    fn start(settings: &Settings, contracts: &Contracts, lake: Lake, registry: &Registry) -> Result<Self, Failure> {
        let (settings, contracts) = (configured::ingest(settings, false)?, contracts.clone());
        let (registry, stop) = (registry.clone(), CancellationToken::new());
        let token = stop.clone();
        let running = async move { ::ingest::run(settings, &contracts, &lake, &registry, Until::Stopped, token).await };
        Ok(Self { task: Some(tokio::spawn(running)), stop })
    }

    /// Resolves when ingestion ends by itself, which it only does when it fails.
    pub async fn failed(&mut self) -> Failure {
        let Some(task) = self.task.as_mut() else { return std::future::pending().await };
        let ended = task.await;
        self.task = None;
        match ended {
            Ok(Err(error)) => error.into(),
            Ok(Ok(_)) => anyhow::anyhow!("ingestion ended before the demonstration did").into(),
            Err(error) => error.into(),
        }
    }

    /// Stops it and waits for what is in flight.
    pub async fn finish(&mut self) -> Result<(), Failure> {
        self.stop.cancel();
        match self.task.take() {
            Some(task) => Ok(task.await?.map(drop)?),
            None => Ok(()),
        }
    }
}
