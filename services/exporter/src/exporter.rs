//! The handle: values go in, an exposition is kept.

use crate::{
    exposition::{self, Exposition, ExpositionError},
    families::{self, FamilyError},
    health::{ServiceHealth, Trouble, Troubles},
    own::OwnMetrics,
    pages::Content,
    recency::Recency,
};
use arc_swap::ArcSwapOption;
use indicators::Values;
use jiff::Timestamp;
use prometheus::{Registry, proto::MetricFamily};
use std::{collections::BTreeMap, io, sync::Arc};

/// Holds what is served. Clones share it; publishing never waits for a scrape, nor a scrape for publishing.
#[derive(Debug, Clone)]
pub struct Exporter {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    registry: Registry,
    own: OwnMetrics,
    needs: Needs,
    troubles: Troubles,
    served: ArcSwapOption<Served>,
}

/// What has to be served for the program to be ready.
#[derive(Debug)]
enum Needs {
    Nothing,
    Values,
    Recent(Recency),
}

#[derive(Debug)]
struct Served {
    exposition: Exposition,
    content: Arc<Content>,
}

/// Values that are not served, because Prometheus would refuse the whole scrape. The last good ones stay.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A name, a label or a series is wrong; the query file is where to put it right.
    #[error("the evaluation as of {as_of} is not published, the one before it stays: {source}")]
    Family {
        /// The evaluation clock.
        as_of: Timestamp,
        /// What is wrong, and where.
        source: FamilyError,
    },
    /// The text could not be written.
    #[error("the evaluation as of {as_of} is not published, the one before it stays: {reason}")]
    Encode {
        /// The evaluation clock.
        as_of: Timestamp,
        /// The encoder's words.
        reason: String,
    },
}

impl Exporter {
    /// An exporter that is ready once the first values are published. Its own metrics go into `registry`, which it
    /// serves too; a registry takes one exporter.
    pub fn new(registry: Registry) -> Result<Self, prometheus::Error> {
        Self::with(registry, Needs::Values)
    }

    /// An exporter that is ready while the values that it serves are recent.
    pub fn recent(registry: Registry, recency: Recency) -> Result<Self, prometheus::Error> {
        Self::with(registry, Needs::Recent(recency))
    }

    /// An exporter of a program that evaluates nothing (`ingest` alone): ready at once.
    pub fn without_values(registry: Registry) -> Result<Self, prometheus::Error> {
        Self::with(registry, Needs::Nothing)
    }

    fn with(registry: Registry, needs: Needs) -> Result<Self, prometheus::Error> {
        let own = OwnMetrics::register(&registry)?;
        let (troubles, served) = (Troubles::default(), ArcSwapOption::empty());
        Ok(Self { inner: Arc::new(Inner { registry, own, needs, troubles, served }) })
    }

    /// A service beside the exporter: how it fares is on the page and in the metrics from now on.
    pub fn service(&self, name: &'static str) -> ServiceHealth {
        ServiceHealth::new(name, self.inner.troubles.clone(), self.inner.own.services.clone())
    }

    /// Says on the page that what services wait for is down, and why. Services that fail with the same code are told with it.
    pub fn note(&self, name: &'static str, why: &str, code: Option<&str>) {
        self.inner.troubles.note(name, why, code);
    }

    /// Says that it is not down (any more).
    pub fn clear(&self, name: &'static str) {
        self.inner.troubles.end(name);
    }

    /// Serves these values from now on. Checks, encodes and compresses here, so call it outside of async code for
    /// many series. What is refused is counted, and the last good values stay.
    pub fn publish(&self, values: Arc<Values>) -> Result<(), PublishError> {
        match serve_of(values) {
            Ok((served, series)) => {
                self.inner.own.series.set(i64::try_from(series).unwrap_or(i64::MAX));
                self.inner.own.published.set(families::seconds(Timestamp::now()));
                self.inner.served.store(Some(Arc::new(served)));
                Ok(())
            }
            Err(error) => {
                self.inner.own.refused.inc();
                Err(error)
            }
        }
    }

    /// Why the program is not ready; `None` when it is.
    pub fn not_ready(&self) -> Option<String> {
        let served = self.inner.served.load();
        let as_of = served.as_deref().map(|served| served.content.as_of());
        let reason = match (&self.inner.needs, as_of) {
            (Needs::Nothing, _) | (Needs::Values, Some(_)) => None,
            (Needs::Values | Needs::Recent(_), None) => {
                Some("no values yet: the first evaluation has not finished and no stored one was loaded".to_owned())
            }
            (Needs::Recent(recency), Some(as_of)) => recency.refuses(as_of),
        }?;
        let down = self.troubles().into_iter().map(|(name, trouble)| format!("; {name} is down: {}", trouble.why));
        Some(down.fold(reason, |told, more| told + &more))
    }

    /// The whole exposition, as a scrape gets it.
    pub fn metrics(&self) -> String {
        let own = self.own();
        match self.inner.served.load().as_deref() {
            Some(served) => served.exposition.plain(&own),
            None => own,
        }
    }

    /// The same, gzipped; `None` before there are values (the own metrics alone are small).
    pub(crate) fn metrics_gzipped(&self) -> Option<io::Result<Vec<u8>>> {
        let served = self.inner.served.load();
        served.as_deref().map(|served| served.exposition.gzipped(&self.own()))
    }

    fn own(&self) -> String {
        self.inner.own.ready.set(i64::from(self.not_ready().is_none()));
        exposition::own(&self.inner.registry)
    }

    /// What is down, by name.
    pub(crate) fn troubles(&self) -> BTreeMap<String, Trouble> {
        self.inner.troubles.all()
    }

    /// What the pages show.
    pub(crate) fn content(&self) -> Option<Arc<Content>> {
        self.inner.served.load().as_deref().map(|served| Arc::clone(&served.content))
    }

    /// The program's own metrics, as they are now.
    pub(crate) fn own_families(&self) -> Vec<MetricFamily> {
        self.inner.registry.gather()
    }
}

fn serve_of(values: Arc<Values>) -> Result<(Served, usize), PublishError> {
    let as_of = values.as_of;
    let families = families::of(&values).map_err(|source| PublishError::Family { as_of, source })?;
    let series = families.iter().map(|family| family.get_metric().len()).sum();
    let exposition = Exposition::of(&families)
        .map_err(|error: ExpositionError| PublishError::Encode { as_of, reason: error.to_string() })?;
    Ok((Served { exposition, content: Arc::new(Content::of(values)) }, series))
}
