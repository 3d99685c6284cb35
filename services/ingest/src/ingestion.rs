//! Ingestion as a service: run again and again with the same metrics, and with an eye on the broker.

use crate::{IngestError, Report, Settings, Until, metrics::Metrics, reach::Reach, run::run_with};
use contracts::Contracts;
use lake::Lake;
use prometheus::Registry;
use std::fmt;
use tokio_util::sync::CancellationToken;

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
