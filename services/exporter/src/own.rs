//! What the exporter says about itself.

use crate::health::Families;
use prometheus::{Gauge, IntCounter, IntGauge, IntGaugeVec, Opts, Registry};

/// Registered once, in the program's registry.
#[derive(Debug)]
pub(crate) struct OwnMetrics {
    pub(crate) refused: IntCounter,
    pub(crate) series: IntGauge,
    pub(crate) published: Gauge,
    pub(crate) ready: IntGauge,
    pub(crate) services: Families,
}

impl OwnMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let own = Self {
            refused: IntCounter::new(
                "bellwether_publish_refused_total",
                "Evaluations refused for a bad name, a bad label or a series given twice; the last good one is served.",
            )?,
            series: IntGauge::new("bellwether_published_series", "Series of the evaluation that is served.")?,
            published: Gauge::new(
                "bellwether_published_timestamp_seconds",
                "When the evaluation that is served was published, by the machine's clock.",
            )?,
            ready: IntGauge::new(
                "bellwether_ready",
                "Whether values are served whose clock is recent enough (1) or not (0), as /-/ready says.",
            )?,
            services: Families::register(registry)?,
        };
        let build =
            IntGaugeVec::new(Opts::new("bellwether_build_info", "The program's version; always 1."), &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        registry.register(Box::new(build))?;
        registry.register(Box::new(own.refused.clone()))?;
        registry.register(Box::new(own.series.clone()))?;
        registry.register(Box::new(own.published.clone()))?;
        registry.register(Box::new(own.ready.clone()))?;
        Ok(own)
    }
}
